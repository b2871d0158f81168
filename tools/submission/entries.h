// From the rows of a run file to entries: repetitions gathered, counters under SI names.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/gbench/reader.h"
#include "tools/submission/environment.h"
#include "tools/submission/model.h"

namespace podium::report {

struct EntrySet {
  // In the order of registration; where the file does not tell it, of first appearance. Interleaved
  // repetitions appear in random order, which is no order to read a table in.
  std::vector<Entry> entries;
  std::vector<std::string> warnings;
  std::string refusal;  // why the entries must not be used, in one clause; or empty
};

// Takes the rows of a file one by one, so that a large file need not be held as rows.
//
// Aggregate rows are left out: they follow from the repetitions. A repetition that failed, or whose
// real_time is no positive number, becomes one of its entry's `errors`. Two benchmarks of one name
// stay apart: the second is called "name#2". Rows of several processes of `podium run` are repetitions
// of one benchmark; of two programs, they must not be mixed.
class EntryCollector {
 public:
  void Add(const Row& row);
  // The file's context names the techniques of each variant, its record the side of each process.
  // Call once, after the last row.
  EntrySet Finish(const RunFile& run) &&;

 private:
  // The repetitions of one benchmark, before they are an Entry.
  struct Gathered {
    Entry entry;
    std::pair<long, long> registered;  // family and instance index; {0, 0} if not told
    std::vector<std::pair<std::size_t, long>> repetitions;  // seen so far: process, index
    std::vector<double> real_time_s;
    std::vector<double> cpu_time_s;
    std::map<std::string, std::vector<double>> counters;
  };

  Gathered& Find(const Row& row);
  void NameApart();
  std::string TwoPrograms(const RunRecord& record) const;
  Entry FinishOne(Gathered& gathered, const Context& context);
  void SetConstant(const std::string& row, const std::string& name,
                   const std::vector<double>& values, std::map<std::string, double>& figures);

  std::unordered_map<std::string, std::size_t> index_;  // by name and place in the registration
  std::vector<Gathered> all_;
  std::vector<std::string> warnings_;
};

// The same for a file that was read whole.
EntrySet CollectEntries(const RunFile& run);

}  // namespace podium::report
