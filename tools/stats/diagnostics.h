// What can be wrong with a series of measurements, in the order they were made. Each is a figure to
// show beside the result; none drops a value.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace podium::report {

// How many independent values the series is worth: n / (1 + 2 sum (1 - k / n) rho_k), rho_k the
// autocorrelation at lag k, up to where the sums of neighbours rho_2m + rho_2m+1 are no longer
// positive (Geyer 1992, the initial positive sequence). At most n. Null for n < 4 or no spread.
std::optional<double> EffectiveCount(std::span<const double> series);

// Where a warm-up ends: the number of leading values, a multiple of 5, without which the mean is
// known best (MSER-5; White, Cobb and Spratt 2000). It is searched in the first half; `ends` is
// false where the best lies at the end of that, so that the series may not have settled at all.
// MSER cuts something off most series, so a warm-up also needs its first values to differ from the
// rest (Mann-Whitney, p < 0.001: of settled series, fewer than 1 % have any). Null below 20 values, which
// make too few batches of 5.
struct WarmUp {
  std::size_t values;
  bool ends;
};
std::optional<WarmUp> FindWarmUp(std::span<const double> series);

// Least-squares line through the series: `change` from its first to its last value, and the
// two-sided p of the slope (Student t, n - 2). Null for n < 3 or no spread about the line.
struct Drift {
  double change;
  double p;
};
std::optional<Drift> FindDrift(std::span<const double> series);

// The best split of the values into two groups (least sum of squares within), as Ashman's D =
// |m1 - m2| / sqrt((s1^2 + s2^2) / 2) (Ashman, Bird and Zepf 1994). A large normal sample,
// split in the middle, has D = 2.6. `bimodal`: D > 5, each group with at least a tenth of the values
// and at least 2: of normal samples 1 % at 20 values and fewer at more. Null below 20 values, where
// such splits are too common, or without spread.
struct Modes {
  double d;      // infinite if neither group has any spread
  double lower;  // means of the groups
  double upper;
  double share;  // of the upper group
  bool bimodal;
};
std::optional<Modes> FindModes(std::span<const double> series);

// Values with 0.6745 |x - median| / MAD > 3.5 (Iglewicz and Hoaglin 1993), MAD the median of the
// distances from the median. 0 where over half of the values are equal.
std::size_t CountMadOutliers(std::span<const double> series);

}  // namespace podium::report
