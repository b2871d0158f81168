#include "tools/stats/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

// {f(0), f(1), ..., f(n - 1)}
template <typename F>
Sample Sequence(int n, F f) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(f(i));
  return SampleOf(values);
}

Sample Negated(const Sample& sample) {
  std::vector<double> values(sample.values().begin(), sample.values().end());
  for (double& x : values) x = -x;
  return SampleOf(values);
}

// Twice the number of pairs with x > y, ties counting one.
int DoubledU(const std::vector<double>& a, const std::vector<double>& b) {
  int u = 0;
  for (const double x : a) {
    for (const double y : b) u += (x > y) - (x < y) + 1;
  }
  return u;
}

// The definition of the two-sided p, split by split.
double PermutationP(const Sample& a, const Sample& b) {
  std::vector<double> pooled(a.values().begin(), a.values().end());
  pooled.insert(pooled.end(), b.values().begin(), b.values().end());
  const auto count = [&](unsigned split) {
    std::vector<double> sides[2];
    for (std::size_t i = 0; i < pooled.size(); ++i) sides[split >> i & 1].push_back(pooled[i]);
    return DoubledU(sides[1], sides[0]);
  };
  const int observed = count((1u << a.n()) - 1);
  double all = 0, lower = 0, upper = 0;
  for (unsigned split = 0; split < 1u << pooled.size(); ++split) {
    if (std::popcount(split) != static_cast<int>(a.n())) continue;
    const int u = count(split);
    ++all;
    lower += u <= observed;
    upper += u >= observed;
  }
  return std::min(1.0, 2 * std::min(lower, upper) / all);
}

// Calls `check(a, b)` with pairs of samples of 2 to 7 values out of 3 to 8 distinct ones, the same
// in every run.
template <typename Check>
void ForTiedPairs(Check check) {
  std::mt19937 random;
  const auto draw = [&](unsigned distinct) {
    return Sequence(static_cast<int>(2 + random() % 6),
                    [&](int) { return static_cast<double>(random() % distinct); });
  };
  for (unsigned pair = 0; pair < 60; ++pair) {
    SCOPED_TRACE(testing::Message() << "pair " << pair);
    const Sample a = draw(3 + pair % 6);
    const Sample b = draw(3 + pair % 6);
    if (a.min() < b.max() || b.min() < a.max()) check(a, b);  // else all are equal
  }
}

// SciPy: mannwhitneyu([4.12, 4.08, 4.31, 4.15, 4.10, 4.22, 4.11],
//                     [4.09, 4.0, 4.14, 3.9, 4.16, 4.05], method='exact')
TEST(MannWhitneyTest, AgreesWithSciPy) {
  const auto test = MannWhitney(SampleOf({4.12, 4.08, 4.31, 4.15, 4.10, 4.22, 4.11}),
                                SampleOf({4.09, 4.0, 4.14, 3.9, 4.16, 4.05}))
                        .value();
  EXPECT_TRUE(test.exact);
  EXPECT_EQ(test.u, 32);
  EXPECT_THAT(test.p, AgreesWith(0.13752913752913754));
}

// R: options(digits = 17); wilcox.test(1:40 * 1.5 + .1, 1:50 * 2 + 7, exact = TRUE)
TEST(MannWhitneyTest, UnequalCountsAgreeWithR) {
  const auto test = MannWhitney(Sequence(40, [](int i) { return (i + 1) * 1.5 + 0.1; }),
                                Sequence(50, [](int i) { return (i + 1) * 2.0 + 7; }))
                        .value();
  EXPECT_EQ(test.u, 468);
  EXPECT_THAT(test.p, AgreesWith(8.7176099495786613e-06));
}

// R: options(digits = 17); wilcox.test(1:50, 51:100, exact = TRUE)$p.value
TEST(MannWhitneyTest, SmallestTailOfFiftyASideAgreesWithR) {
  const auto test = MannWhitney(Sequence(50, [](int i) { return i + 1.0; }),
                                Sequence(50, [](int i) { return i + 51.0; }))
                        .value();
  EXPECT_TRUE(test.exact);
  EXPECT_EQ(test.u, 0);
  EXPECT_THAT(test.p, AgreesWith(1.9823306042836899e-29));
}

// SciPy: permutation_test(([1, 1, 2, 3, 3, 3, 5], [2, 3, 4, 5, 5, 6]),
//          lambda a, b: mannwhitneyu(a, b).statistic, n_resamples=numpy.inf, vectorized=False)
TEST(MannWhitneyTest, TiesAgreeWithSciPysPermutationTest) {
  const auto test =
      MannWhitney(SampleOf({1, 1, 2, 3, 3, 3, 5}), SampleOf({2, 3, 4, 5, 5, 6})).value();
  EXPECT_TRUE(test.exact);
  EXPECT_EQ(test.u, 9);
  EXPECT_THAT(test.p, AgreesWith(0.1048951048951049));
}

// Too many splits for SciPy. Python, counting them in whole numbers:
//   def exact(a, b):
//       pool = sorted(a + b)
//       rank = {x: 2 * pool.index(x) + pool.count(x) + 1 for x in pool}
//       ways = [Counter() for _ in range(len(a) + 1)]
//       ways[0][0] = 1
//       for x in pool:
//           for k in range(len(a), 0, -1):
//               for s, c in ways[k - 1].items(): ways[k][s + rank[x]] += c
//       w, n = ways[len(a)], sum(rank[x] for x in a)
//       tails = sum(c for s, c in w.items() if s <= n), sum(c for s, c in w.items() if s >= n)
//       return float(min(1, Fraction(2 * min(tails), sum(w.values()))))
//   exact([i * 7 % 10 for i in range(50)], [i * 3 % 8 + 9 for i in range(50)])
//   exact([i * i % 17 for i in range(30)], [i * i % 13 + 4 for i in range(50)])
//   exact([i % 3 for i in range(50)], [i % 3 for i in range(7)])
TEST(MannWhitneyTest, ManyTiesAgreeWithWholeNumbers) {
  const auto far = MannWhitney(Sequence(50, [](int i) { return i * 7 % 10; }),
                               Sequence(50, [](int i) { return i * 3 % 8 + 9; }));
  EXPECT_THAT(far->p, AgreesWith(1.570005838592665e-26));
  const auto near = MannWhitney(Sequence(30, [](int i) { return i * i % 17; }),
                                Sequence(50, [](int i) { return i * i % 13 + 4; }));
  EXPECT_THAT(near->p, AgreesWith(0.1349611332007027));
  const auto few = MannWhitney(Sequence(50, [](int i) { return i % 3; }),
                               Sequence(7, [](int i) { return i % 3; }));
  EXPECT_THAT(few->p, AgreesWith(0.8005013854070457));
}

// R: options(digits = 17); wilcox.test((1:60 * 7) %% 23, (1:55 * 5) %% 19 + 6, exact = FALSE)
TEST(MannWhitneyTest, ApproximationWithTiesAgreesWithR) {
  const auto test = MannWhitney(Sequence(60, [](int i) { return (i + 1) * 7 % 23; }),
                                Sequence(55, [](int i) { return (i + 1) * 5 % 19 + 6; }))
                        .value();
  EXPECT_FALSE(test.exact);
  EXPECT_EQ(test.u, 1088);
  EXPECT_THAT(test.p, AgreesWith(0.0016499976964134105));
}

// R: options(digits = 17); wilcox.test(1:300, 250:600, exact = FALSE)
TEST(MannWhitneyTest, ApproximationKeepsTheFarTail) {
  const auto test = MannWhitney(Sequence(300, [](int i) { return i + 1; }),
                                Sequence(351, [](int i) { return i + 250; }))
                        .value();
  EXPECT_EQ(test.u, 1300.5);
  EXPECT_THAT(test.p, AgreesWith(3.1230083664279795e-102));
}

TEST(MannWhitneyTest, ApproximationAtTheCentreIsOne) {
  const Sample sample = Sequence(51, [](int i) { return i; });
  EXPECT_EQ(MannWhitney(sample, sample).value().p, 1);
}

TEST(MannWhitneyTest, CountsWhileBothSidesHaveAtMostFifty) {
  const Sample fifty = Sequence(50, [](int i) { return i; });
  const Sample fifty_one = Sequence(51, [](int i) { return i; });
  EXPECT_TRUE(MannWhitney(fifty, fifty).value().exact);
  EXPECT_FALSE(MannWhitney(fifty_one, SampleOf({1, 2})).value().exact);
  EXPECT_FALSE(MannWhitney(SampleOf({1, 2}), fifty_one).value().exact);
}

TEST(MannWhitneyTest, OneValueASideSaysNothing) {
  EXPECT_EQ(MannWhitney(SampleOf({1}), SampleOf({2})).value().p, 1);
}

TEST(MannWhitneyTest, AllEqualIsNull) {
  EXPECT_FALSE(MannWhitney(SampleOf({2, 2}), SampleOf({2})));
}

TEST(MannWhitneyTest, ExactPIsThatOfEverySplit) {
  ForTiedPairs([](const Sample& a, const Sample& b) {
    const auto test = MannWhitney(a, b).value();
    EXPECT_THAT(test.p, AgreesWith(PermutationP(a, b)));
  });
}

TEST(MannWhitneyTest, SwappedSidesHaveTheSameP) {
  ForTiedPairs([](const Sample& a, const Sample& b) {
    const auto ab = MannWhitney(a, b).value();
    const auto ba = MannWhitney(b, a).value();
    EXPECT_EQ(ab.u + ba.u, static_cast<double>(a.n() * b.n()));
    EXPECT_THAT(ba.p, AgreesWith(ab.p));
  });
}

TEST(MannWhitneyTest, NegatedValuesHaveTheSameP) {
  ForTiedPairs([](const Sample& a, const Sample& b) {
    const auto test = MannWhitney(a, b).value();
    EXPECT_THAT(MannWhitney(Negated(a), Negated(b)).value().p, AgreesWith(test.p));
  });
}

// SciPy: mannwhitneyu(a, b, alternative='less' or 'greater', method='exact'), a and b as in
// MannWhitneyTest.AgreesWithSciPy
TEST(MannWhitneyTest, OneSidedPsAgreeWithSciPy) {
  const auto test = MannWhitney(SampleOf({4.12, 4.08, 4.31, 4.15, 4.10, 4.22, 4.11}),
                                SampleOf({4.09, 4.0, 4.14, 3.9, 4.16, 4.05}))
                        .value();
  EXPECT_THAT(test.p_less, AgreesWith(0.9493006993006994));
  EXPECT_THAT(test.p_greater, AgreesWith(0.06876456876456877));
}

const std::vector<double> kDifferences = {.3, -.1, .52, .2, .41, -.35, .62, .15, .07, .33};

// SciPy: wilcoxon(d, alternative=..., method='exact')
TEST(SignedRankTest, AgreesWithSciPy) {
  const auto test = SignedRank(kDifferences).value();
  EXPECT_TRUE(test.exact);
  EXPECT_EQ(test.w, 46);
  EXPECT_THAT(test.p, AgreesWith(0.064453125));
  EXPECT_THAT(test.p_less, AgreesWith(0.9755859375));
  EXPECT_THAT(test.p_greater, AgreesWith(0.0322265625));
}

// R: options(digits = 17); wilcox.test((1:60 * 37) %% 61 - 20.5, exact = FALSE)
TEST(SignedRankTest, ApproximationWithTiesAgreesWithR) {
  std::vector<double> differences;
  for (int i = 1; i <= 60; ++i) differences.push_back(i * 37 % 61 - 20.5);
  const auto test = SignedRank(differences).value();
  EXPECT_FALSE(test.exact);
  EXPECT_EQ(test.w, 1420);
  EXPECT_THAT(test.p, AgreesWith(2.0386339085503655e-04));
}

TEST(SignedRankTest, LeavesZerosOut) {
  EXPECT_EQ(SignedRank(std::vector<double>{0, 1, 2, 0}).value().p,
            SignedRank(std::vector<double>{1, 2}).value().p);
  EXPECT_FALSE(SignedRank(std::vector<double>{0, 0}));
}

// The share of the sign choices, or relabellings, whose statistic lies as far out: the definition.
template <typename Statistic>
double ChoiceP(std::size_t n, const Statistic& statistic) {
  const double observed = statistic(0u);
  double lower = 0, upper = 0;
  for (unsigned choice = 0; choice < 1u << n; ++choice) {
    const double value = statistic(choice);
    lower += value <= observed + 1e-9;
    upper += value >= observed - 1e-9;
  }
  return std::min(1.0, 2 * std::min(lower, upper) / static_cast<double>(1u << n));
}

double MidRank(const std::vector<double>& values, double x) {
  double below = 0, equal = 0;
  for (const double y : values) {
    below += y < x;
    equal += y == x;
  }
  return below + (equal + 1) / 2;
}

TEST(SignedRankTest, TiesCountEveryChoiceOfSigns) {
  const std::vector<double> d = {1, 2, 2, 3, -1, -2, 4, 5, 5, -3};
  std::vector<double> sizes;
  for (const double x : d) sizes.push_back(std::abs(x));
  const auto w = [&](unsigned flipped) {
    double sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      if ((d[i] > 0) != ((flipped >> i & 1) != 0)) sum += MidRank(sizes, sizes[i]);
    }
    return sum;
  };
  EXPECT_THAT(SignedRank(d).value().p, AgreesWith(ChoiceP(d.size(), w)));
}

TEST(StratifiedRankTest, CountsEveryRelabellingWithinPairs) {
  const std::vector<double> a = {5, 3, 8, 8, 2, 9, 4, 7}, b = {4, 1, 8, 6, 3, 2, 1, 5};
  std::vector<double> pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  const auto rank_sum = [&](unsigned exchanged) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += MidRank(pooled, (exchanged >> i & 1) != 0 ? a[i] : b[i]);
    }
    return sum;
  };
  const auto test = StratifiedRank(a, b).value();
  EXPECT_TRUE(test.exact);
  EXPECT_EQ(test.statistic, rank_sum(0));
  EXPECT_THAT(test.p, AgreesWith(ChoiceP(a.size(), rank_sum)));
}

TEST(StratifiedRankTest, IsNullWhereAllPairsAreTied) {
  EXPECT_FALSE(StratifiedRank(std::vector<double>{1, 2}, std::vector<double>{1, 2}));
}

// R: w <- wilcox.test(d, conf.int = TRUE, exact = TRUE); c(w$estimate, w$conf.int)
TEST(HodgesLehmannTest, OfDifferencesAgreesWithR) {
  const ShiftEstimate shift = HodgesLehmann(SampleOf(kDifferences), 0.05);
  EXPECT_THAT(shift.estimate, AgreesWith(0.24));
  EXPECT_THAT(shift.interval.value().lo, AgreesWith(-0.01));
  EXPECT_THAT(shift.interval.value().hi, AgreesWith(0.41));
}

// R: w <- wilcox.test(b, a, conf.int = TRUE, exact = TRUE); c(w$estimate, w$conf.int), a and b as in
// MannWhitneyTest.AgreesWithSciPy
TEST(HodgesLehmannTest, OfTwoSamplesAgreesWithR) {
  const ShiftEstimate shift = HodgesLehmann(SampleOf({4.12, 4.08, 4.31, 4.15, 4.10, 4.22, 4.11}),
                                            SampleOf({4.09, 4.0, 4.14, 3.9, 4.16, 4.05}), 0.05);
  EXPECT_THAT(shift.estimate, AgreesWith(-0.08));
  EXPECT_THAT(shift.interval.value().lo, AgreesWith(-0.22));
  EXPECT_THAT(shift.interval.value().hi, AgreesWith(0.03));
}

// At n = 5 the most extreme choice of signs has p = 2 / 2^5 > 0.05; with 3 + 3 values it is 0.1.
TEST(HodgesLehmannTest, HasNoIntervalWhereNoPCouldReachAlpha) {
  EXPECT_FALSE(HodgesLehmann(SampleOf({1, 2, 3, 4, 5}), 0.05).interval);
  EXPECT_TRUE(HodgesLehmann(SampleOf({1, 2, 3, 4, 5, 6}), 0.05).interval);
  EXPECT_FALSE(HodgesLehmann(SampleOf({1, 2, 3}), SampleOf({1, 2, 3}), 0.05).interval);
  EXPECT_TRUE(HodgesLehmann(SampleOf({1, 2, 3, 4}), SampleOf({1, 2, 3, 4}), 0.05).interval);
}

// All differences and Walsh averages, sorted, by the definition; sizes on both sides of kMostExact.
TEST(HodgesLehmannTest, EndsAreOrderStatistics) {
  for (const int n : {7, 20, 51, 60}) {
    SCOPED_TRACE(testing::Message() << "n = " << n);
    const Sample a = Sequence(n, [](int i) { return i * 37 % 61 + std::sqrt(i + 0.5); });
    const Sample b = Sequence(n, [](int i) { return i * 23 % 53 + std::cbrt(i + 0.5); });
    std::vector<double> shifts, averages;
    for (const double x : a.values()) {
      for (const double y : b.values()) shifts.push_back(y - x);
    }
    for (std::size_t i = 0; i < a.n(); ++i) {
      for (std::size_t j = i; j < a.n(); ++j) {
        averages.push_back((a.values()[i] + a.values()[j]) / 2);
      }
    }
    for (auto& [all, shift] : {std::pair(&shifts, HodgesLehmann(a, b, 0.05)),
                               std::pair(&averages, HodgesLehmann(a, 0.05))}) {
      std::sort(all->begin(), all->end());
      const std::size_t count = all->size();
      EXPECT_THAT(shift.estimate, AgreesWith(((*all)[(count - 1) / 2] + (*all)[count / 2]) / 2));
      const auto below = static_cast<std::size_t>(
          std::lower_bound(all->begin(), all->end(), shift.interval->lo - 1e-9) - all->begin());
      const auto above = static_cast<std::size_t>(
          all->end() - std::upper_bound(all->begin(), all->end(), shift.interval->hi + 1e-9));
      EXPECT_EQ(below, above);  // as many left out on either side
    }
  }
}

// The interval is the set of shifts that the test does not reject.
TEST(HodgesLehmannTest, IntervalEndsWhereTheTestRejects) {
  const Sample a = Sequence(12, [](int i) { return i * 37 % 61 + 0.01 * i; });
  const Sample b = Sequence(14, [](int i) { return i * 23 % 53 + 0.03 * i; });
  const Interval interval = HodgesLehmann(a, b, 0.05).interval.value();
  const auto p_at = [&](double shift) {
    std::vector<double> moved(b.values().begin(), b.values().end());
    for (double& x : moved) x -= shift;
    return MannWhitney(a, SampleOf(moved)).value().p;
  };
  EXPECT_GT(p_at(interval.lo + 1e-6), 0.05);
  EXPECT_LE(p_at(interval.lo - 1e-6), 0.05);
  EXPECT_GT(p_at(interval.hi - 1e-6), 0.05);
  EXPECT_LE(p_at(interval.hi + 1e-6), 0.05);
}

}  // namespace
}  // namespace podium::report
