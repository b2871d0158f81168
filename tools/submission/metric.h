// Which figure of a row is compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

struct MetricChoice {
  std::string name = std::string(kTimeMetric);
  bool higher_is_better = false;

  bool IsTime() const { return name == kTimeMetric || name == kCpuTimeMetric; }
};

// "cpu_time_s", "ops_per_s", "hits:higher", "misses:lower". Times, rates, sizes and quality figures
// have a direction; any other counter says its own. InvalidArgument, one line that names `flag`, if it
// does not.
absl::StatusOr<MetricChoice> ParseMetric(const std::string& text,
                                         absl::string_view flag = "--metric");

// The row's values of a metric or counter, as measured; of a size or quality figure its one value.
// Null if the row has none, or failed.
std::optional<Sample> MetricOf(const Entry& entry, absl::string_view name);

// Lets Entry::Times() be the metric's values, or where higher is better their reciprocals, so that
// a speedup above 1 is an improvement. An entry that has not a positive value of it in each
// repetition is left without. InvalidArgument if no entry has the metric; the message lists those
// there are.
absl::Status UseMetric(const std::string& path, const MetricChoice& metric,
                       std::vector<Entry>& entries);

// InvalidArgument as for UseMetric.
absl::Status CheckMetric(const std::string& path, const std::string& metric,
                         const std::vector<Entry>& entries);

}  // namespace podium::report
