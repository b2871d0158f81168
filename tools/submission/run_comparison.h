// Two runs, or two variants of one run, row by row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/submission/environment.h"
#include "tools/submission/geomean.h"
#include "tools/submission/metric.h"
#include "tools/submission/model.h"

namespace podium::report {

struct RunComparison {
  std::vector<Comparison> rows;    // point into the entries given
  std::vector<std::string> notes;  // one line for each row added, removed, failed, constant or not
                                   // compared, and for each whose size or quality changed
  std::optional<Geomean> geomean;  // of the speedups of `rows`; null if there is none
  std::size_t regressed = 0;       // of `rows`
  std::size_t inconclusive = 0;    // of `rows`
  std::size_t failed = 0;          // rows that fail in the new run, or of the optimized variant
  std::size_t worse = 0;           // rows that lost more quality than tolerated
  std::size_t not_compared = 0;    // other rows that should have a verdict and have none
  std::size_t constants = 0;       // rows whose metric does not vary: in `notes`, without a test
  std::size_t cut_short = 0;       // files that were; for the reader of the files to fill in
};

struct RunRule {
  VerdictRule verdict;
  MetricChoice metric = {};         // what UseMetric put in the place of the times
  double quality_tolerance = 0.01;  // by which accuracy or top-1 agreement may fall
  bool threads_comparable = true;   // see ThreadsComparable
};

// Rows of one name are matched. What is left is matched by workload, variant and ISA, so that
// another --benchmark_min_time does not part two runs, where only one row a side has them. Where
// they do not the same work, the row's warnings say so.
RunComparison CompareRuns(const std::vector<Entry>& old_run, const std::vector<Entry>& new_run,
                          const RunRule& rule);

// The baseline variant of each workload against the others; see pairing.h.
RunComparison CompareVariants(const std::vector<Entry>& run, const Selection& selection,
                              const RunRule& rule);

// Google Benchmark before 1.9.0, which does not write its version into the context, divides the
// real time of rows with several threads by their number. False where one run was made before, the
// other since.
bool ThreadsComparable(const Context& a, const Context& b);

}  // namespace podium::report
