#include <algorithm>
#include <cmath>

#include "tools/stats/proportions.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

std::optional<double> FigureNamed(const std::map<std::string, double>& figures,
                                  absl::string_view name) {
  const auto found = figures.find(std::string(name));
  return found == figures.end() ? std::nullopt : std::optional(found->second);
}

// Null where the row does not tell, or tells of another share than its accuracy.
std::optional<Proportion> RightAnswers(const Entry& entry) {
  const auto counter = [&](absl::string_view name) {
    const auto found = std::ranges::find(entry.counters, name, &Metric::name);
    const bool constant =
        found != entry.counters.end() && found->samples.min() == found->samples.max();
    return constant ? found->samples.min() : -1;
  };
  const double right = counter("accuracy_right"), inputs = counter("accuracy_inputs");
  const auto accuracy = FigureNamed(entry.quality, "accuracy");
  constexpr double kMost = 1e15;  // whole numbers are exact up to there
  if (!accuracy || !(inputs >= 1 && inputs <= kMost && right >= 0 && right <= inputs) ||
      std::floor(right) != right || std::floor(inputs) != inputs ||
      std::abs(right / inputs - *accuracy) > 1e-9) {
    return std::nullopt;
  }
  return Proportion{static_cast<std::size_t>(right), static_cast<std::size_t>(inputs)};
}

}  // namespace

AccuracyInterval AccuracyIntervalOf(const Entry& baseline, const Entry& optimized) {
  const std::optional<Proportion> a = RightAnswers(baseline), b = RightAnswers(optimized);
  if (a && b) return {DifferenceInterval(*a, *b, 0.05), ""};
  return {std::nullopt,
          "a row does not count accuracy_right of accuracy_inputs: its accuracy is no "
          "share of right answers, or none that was counted"};
}

Improvement Improve(const Comparison& comparison) {
  const Entry& a = *comparison.baseline;
  const Entry& b = *comparison.optimized;
  Improvement result{};
  result.speedup = comparison.judgement.speedup;
  result.speedup_interval = comparison.judgement.interval;

  const auto size_a = FigureNamed(a.sizes, "size_bytes"),
             size_b = FigureNamed(b.sizes, "size_bytes");
  if (size_a && size_b && *size_a > 0 && *size_b > 0) result.compression_ratio = *size_a / *size_b;

  for (const char* metric : {"accuracy", "top1_agreement"}) {
    const auto quality_a = FigureNamed(a.quality, metric),
               quality_b = FigureNamed(b.quality, metric);
    if (!quality_a || !quality_b) continue;
    result.accuracy_metric = metric;
    result.accuracy_delta = *quality_b - *quality_a;
    if (result.accuracy_metric == "accuracy") result.accuracy_interval = AccuracyIntervalOf(a, b);
    break;
  }
  if (result.compression_ratio && result.accuracy_delta) {
    const double factor = *result.compression_ratio / (1 + std::abs(*result.accuracy_delta));
    result.efficiency = result.speedup * factor;
    result.efficiency_interval =
        Interval{result.speedup_interval.lo * factor, result.speedup_interval.hi * factor};
  }
  return result;
}

}  // namespace podium::report
