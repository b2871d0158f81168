// The warnings of one file, as RunFile::warnings promises them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/gbench/reader.h"

namespace podium::report {

// At most `limit` bytes of UTF-8, cut between characters.
std::string Clipped(std::string_view text, std::size_t limit);

// A fault that every row shares must not bury the others: it is told in full for the first rows,
// and counted for the rest.
class WarningLog {
 public:
  explicit WarningLog(std::string path) : path_(std::move(path)) {}

  static std::string Where(const Row& row);  // `benchmarks[7] "name"`

  void Add(std::size_t line, std::string_view what);
  // `fault` is what such warnings have in common.
  void AddForRow(const Row& row, std::string_view fault, std::string_view what);

  std::vector<std::string> Finish() &&;

 private:
  std::string path_;
  std::vector<std::string> lines_;
  std::unordered_map<std::string, std::size_t> rows_by_fault_;
  std::vector<std::string> frequent_;  // faults that are no longer told in full, in file order
};

}  // namespace podium::report
