// The table that `submit` and `compare` print.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

// One line per comparison,
//
//   int8_matmul M:64 N:4096 K:1024   int8 vs fp32   speedup 4.1x  95% CI [4.0, 4.2]
//   p < 0.001 (Welch t, n = 10 + 10)   size 4.0x smaller   top-1 agreement 0.998
//
// (here broken in two), with the verdict at its end where it is not `improved`. Below the table
// stand the rule of the verdicts and what each but `improved` means. An ISA that all rows share stands once, above the table,
// beside the notice that every result carries.
std::string VerdictTable(const std::vector<Comparison>& comparisons, const VerdictRule& rule,
                         Design design);

// The same for two runs: times before and after instead of two variants.
std::string RunTable(const std::vector<Comparison>& comparisons, const VerdictRule& rule);

}  // namespace podium::report
