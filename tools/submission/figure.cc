#include "tools/submission/figure.h"

#include <limits>

#include "tools/submission/process_means.h"

namespace podium::report {

std::optional<Figure> FigureOf(const Entry& entry, const MetricChoice& metric) {
  if (!entry.errors.empty()) return std::nullopt;
  const std::optional<Sample> values = MetricOf(entry, metric.name);
  if (!values) return std::nullopt;
  const std::optional<Sample> means = ProcessMeans(*values, entry.origins);
  const Sample& units = means ? *means : *values;
  // A figure that is the same each time, or that the file has but once, is no measurement.
  const bool exact = values->min() == values->max() && !metric.IsTime();
  if (exact) return Figure{units.mean(), {units.mean(), units.mean()}};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::optional<Interval> interval = MeanInterval(units, 0.05);
  return Figure{units.mean(), interval ? *interval : Interval{-kInfinity, kInfinity}};
}

bool SurelyBetter(const Figure& a, const Figure& b, const MetricChoice& metric) {
  return metric.higher_is_better ? a.interval.lo > b.interval.hi : a.interval.hi < b.interval.lo;
}

bool SurelyNoWorse(const Figure& a, const Figure& b, const MetricChoice& metric) {
  return metric.higher_is_better ? a.interval.lo >= b.interval.hi : a.interval.hi <= b.interval.lo;
}

}  // namespace podium::report
