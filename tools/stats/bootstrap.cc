#include "tools/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

constexpr std::size_t kResamples = 2000;

// sum u^3 / (6 (sum u^2)^(3/2)), with u the mean of the figures without one unit, minus each.
std::optional<double> Acceleration(std::size_t n, const StatisticOfUnits& statistic) {
  std::vector<double> without;
  for (std::size_t left_out = 0; left_out < n; ++left_out) {
    std::vector<std::size_t> units;
    for (std::size_t i = 0; i < n; ++i) {
      if (i != left_out) units.push_back(i);
    }
    without.push_back(statistic(units));
  }
  const double mean = std::accumulate(without.begin(), without.end(), 0.0) / static_cast<double>(n);
  double squares = 0, cubes = 0;
  for (const double x : without) {
    squares += (mean - x) * (mean - x);
    cubes += (mean - x) * (mean - x) * (mean - x);
  }
  if (!(squares > 0) || !std::isfinite(squares)) return std::nullopt;
  return cubes / (6 * std::pow(squares, 1.5));
}

}  // namespace

std::optional<Interval> BcaInterval(std::size_t n, const StatisticOfUnits& statistic,
                                    double alpha) {
  if (n < kLeastBootstrap) return std::nullopt;
  std::vector<std::size_t> units(n);
  std::iota(units.begin(), units.end(), std::size_t{0});
  const double observed = statistic(units);
  std::mt19937 random(1);
  std::vector<double> figures;
  for (std::size_t i = 0; i < kResamples; ++i) {
    for (std::size_t& unit : units) {
      unit = static_cast<std::size_t>(std::uint64_t{random()} * n >> 32);
    }
    figures.push_back(statistic(units));
  }
  const std::optional<Sample> resampled = Sample::Create(figures);
  const std::optional<double> acceleration = Acceleration(n, statistic);
  if (!resampled || !acceleration || !std::isfinite(observed)) return std::nullopt;
  // Half of those that equal the figure itself count as below it.
  double below = 0;
  for (const double x : figures) below += x < observed ? 1 : x == observed ? 0.5 : 0;
  const double share = below / static_cast<double>(kResamples);
  if (!(share > 0 && share < 1)) return std::nullopt;
  const double bias = NormalQuantile(share);
  const auto count = static_cast<double>(n);
  const double wide = StudentCriticalValue(alpha, count - 1) * std::sqrt(count / (count - 1));
  const auto end = [&](double side) {
    const double z = bias + side * wide;
    return Quantile(*resampled, NormalBelow(bias + z / (1 - *acceleration * z)));
  };
  return Interval{end(-1), end(1)};
}

}  // namespace podium::report
