// Which figure of a row is compared.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

struct MetricChoice {
  std::string name = std::string(kTimeMetric);
  bool higher_is_better = false;
};

// "cpu_time_s", "ops_per_s", "hits:higher", "misses:lower". Times are better lower and the suite's
// rates higher; any other counter says its direction. InvalidArgument, one line, if it does not.
absl::StatusOr<MetricChoice> ParseMetric(const std::string& text);

// Puts the metric in the place of every entry's times, its reciprocals where higher is better, so
// that a speedup above 1 is an improvement. An entry that has no positive value of it in each
// repetition is left without times. InvalidArgument if no entry has it; the message lists
// those there are.
absl::Status UseMetric(const std::string& path, const MetricChoice& metric,
                       std::vector<Entry>& entries);

}  // namespace podium::report
