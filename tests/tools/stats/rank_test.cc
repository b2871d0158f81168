#include "tools/stats/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
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

}  // namespace
}  // namespace podium::report
