// Two independent samples: is the difference real, and how large is the ratio?
//
// Throughout, `a` is the baseline and `b` the optimized side; for times, the speedup is a / b, and
// differences and t are negative where b is faster. Exchanging the sides negates or inverts each
// figure and leaves p and df as they are.
#pragma once

#include <optional>

#include "tools/stats/sample.h"

namespace podium::report {

// Welch's unequal-variance t-test (Welch 1947) of mean(b) - mean(a), degrees of freedom by
// Satterthwaite (1946). Null if a side has fewer than 2 values or both have no spread.
struct WelchTest {
  double difference;  // mean(b) - mean(a)
  double t;
  double df;
  double p;           // two-sided
  Interval interval;  // 1 - alpha, of the difference
  double standard_error;
};
std::optional<WelchTest> Welch(const Sample& a, const Sample& b, double alpha);

// Student's t-test of paired differences b[i] - a[i] against 0: n - 1 degrees of freedom. Null for
// fewer than 2, or no spread.
std::optional<WelchTest> PairedT(const Sample& differences, double alpha);

// Welch's test of two sides of which only these figures are known. Null as for Welch.
struct Summary {
  double mean;
  double std;
  std::size_t n;
};
std::optional<WelchTest> Welch(const Summary& a, const Summary& b, double alpha);

// Welch's test on y = ln(x), for positive values: `ratio` is geometric mean(a) / geometric mean(b),
// `interval` its 1 - alpha interval; t is that of mean(y of b) - mean(y of a). Times are positive
// and skewed, and ratios are what is reported, so this is the suite's headline. Null as for Welch,
// or if a value is not positive.
struct RatioTest {
  double ratio;
  double t;
  double df;
  double p;                   // two-sided
  Interval interval;          // 1 - alpha, of the ratio
  double log_standard_error;  // of ln(ratio)
};
std::optional<RatioTest> WelchLogRatio(const Sample& a, const Sample& b, double alpha);

// Fieller's set (Fieller 1954) for mean(a) / mean(b), unequal variances, Satterthwaite degrees of
// freedom at the estimated ratio r: every r' at which mean(a) - r' mean(b) is not significant.
// With Va, Vb the variances of the two means, and t = t(df, 1 - alpha / 2),
//   g = t^2 Vb / mean(b)^2,   ends = (r -+ t / |mean(b)| sqrt((1 - g) Va + r^2 Vb)) / (1 - g).
// At g >= 1 the denominator is not distinguishable from zero, the set is not a bounded interval,
// and `interval` is null. All null as for Welch, or if mean(b) is 0.
struct FiellerRatio {
  double ratio;
  double g;
  std::optional<Interval> interval;
};
std::optional<FiellerRatio> Fieller(const Sample& a, const Sample& b, double alpha);

}  // namespace podium::report
