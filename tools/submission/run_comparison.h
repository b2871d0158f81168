// Two runs, or two variants of one run, row by row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

struct RunComparison {
  std::vector<Comparison> rows;    // point into the entries given
  std::vector<std::string> notes;  // one line for each row added, removed, failed or not compared
  std::optional<double> geomean;   // of the speedups of `rows`; null if there is none
};

// Rows are matched by workload, variant and ISA.
RunComparison CompareRuns(const std::vector<Entry>& old_run, const std::vector<Entry>& new_run,
                          const VerdictRule& rule);

// The baseline variant of each workload against the others; see pairing.h.
RunComparison CompareVariants(const std::vector<Entry>& run, const Selection& selection,
                              const VerdictRule& rule);

}  // namespace podium::report
