#include "tools/submission/metric.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

const Sample* FindAny(const Entry& entry, absl::string_view name) {
  for (const auto* metrics : {&entry.metrics, &entry.counters}) {
    for (const Metric& metric : *metrics) {
      if (metric.name == name) return &metric.samples;
    }
  }
  return nullptr;
}

void UseInEntry(const MetricChoice& metric, Entry& entry) {
  const Sample* times = entry.Times();
  if (!times) return;
  const Sample* values = FindAny(entry, metric.name);
  std::vector<double> costs;
  if (values && values->n() == times->n() && values->min() > 0) {
    costs.assign(values->values().begin(), values->values().end());
    if (metric.higher_is_better) {
      for (double& cost : costs) cost = 1 / cost;
    }
  }
  std::optional<Sample> sample = Sample::Create(std::move(costs));
  entry.metrics.clear();
  entry.summary.reset();
  if (sample) entry.metrics.push_back({std::string(kTimeMetric), *std::move(sample)});
}

}  // namespace

absl::StatusOr<MetricChoice> ParseMetric(const std::string& text) {
  absl::string_view name = text;
  if (absl::ConsumeSuffix(&name, ":higher")) return MetricChoice{std::string(name), true};
  if (absl::ConsumeSuffix(&name, ":lower")) return MetricChoice{std::string(name), false};
  if (name == kTimeMetric || name == kCpuTimeMetric) return MetricChoice{text, false};
  if (absl::EndsWith(name, "_per_s") || absl::EndsWith(name, "_per_second")) {
    return MetricChoice{text, true};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--metric=", text, ": is more of it better? Say --metric=", text, ":higher or :lower"));
}

absl::Status UseMetric(const std::string& path, const MetricChoice& metric,
                       std::vector<Entry>& entries) {
  if (metric.name == kTimeMetric) return absl::OkStatus();
  std::set<std::string> names;
  bool known = false;
  for (const Entry& entry : entries) {
    known = known || FindAny(entry, metric.name) != nullptr;
    for (const Metric& m : entry.metrics) names.insert(m.name);
    for (const Metric& m : entry.counters) names.insert(m.name);
  }
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": --metric=", metric.name,
                                                   ": no row has it: there are ",
                                                   absl::StrJoin(names, ", ")));
  }
  for (Entry& entry : entries) UseInEntry(metric, entry);
  return absl::OkStatus();
}

}  // namespace podium::report
