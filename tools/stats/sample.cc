#include "tools/stats/sample.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

// Compensated summation (Neumaier 1974): the error does not grow with the number of terms.
class Sum {
 public:
  void Add(double x) {
    const double total = high_ + x;
    low_ += std::abs(high_) >= std::abs(x) ? (high_ - total) + x : (x - total) + high_;
    high_ = total;
  }
  double value() const { return high_ + low_; }

 private:
  double high_ = 0;
  double low_ = 0;
};

// The binary exponent of the largest magnitude in the sample, or of `at_least`. Scaled by it, every
// value lies in [-1, 1], exactly: neither a sum nor a square can overflow, and the deviations of a
// sample of denormals do not vanish when squared.
int BinaryExponent(const Sample& sample, double at_least = 0) {
  int exponent = 0;
  std::frexp(std::max({std::abs(sample.min()), std::abs(sample.max()), std::abs(at_least)}),
             &exponent);
  return exponent;
}

// Two-pass, with the second pass corrected for the rounding of the mean (Chan, Golub and LeVeque
// 1983): an offset common to all values costs no digits.
double StandardDeviation(const Sample& sample) {
  const int exponent = BinaryExponent(sample);
  const double mean = std::ldexp(sample.mean(), -exponent);
  Sum deviations;
  Sum squares;
  for (const double x : sample.values()) {
    const double deviation = std::ldexp(x, -exponent) - mean;
    deviations.Add(deviation);
    squares.Add(deviation * deviation);
  }
  const auto n = static_cast<double>(sample.n());
  const double total = squares.value() - deviations.value() * deviations.value() / n;
  return std::ldexp(std::sqrt(std::max(total, 0.0) / (n - 1)), exponent);
}

std::optional<double> IfFinite(double x) {
  return std::isfinite(x) ? std::optional(x) : std::nullopt;
}

// An error probability that equals alpha in exact arithmetic must not be lost to rounding: five
// values cover the median with exactly 1 - 2 / 32.
bool AtMost(double probability, double alpha) { return probability <= alpha * (1 + 1e-12); }

// The ranks that may end an interval of the q-quantile, with what each leaves out.
struct QuantileTails {
  std::size_t first;          // lower ends first, first + 1, ...
  std::size_t last;           // upper ends last, last - 1, ...
  std::vector<double> below;  // below[i] = P(B < first + i), at most alpha
  std::vector<double> above;  // above[i] = P(B >= last - i), at most alpha
};

// Ranks are skipped that leave out less than 2^-53 alpha, too little to matter, by Bernstein's
// inequality: P(|B - nq| >= d) <= 2 exp(-d^2 / (2 nq(1 - q) + 2d / 3)). So the work grows with the
// square root of n. The tails are sums of positive terms, each from its neighbour by
// P(k + 1) / P(k) = (n - k) / (k + 1) * q / (1 - q): small ones are as accurate as large ones.
QuantileTails TailsOfQuantile(std::size_t n, double q, double alpha) {
  const auto count = static_cast<double>(n);
  const double log_bound = 54 * std::log(2.0) - std::log(alpha);
  const double distance =
      log_bound / 3 + std::sqrt(log_bound * log_bound / 9 + 2 * log_bound * count * q * (1 - q));
  const double odds = q / (1 - q);
  QuantileTails tails;
  tails.first = static_cast<std::size_t>(std::max(1.0, std::floor(count * q - distance)));
  tails.last = static_cast<std::size_t>(std::min(count, std::ceil(count * q + distance)));

  double tail = BinomialBelow(n, q, tails.first);
  double term = BinomialProbability(n, q, tails.first);
  for (std::size_t l = tails.first; l < n && AtMost(tail, alpha); ++l) {
    tails.below.push_back(tail);
    tail += term;
    term *= static_cast<double>(n - l) / static_cast<double>(l + 1) * odds;
  }
  tail = BinomialAtLeast(n, q, tails.last);
  term = BinomialProbability(n, q, tails.last - 1);
  for (std::size_t u = tails.last; u > 1 && AtMost(tail, alpha); --u) {
    tails.above.push_back(tail);
    tail += term;
    term *= static_cast<double>(u - 1) / static_cast<double>(n - u + 2) / odds;
  }
  return tails;
}

}  // namespace

std::optional<Sample> Sample::Create(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  for (const double x : values) {
    if (!std::isfinite(x)) return std::nullopt;
  }
  return Sample(std::move(values));
}

Sample::Sample(std::vector<double> values) : values_(std::move(values)), sorted_(values_) {
  std::sort(sorted_.begin(), sorted_.end());
  // The clamp makes the mean of a constant sample that constant: n * x / n may round elsewhere.
  mean_ = std::clamp(MeanDeviation(*this, 0), min(), max());
  if (n() > 1) std_ = IfFinite(StandardDeviation(*this));
}

double Sample::median() const { return std::midpoint(sorted_[(n() - 1) / 2], sorted_[n() / 2]); }

std::optional<double> Sample::cv() const {
  if (!std_ || mean_ == 0) return std::nullopt;
  return IfFinite(*std_ / mean_);
}

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double MeanDeviation(const Sample& sample, double pivot) {
  const int exponent = BinaryExponent(sample, pivot);
  const double scaled_pivot = std::ldexp(pivot, -exponent);
  Sum sum;
  for (const double x : sample.values()) sum.Add(std::ldexp(x, -exponent) - scaled_pivot);
  return std::ldexp(sum.value() / static_cast<double>(sample.n()), exponent);
}

std::optional<Interval> MeanInterval(const Sample& sample, double alpha) {
  if (!sample.std()) return std::nullopt;
  const auto n = static_cast<double>(sample.n());
  const double half_width = StudentCriticalValue(alpha, n - 1) * *sample.std() / std::sqrt(n);
  return Interval{sample.mean() - half_width, sample.mean() + half_width};
}

double Quantile(const Sample& sample, double q) {
  assert(q >= 0 && q <= 1);
  const std::span<const double> x = sample.sorted();
  const double position = static_cast<double>(x.size() - 1) * q;
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, x.size() - 1);
  return std::lerp(x[below], x[above], position - static_cast<double>(below));
}

std::optional<Interval> QuantileInterval(const Sample& sample, double q, double alpha) {
  if (sample.n() < MinimumCountForQuantile(q, alpha)) return std::nullopt;
  const QuantileTails tails = TailsOfQuantile(sample.n(), q, alpha);
  std::optional<Interval> best;
  std::size_t best_width = 0;
  double best_asymmetry = 0;
  // As the lower end rises, the upper end that keeps the coverage can only rise too.
  std::size_t above = tails.above.size();
  for (std::size_t below = 0; below < tails.below.size(); ++below) {
    while (above > 0 && !AtMost(tails.below[below] + tails.above[above - 1], alpha)) --above;
    if (above == 0) break;
    const std::size_t l = tails.first + below;
    const std::size_t u = tails.last - (above - 1);
    const double asymmetry = std::abs(tails.below[below] - tails.above[above - 1]);
    // The margin keeps mirror images, equal but for rounding, in a fixed order.
    if (!best || u - l < best_width ||
        (u - l == best_width && asymmetry < best_asymmetry - 1e-9 * alpha)) {
      best = Interval{sample.sorted()[l - 1], sample.sorted()[u - 1]};
      best_width = u - l;
      best_asymmetry = asymmetry;
    }
  }
  return best;
}

std::size_t MinimumCountForQuantile(double q, double alpha) {
  assert(q > 0 && q < 1 && alpha > 0 && alpha < 1);
  // All n values miss the interval [x(1), x(n)] with probability q^n + (1 - q)^n.
  const double log_inner = std::log(q);
  const double log_outer = std::log1p(-q);
  const double bound = std::floor(std::log(alpha) / std::max(log_inner, log_outer));
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  if (bound >= static_cast<double>(kMost)) return kMost;
  std::size_t n = std::max<std::size_t>(2, static_cast<std::size_t>(bound));
  while (!AtMost(
      std::exp(static_cast<double>(n) * log_inner) + std::exp(static_cast<double>(n) * log_outer),
      alpha)) {
    ++n;
  }
  return n;
}

OutlierCount CountOutliers(const Sample& sample) {
  const double q1 = Quantile(sample, 0.25);
  const double q3 = Quantile(sample, 0.75);
  const auto outside = [&](double fence) {
    const double reach = fence * (q3 - q1);
    return static_cast<std::size_t>(std::ranges::count_if(
        sample.values(), [&](double x) { return x < q1 - reach || x > q3 + reach; }));
  };
  return {outside(1.5), outside(3)};
}

}  // namespace podium::report
