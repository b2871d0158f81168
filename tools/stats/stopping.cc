#include "tools/stats/stopping.h"

#include <cmath>

namespace podium::report {
namespace {

constexpr double kPriorVariance = 2;  // g, in units of the variance of one value
constexpr std::size_t kLeastCount = 5;

std::optional<double> HalfWidth(const Sample& values, double alpha) {
  if (values.n() < kLeastCount || !values.std()) return std::nullopt;
  const auto n = static_cast<double>(values.n());
  const double a = 1 + n * kPriorVariance;
  // factor < 1 / alpha, solved for t^2: 1 + t^2 / nu < k (1 + t^2 / (nu a)).
  const double k = std::pow(std::sqrt(a) / alpha, 2 / n);
  if (k >= a) return std::nullopt;
  const double t = std::sqrt((n - 1) * (k - 1) / (1 - k / a));
  return t * *values.std() / std::sqrt(n);
}

}  // namespace

std::optional<Interval> AnytimeMeanInterval(const Sample& values, double alpha) {
  const std::optional<double> half_width = HalfWidth(values, alpha);
  if (!half_width) return std::nullopt;
  return Interval{values.mean() - *half_width, values.mean() + *half_width};
}

bool IsTightEnough(const Sample& values, double target, double alpha) {
  const std::optional<double> half_width = HalfWidth(values, alpha);
  return half_width && *half_width <= target;
}

}  // namespace podium::report
