// The table that `submit` and `compare` print.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/metric.h"
#include "tools/submission/model.h"

namespace podium::report {

// Of two runs the rows are the same before and after, of one run they are variants.
enum class Compared { kVariants, kRuns };

struct TableStyle {
  Compared compared = Compared::kVariants;
  MetricChoice metric = {};
  std::size_t columns = 0;  // of the terminal; 0: as wide as it gets
  bool color = false;       // of the verdicts, which stand there as words too
};

// One line per comparison,
//
//   int8_matmul M:64 N:4096 K:1024   int8 vs fp32   speedup 4.1x  95% CI [4.0, 4.2]
//   p < 0.001 (signed ranks, n = 20)   A/A 0.4%   size 4.0x smaller   top-1 agreement 0.998   improved
//
// (here broken in two). Below the table stand the rule of the verdicts, what `equivalent` and
// `inconclusive` rest on, and doubts about the data of single rows. An ISA that all rows share stands once, above
// the table, beside the notice that every result carries.
std::string VerdictTable(const std::vector<Comparison>& comparisons, const VerdictRule& rule,
                         const TableStyle& style);

// What its cells say, for other formats.
std::string MedianText(const Entry& entry, const TableStyle& style);  // "8.18 ms", "123 G"
std::string MethodText(const Judgement& judgement);                   // "Welch t, n = 10 + 10"
std::string FloorText(const Judgement& judgement);                    // "0.4%"; empty without one
std::string MetricText(const MetricChoice& metric);                   // "hits, higher is better"

// What the verdicts rest on, one line per design among the rows, and what p is.
std::vector<std::string> RuleLines(const std::vector<Comparison>& rows, const VerdictRule& rule);

}  // namespace podium::report
