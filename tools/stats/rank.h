// Rank tests: no assumption about the shape of the noise.
//
// Throughout, p is two-sided, min(1, 2 min(p_less, p_greater)); each null distribution is counted,
// ties included, where the comment says so, and otherwise taken as normal, with tie and continuity
// correction (Lehmann 1975). `exact` tells which.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tools/stats/sample.h"

namespace podium::report {

// Twice the rank of each value, in the order given; equal values share the mean of their ranks.
std::vector<std::uint64_t> DoubledRanks(std::span<const double> values);

// Mann-Whitney U test (Mann and Whitney 1947). `u` counts pairs with a > b, ties half; `p_less` is
// P(U <= u) under the null hypothesis that every split of the pooled values into sides of these
// sizes is equally likely. Without ties p is that of R and SciPy. Exact while each side has at most
// 50 values. Null if all pooled values are equal.
struct MannWhitneyTest {
  double u;
  double p;
  bool exact;
  double p_less;     // small where the values of a are the smaller ones
  double p_greater;  // P(U >= u)
};
std::optional<MannWhitneyTest> MannWhitney(const Sample& a, const Sample& b);

// Wilcoxon's signed-rank test (1945) of differences against 0. `w` sums the ranks of |d| over the
// positive d. Under the null hypothesis every choice of signs is equally likely: so it is where the
// two of a pair differ in nothing but what a lot decided. Differences of 0 are left out, as R and
// SciPy do. Exact to 50 differences. Null if all are 0.
struct SignedRankTest {
  double w;
  double p;
  bool exact;
  double p_less;     // P(W <= w): small where the differences are negative
  double p_greater;  // P(W >= w)
};
std::optional<SignedRankTest> SignedRank(std::span<const double> differences);

// Stratified rank test of the pairs (a[i], b[i]): `statistic` is the rank sum of b among all
// values, but relabelled within pairs only. It needs no more of the noise than SignedRank, and as
// ranks are taken over the whole run, one value that is far off costs the power of one pair, not of
// the largest difference. Exact to 50 pairs. Null if all pairs are tied.
struct StratifiedRankTest {
  double statistic;
  double p;
  bool exact;
};
std::optional<StratifiedRankTest> StratifiedRank(std::span<const double> a,
                                                 std::span<const double> b);

// Hodges and Lehmann (1963): the shift that makes the rank test see no difference, and all shifts
// that it does not reject at alpha, by the null distribution without ties: with ties the closed
// interval covers more, never less. The interval is null where n is too small for any.
struct ShiftEstimate {
  double estimate;
  std::optional<Interval> interval;
};
// Median of the differences b - a.
ShiftEstimate HodgesLehmann(const Sample& a, const Sample& b, double alpha);
// Median of the Walsh averages (d[i] + d[j]) / 2, i <= j.
ShiftEstimate HodgesLehmann(const Sample& differences, double alpha);

}  // namespace podium::report
