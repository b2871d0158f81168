#include <cmath>

#include "tools/submission/model.h"

namespace podium::report {
namespace {

std::optional<double> FigureNamed(const std::map<std::string, double>& figures,
                                  absl::string_view name) {
  const auto found = figures.find(std::string(name));
  return found == figures.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

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
