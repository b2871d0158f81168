#include "tools/stats/compare.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

// Of x - factor * y, for independent sample means x and y.
struct StandardError {
  double value;
  double df;
};

// Null if a side has no standard deviation, both have no spread, or a double cannot hold the value,
// as where `factor` is infinite. Satterthwaite's formula
// (Vx + Vy)^2 / (Vx^2 / (nx - 1) + Vy^2 / (ny - 1)) is written in each side's share of the
// variance, which neither overflows nor vanishes at any scale of the data.
std::optional<StandardError> OfDifference(const Summary& x, const Summary& y, double factor) {
  if (x.n < 2 || y.n < 2) return std::nullopt;
  const auto nx = static_cast<double>(x.n);
  const auto ny = static_cast<double>(y.n);
  const double of_x = x.std / std::sqrt(nx);
  const double of_y = std::abs(factor) * y.std / std::sqrt(ny);
  const double value = std::hypot(of_x, of_y);
  if (!(value > 0) || !std::isfinite(value)) return std::nullopt;
  const double share_x = of_x / value * (of_x / value);
  const double share_y = of_y / value * (of_y / value);
  return StandardError{value, 1 / (share_x * share_x / (nx - 1) + share_y * share_y / (ny - 1))};
}

std::optional<StandardError> OfDifference(const Sample& x, const Sample& y, double factor) {
  if (!x.std() || !y.std()) return std::nullopt;
  return OfDifference(Summary{x.mean(), *x.std(), x.n()}, Summary{y.mean(), *y.std(), y.n()},
                      factor);
}

std::optional<WelchTest> WelchOf(double difference, const StandardError& error, double alpha) {
  const double t = difference / error.value;
  if (!std::isfinite(t)) return std::nullopt;
  const double half_width = StudentCriticalValue(alpha, error.df) * error.value;
  return WelchTest{difference,
                   t,
                   error.df,
                   StudentTwoSidedP(t, error.df),
                   Interval{difference - half_width, difference + half_width},
                   error.value};
}

// ln(x / unit), accurate also where the two agree to many digits: there x - unit is exact, while
// each logarithm would have spent its digits on the common magnitude.
double LogRatio(double x, double unit) {
  const bool near = x >= unit / 2 && x <= unit * 2;
  return near ? std::log1p((x - unit) / unit) : std::log(x) - std::log(unit);
}

std::optional<Sample> LogRatios(const Sample& sample, double unit) {
  std::vector<double> logs;
  logs.reserve(sample.n());
  for (const double x : sample.values()) logs.push_back(LogRatio(x, unit));
  return Sample::Create(std::move(logs));
}

}  // namespace

std::optional<WelchTest> Welch(const Sample& a, const Sample& b, double alpha) {
  const std::optional<StandardError> error = OfDifference(b, a, 1);
  if (!error) return std::nullopt;
  // Around a common pivot, because mean(b) - mean(a) loses the digits that the two share.
  const double pivot = std::min(a.mean(), b.mean());
  return WelchOf(MeanDeviation(b, pivot) - MeanDeviation(a, pivot), *error, alpha);
}

std::optional<WelchTest> Welch(const Summary& a, const Summary& b, double alpha) {
  const std::optional<StandardError> error = OfDifference(b, a, 1);
  if (!error) return std::nullopt;
  return WelchOf(b.mean - a.mean, *error, alpha);
}

std::optional<WelchTest> PairedT(const Sample& differences, double alpha) {
  if (!differences.std() || *differences.std() == 0) return std::nullopt;
  const auto n = static_cast<double>(differences.n());
  return WelchOf(differences.mean(), {*differences.std() / std::sqrt(n), n - 1}, alpha);
}

std::optional<RatioTest> WelchLogRatio(const Sample& a, const Sample& b, double alpha) {
  if (!(a.min() > 0 && b.min() > 0)) return std::nullopt;
  // Each side in units of its own median: the spread keeps its digits however far apart they are.
  const double unit_a = a.median();
  const double unit_b = b.median();
  const std::optional<Sample> log_a = LogRatios(a, unit_a);
  const std::optional<Sample> log_b = LogRatios(b, unit_b);
  const std::optional<StandardError> error = OfDifference(*log_b, *log_a, 1);
  if (!error) return std::nullopt;
  const double of_units = unit_a <= unit_b ? LogRatio(unit_b, unit_a) : -LogRatio(unit_a, unit_b);
  const std::optional<WelchTest> welch =
      WelchOf(log_b->mean() - log_a->mean() + of_units, *error, alpha);
  if (!welch) return std::nullopt;
  const double ratio = std::exp(-welch->difference);
  if (!std::isnormal(ratio)) return std::nullopt;
  return RatioTest{ratio,
                   welch->t,
                   welch->df,
                   welch->p,
                   Interval{std::exp(-welch->interval.hi), std::exp(-welch->interval.lo)},
                   welch->standard_error};
}

std::optional<FiellerRatio> Fieller(const Sample& a, const Sample& b, double alpha) {
  if (b.mean() == 0) return std::nullopt;
  const double ratio = a.mean() / b.mean();
  const std::optional<StandardError> error = OfDifference(a, b, ratio);
  if (!error) return std::nullopt;
  // In units of the ratio: t times the standard error of each mean, over |mean(b)|.
  const double t = StudentCriticalValue(alpha, error->df) / std::abs(b.mean());
  const double of_a = t * *a.std() / std::sqrt(static_cast<double>(a.n()));
  const double of_b = t * *b.std() / std::sqrt(static_cast<double>(b.n()));
  const double g = of_b * of_b;
  if (!std::isfinite(g)) return std::nullopt;
  if (g >= 1) return FiellerRatio{ratio, g, std::nullopt};
  const double half_width = std::hypot(of_a * std::sqrt(1 - g), ratio * of_b) / (1 - g);
  const double center = ratio / (1 - g);
  return FiellerRatio{ratio, g, Interval{center - half_width, center + half_width}};
}

}  // namespace podium::report
