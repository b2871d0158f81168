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

constexpr absl::string_view kCompared = "compared";  // the metric in the place of time_s

struct Direction {
  absl::string_view name;
  bool higher_is_better;
};
constexpr Direction kDirections[] = {{kTimeMetric, false},   {kCpuTimeMetric, false},
                                     {"accuracy", true},     {"top1_agreement", true},
                                     {"max_rel_err", false}, {"sqnr_db", true},
                                     {"size_bytes", false},  {"params", false},
                                     {"peak_bytes", false},  {"energy_j", false}};

std::optional<bool> KnownDirection(absl::string_view name) {
  for (const Direction& known : kDirections) {
    if (known.name == name) return known.higher_is_better;
  }
  if (absl::EndsWith(name, "_per_s") || absl::EndsWith(name, "_per_second")) return true;
  return std::nullopt;
}

std::set<std::string> MetricNames(const std::vector<Entry>& entries) {
  std::set<std::string> names;
  for (const Entry& entry : entries) {
    for (const Metric& metric : entry.metrics) names.insert(metric.name);
    for (const Metric& metric : entry.counters) names.insert(metric.name);
    for (const auto& [name, value] : entry.quality) names.insert(name);
    for (const auto& [name, value] : entry.sizes) names.insert(name);
    if (entry.summary) names.emplace(kTimeMetric);
  }
  return names;
}

bool IsFigure(const Entry& entry, const std::string& name) {
  return entry.quality.contains(name) || entry.sizes.contains(name);
}

// What is the better the smaller it is.
std::vector<double> Costs(const MetricChoice& metric, const Sample& values) {
  std::vector<double> costs(values.values().begin(), values.values().end());
  if (metric.higher_is_better) {
    for (double& cost : costs) cost = 1 / cost;
  }
  return costs;
}

void UseInEntry(const MetricChoice& metric, Entry& entry) {
  const std::optional<Sample> values = MetricOf(entry, metric.name);
  const Sample* times = entry.Times();
  std::vector<double> costs;
  if (values && IsFigure(entry, metric.name)) {
    costs = {1};  // no test is made of a constant: see CompareRuns
  } else if (values && times && values->n() == times->n() && values->min() > 0) {
    costs = Costs(metric, *values);
  }
  entry.summary.reset();  // it is of time_s
  entry.compared = kCompared;
  std::optional<Sample> sample = Sample::Create(std::move(costs));
  if (sample) entry.metrics.push_back({std::string(kCompared), *std::move(sample)});
}

}  // namespace

absl::StatusOr<MetricChoice> ParseMetric(const std::string& text, absl::string_view flag) {
  absl::string_view name = text;
  std::optional<bool> asked;
  if (absl::ConsumeSuffix(&name, ":higher")) asked = true;
  if (!asked && absl::ConsumeSuffix(&name, ":lower")) asked = false;
  const std::optional<bool> known = KnownDirection(name);
  if (name.empty() || (!asked && !known)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, "=", text, ": is more of it better? Say ",
                                                   flag, "=", text, ":higher or :lower"));
  }
  if (asked && known && *asked != *known) {
    return absl::InvalidArgumentError(absl::StrCat(flag, "=", text, ": ", *known ? "more" : "less",
                                                   " of it is better: say ", flag, "=", name));
  }
  return MetricChoice{std::string(name), asked ? *asked : *known};
}

std::optional<Sample> MetricOf(const Entry& entry, absl::string_view name) {
  if (!entry.errors.empty()) return std::nullopt;
  for (const auto* metrics : {&entry.metrics, &entry.counters}) {
    for (const Metric& metric : *metrics) {
      if (metric.name == name) return metric.samples;
    }
  }
  for (const auto* figures : {&entry.quality, &entry.sizes}) {
    const auto found = figures->find(std::string(name));
    if (found != figures->end()) return Sample::Create({found->second});
  }
  return std::nullopt;
}

absl::Status CheckMetric(const std::string& path, const std::string& metric,
                         const std::vector<Entry>& entries) {
  const std::set<std::string> names = MetricNames(entries);
  if (names.contains(metric)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": --metric=", metric, ": no row has it: there are ", absl::StrJoin(names, ", ")));
}

absl::Status UseMetric(const std::string& path, const MetricChoice& metric,
                       std::vector<Entry>& entries) {
  if (metric.name == kTimeMetric) return absl::OkStatus();
  if (absl::Status status = CheckMetric(path, metric.name, entries); !status.ok()) return status;
  for (Entry& entry : entries) UseInEntry(metric, entry);
  return absl::OkStatus();
}

}  // namespace podium::report
