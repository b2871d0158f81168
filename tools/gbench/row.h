// One object of "benchmarks", read into a Row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/gbench/reader.h"
#include "tools/gbench/scalar.h"

namespace podium::report {

struct ParsedRow {
  Row row;
  std::vector<std::string> doubts;  // what to warn of: what; what was done
  Repairs repairs;
  bool is_readable = true;
};

// `text` is a whole object, from bracket to bracket, or one that was cut. Total: a row that cannot
// be read is of kind kError, with what is wrong as its message and as a doubt. Whether there is a
// process of the number that the row gives is not known here.
ParsedRow ParseRow(std::string_view text, std::size_t index, std::size_t line);

}  // namespace podium::report
