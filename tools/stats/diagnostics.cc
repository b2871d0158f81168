#include "tools/stats/diagnostics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tools/stats/distributions.h"
#include "tools/stats/rank.h"
#include "tools/stats/sample.h"

namespace podium::report {
namespace {

double SquaresAbout(double mean, std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += (x - mean) * (x - mean);
  return sum;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return std::midpoint(values[(values.size() - 1) / 2], values[values.size() / 2]);
}

}  // namespace

std::optional<double> EffectiveCount(std::span<const double> series) {
  if (series.size() < 4) return std::nullopt;
  const auto n = static_cast<double>(series.size());
  const double mean = Mean(series);
  const double squares = SquaresAbout(mean, series);
  if (!(squares > 0) || !std::isfinite(squares)) return std::nullopt;
  const auto rho = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = lag; i < series.size(); ++i) {
      sum += (series[i] - mean) * (series[i - lag] - mean);
    }
    return sum / squares;
  };
  double weighted = 0;  // sum of (1 - k / n) rho_k
  for (std::size_t lag = 0; lag + 1 < series.size(); lag += 2) {
    const double even = lag == 0 ? 1 : rho(lag), odd = rho(lag + 1);
    if (even + odd <= 0) break;
    const auto k = static_cast<double>(lag);
    weighted += (lag == 0 ? 0 : (1 - k / n) * even) + (1 - (k + 1) / n) * odd;
  }
  return std::min(n, n / (1 + 2 * std::max(weighted, -0.4)));
}

std::optional<WarmUp> FindWarmUp(std::span<const double> series) {
  constexpr std::size_t kBatch = 5;
  constexpr std::size_t kLeastBatches = 4;
  constexpr double kDiffers = 0.001;
  const std::size_t batches = series.size() / kBatch;
  if (batches < kLeastBatches) return std::nullopt;
  std::vector<double> means;
  for (std::size_t i = 0; i < batches; ++i) {
    means.push_back(Mean(series.subspan(i * kBatch, kBatch)));
  }
  // The squared standard error of the mean of what is left, from the back in one pass.
  const std::size_t most = batches / 2;
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  double mean = 0, squares = 0;
  for (std::size_t i = batches; i > 0; --i) {
    const auto count = static_cast<double>(batches - i + 1);
    const double deviation = means[i - 1] - mean;
    mean += deviation / count;
    squares += deviation * (means[i - 1] - mean);
    if (i - 1 > most) continue;
    const double error = squares / (count * count);
    if (error <= least) {
      least = error;
      best = i - 1;
    }
  }
  const auto rest = Sample::Create({series.begin() + best * kBatch, series.end()});
  for (std::size_t batch = 1; rest && batch <= best; ++batch) {
    const auto first = Sample::Create({series.begin(), series.begin() + batch * kBatch});
    const auto test = first ? MannWhitney(*first, *rest) : std::nullopt;
    if (test && test->p < kDiffers) return WarmUp{best * kBatch, best < most};
  }
  return WarmUp{0, true};
}

std::optional<Drift> FindDrift(std::span<const double> series) {
  if (series.size() < 3) return std::nullopt;
  const auto n = static_cast<double>(series.size());
  const double middle = (n - 1) / 2, mean = Mean(series);
  double both = 0, of_x = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    both += x * (series[i] - mean);
    of_x += x * x;
  }
  const double slope = both / of_x;
  double residual = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double r = series[i] - mean - slope * (static_cast<double>(i) - middle);
    residual += r * r;
  }
  const double error = std::sqrt(residual / (n - 2) / of_x);
  if (!(error > 0) || !std::isfinite(error)) return std::nullopt;
  return Drift{slope * (n - 1), StudentTwoSidedP(slope / error, n - 2)};
}

std::optional<Modes> FindModes(std::span<const double> series) {
  constexpr std::size_t kLeast = 20;
  constexpr double kApart = 5;
  const std::size_t n = series.size();
  if (n < kLeast) return std::nullopt;
  std::vector<double> sorted(series.begin(), series.end());
  std::ranges::sort(sorted);
  if (sorted.front() == sorted.back()) return std::nullopt;
  // Sums about the mean, so that the squares keep their digits.
  const double mean = Mean(sorted);
  double total = 0;
  for (double& x : sorted) total += x -= mean;
  std::size_t split = 1;
  double most = -1, below = 0;
  for (std::size_t count = 1; count < n; ++count) {
    below += sorted[count - 1];
    const auto lower = static_cast<double>(count), upper = static_cast<double>(n - count);
    const double apart = below / lower - (total - below) / upper;
    const double between = lower * upper * apart * apart;
    if (between > most) {
      most = between;
      split = count;
    }
  }
  const std::span<const double> all = sorted;
  const auto lower = all.first(split), upper = all.subspan(split);
  const double mean_lower = Mean(lower), mean_upper = Mean(upper);
  const auto variance = [](double m, std::span<const double> values) {
    return SquaresAbout(m, values) / static_cast<double>(values.size());
  };
  const double spread = std::sqrt((variance(mean_lower, lower) + variance(mean_upper, upper)) / 2);
  const double d = (mean_upper - mean_lower) / spread;
  const std::size_t smaller = std::min(lower.size(), upper.size());
  return Modes{d, mean + mean_lower, mean + mean_upper,
               static_cast<double>(upper.size()) / static_cast<double>(n),
               d > kApart && smaller >= 2 && smaller * 10 >= n};
}

std::size_t CountMadOutliers(std::span<const double> series) {
  if (series.empty()) return 0;
  const double median = Median({series.begin(), series.end()});
  std::vector<double> distances;
  for (const double x : series) distances.push_back(std::abs(x - median));
  const double mad = Median(distances);
  if (mad == 0) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(distances, [&](double d) { return 0.6745 * d / mad > 3.5; }));
}

}  // namespace podium::report
