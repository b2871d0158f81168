// From the rows of a run file to entries: repetitions gathered, counters under SI names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/gbench/reader.h"
#include "tools/submission/environment.h"
#include "tools/submission/model.h"

namespace podium::report {

struct EntrySet {
  // In the order of registration; where the file does not tell it, as in files of `podium run`, of
  // first appearance. Interleaved repetitions appear in random order, which is no order to read a
  // table in.
  std::vector<Entry> entries;
  std::vector<std::string> warnings;  // each begins with the row's name
};

// Takes the rows of a file one by one, so that a large file need not be held as rows.
//
// Aggregate rows are left out, as they follow from the repetitions; of a benchmark that has no
// repetition in the file, mean and stddev become its entry's `summary`. A repetition that failed, or
// whose real_time is no positive number, becomes one of its entry's `errors`. Two benchmarks of one
// name stay apart: the second is called "name#2". An entry has the origins of all its values, or,
// with a warning, of none.
class EntryCollector {
 public:
  // Processes and rounds are numbered from `first_origin`, so that those of two files differ.
  explicit EntryCollector(long first_origin = 0) : first_origin_(first_origin) {}

  void Add(const Row& row);
  // The context names the techniques of each variant, `podium.technique.<family>.<variant>`, and in
  // `podium.estimated.<family>.<variant>` those of its figures that were not measured. Call once, after
  // the last row.
  EntrySet Finish(const Context& context) &&;

 private:
  // The repetitions of one benchmark, before they are an Entry.
  struct Gathered {
    Entry entry;
    std::pair<long, long> registered;  // family and instance index; {0, 0} if not told
    std::vector<std::pair<long, long>> repetitions;  // process and index of those seen, ascending
    std::vector<double> real_time_s;
    std::vector<double> cpu_time_s;
    std::map<std::string, std::vector<double>> counters;
    std::optional<double> mean_s, stddev_s;  // of aggregate rows
    std::size_t aggregated = 0;              // repetitions that these are of
  };

  Gathered& Find(const Row& row);
  void AddAggregate(const Row& row);
  void NameApart();
  Entry FinishOne(Gathered& gathered, const Context& context);
  void SetConstant(const std::string& row, const std::string& name,
                   const std::vector<double>& values, std::map<std::string, double>& figures);

  long first_origin_;
  bool has_processes_ = false;                          // a file of `podium run`
  std::unordered_map<std::string, std::size_t> index_;  // by name and place in the registration
  std::vector<Gathered> all_;
  std::vector<std::string> warnings_;
};

// The same for a file that was read whole.
EntrySet CollectEntries(const RunFile& run, long first_origin = 0);

// The most rounds that any of them was measured in; null unless every one that has times tells.
std::optional<long> RoundsOf(const std::vector<Entry>& entries);

}  // namespace podium::report
