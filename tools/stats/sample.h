// One metric's repeated measurements, and what they say on their own.
//
// Throughout stats/, 0 < alpha < 1, an interval's confidence is 1 - alpha, and a figure that does
// not exist or exceeds the largest double is null, never 0, NaN or infinity; only an interval's end
// may be infinite. Nothing throws.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace podium::report {

// Closed interval. An end beyond the largest double is infinite.
struct Interval {
  double lo;
  double hi;
  bool operator==(const Interval&) const = default;
};

// At least one value; all finite. Keeps the order of measurement beside the sorted values.
class Sample {
 public:
  // Null if `values` is empty or holds a NaN or an infinity.
  static std::optional<Sample> Create(std::vector<double> values);

  std::span<const double> values() const { return values_; }  // in order of measurement
  std::span<const double> sorted() const { return sorted_; }
  std::size_t n() const { return values_.size(); }

  double mean() const { return mean_; }  // never outside [min, max]
  double median() const;                 // mean of the two middle values if n is even
  double min() const { return sorted_.front(); }
  double max() const { return sorted_.back(); }
  std::optional<double> std() const { return std_; }  // n - 1 in the denominator; null at n = 1
  std::optional<double> cv() const;                   // std / mean; null at n = 1 or mean 0

 private:
  explicit Sample(std::vector<double> values);
  std::vector<double> values_;
  std::vector<double> sorted_;
  double mean_;
  std::optional<double> std_;
};

// Their plain sum over their number; Sample::mean() is for values of any size.
double Mean(std::span<const double> values);

// Mean of x - pivot over the sample: to all digits even where the pivot is so near that
// `mean() - pivot` would have lost them.
double MeanDeviation(const Sample& sample, double pivot);

// Student t interval of the mean, m +- t(n - 1, 1 - alpha / 2) s / sqrt(n). Null at n = 1: one
// value has no spread to estimate, which is not the same as an interval of width zero.
std::optional<Interval> MeanInterval(const Sample& sample, double alpha);

// The q-quantile (0 <= q <= 1) by Hyndman and Fan's type 7 (1996), the default of R and NumPy.
double Quantile(const Sample& sample, double q);

// Order-statistic interval [x(l), x(u)] of the q-quantile (0 < q < 1), 1 <= l < u <= n: the
// narrowest in ranks whose coverage P(l <= B < u), B ~ Binomial(n, q), is at least 1 - alpha; of
// these the one with the most equal tails; of equals the lower. The coverage is exact for a
// continuous distribution and a lower bound for a discrete one (David and Nagaraja 2003, ch. 7.1).
// Null where n is too small to reach it; `MinimumCountForQuantile` says how many values would do.
std::optional<Interval> QuantileInterval(const Sample& sample, double q, double alpha);
std::size_t MinimumCountForQuantile(double q, double alpha);

// Tukey's fences (1977): how many values lie over 1.5 (and over 3) interquartile ranges outside the
// quartiles, these by `Quantile`. A label for the reader; nothing is ever dropped.
struct OutlierCount {
  std::size_t mild;     // beyond 1.5 IQR, the extreme ones included
  std::size_t extreme;  // beyond 3 IQR
};
OutlierCount CountOutliers(const Sample& sample);

}  // namespace podium::report
