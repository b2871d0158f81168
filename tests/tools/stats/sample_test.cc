#include "tools/stats/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <vector>

#include "tests/tools/stats/agrees_with.h"
#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

using testing::ElementsAre;

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kDenormal = std::numeric_limits<double>::denorm_min();

// R: options(digits = 17); a <- c(4.12, 4.08, 4.31, 4.15, 4.09, 4.22, 4.11, 4.18, 4.75, 4.10)
const std::vector<double> kTimes = {4.12, 4.08, 4.31, 4.15, 4.09, 4.22, 4.11, 4.18, 4.75, 4.10};

// 1, 2, ..., n: an order-statistic interval then shows its ranks.
Sample Ranks(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1.0);
  return SampleOf(values);
}

TEST(SampleTest, RefusesNoValues) { EXPECT_FALSE(Sample::Create({})); }

TEST(SampleTest, RefusesNaN) {
  EXPECT_FALSE(Sample::Create({1, std::numeric_limits<double>::quiet_NaN()}));
}

TEST(SampleTest, RefusesInfinity) {
  EXPECT_FALSE(Sample::Create({1, -std::numeric_limits<double>::infinity()}));
}

TEST(SampleTest, KeepsTheOrderOfMeasurementBesideTheSortedValues) {
  const Sample sample = SampleOf({3, 1, 2});
  EXPECT_THAT(sample.values(), ElementsAre(3, 1, 2));
  EXPECT_THAT(sample.sorted(), ElementsAre(1, 2, 3));
}

// R: c(mean(a), median(a), sd(a), sd(a) / mean(a))
TEST(SampleTest, AgreesWithR) {
  const Sample sample = SampleOf(kTimes);
  EXPECT_THAT(sample.mean(), AgreesWith(4.211000000000000298));
  EXPECT_THAT(sample.median(), AgreesWith(4.134999999999999787));
  EXPECT_THAT(sample.std().value(), AgreesWith(0.202124823919390073));
  EXPECT_THAT(sample.cv().value(), AgreesWith(0.047999245765706494));
}

TEST(SampleTest, MedianOfAnOddCountIsTheMiddleValue) { EXPECT_EQ(SampleOf({9, 1, 4}).median(), 4); }

TEST(SampleTest, OneValueHasNoSpread) {
  const Sample sample = SampleOf({7});
  EXPECT_EQ(sample.mean(), 7);
  EXPECT_EQ(sample.median(), 7);
  EXPECT_FALSE(sample.std());
  EXPECT_FALSE(sample.cv());
}

TEST(SampleTest, ConstantSampleHasExactlyThatMeanAndNoSpread) {
  for (std::size_t n = 2; n < 200; ++n) {
    const Sample sample = SampleOf(std::vector<double>(n, 0.1));
    EXPECT_EQ(sample.mean(), 0.1) << n;
    EXPECT_EQ(sample.std(), 0.0) << n;
  }
}

TEST(SampleTest, NoCvAroundZero) { EXPECT_FALSE(SampleOf({-1, 1}).cv()); }

TEST(SampleTest, MeanSurvivesCancellation) { EXPECT_EQ(SampleOf({1e17, 1, -1e17, 1}).mean(), 0.5); }

TEST(SampleTest, StdLosesNothingToAnOffset) {
  std::vector<double> small = {0.25, 0.5, 1.75, 0.125, 3};
  std::vector<double> offset = small;
  for (double& x : offset) x += 0x1p48;  // exact: 2^48 + 2^-3 has 51 bits
  EXPECT_THAT(SampleOf(offset).std().value(), AgreesWith(SampleOf(small).std().value()));
}

TEST(SampleTest, StdOfNeighboursSurvivesTheRoundingOfTheirMean) {
  const double ulp = 0x1p-52;
  EXPECT_THAT(SampleOf({1, 1 + ulp}).std().value(), AgreesWith(ulp / std::sqrt(2)));
}

TEST(SampleTest, LargestValuesDoNotOverflow) {
  const Sample sample = SampleOf({kLargest, kLargest / 2, kLargest});
  EXPECT_THAT(sample.mean(), AgreesWith(kLargest / 6 * 5));
  EXPECT_THAT(sample.median(), AgreesWith(kLargest));
  EXPECT_THAT(sample.std().value(), AgreesWith(kLargest / std::sqrt(12)));
}

TEST(SampleTest, StdBeyondTheLargestDoubleIsNull) {
  EXPECT_FALSE(SampleOf({-kLargest, kLargest}).std());
}

TEST(SampleTest, CvBeyondTheLargestDoubleIsNull) {
  EXPECT_FALSE(SampleOf({1e300, -1e300, 1e-10}).cv());
}

TEST(SampleTest, DenormalsKeepTheirSpread) {
  const Sample sample = SampleOf({4 * kDenormal, 8 * kDenormal, 12 * kDenormal});
  EXPECT_EQ(sample.mean(), 8 * kDenormal);
  EXPECT_EQ(sample.std(), 4 * kDenormal);
}

TEST(MeanDeviationTest, KeepsTheDigitsThatTheMeanSharesWithThePivot) {
  // The mean, 2^52 + 0.75, is not a double.
  EXPECT_EQ(MeanDeviation(SampleOf({0x1p52, 0x1p52 + 1, 0x1p52 + 1, 0x1p52 + 1}), 0x1p52), 0.75);
}

// R: t.test(a)$conf.int; t.test(a, conf.level = .999)$conf.int
TEST(MeanIntervalTest, AgreesWithR) {
  const Interval at_95 = MeanInterval(SampleOf(kTimes), 0.05).value();
  EXPECT_THAT(at_95.lo, AgreesWith(4.0664086113411599));
  EXPECT_THAT(at_95.hi, AgreesWith(4.3555913886588398));
  const Interval at_999 = MeanInterval(SampleOf(kTimes), 0.001).value();
  EXPECT_THAT(at_999.lo, AgreesWith(3.9054161081181311));
  EXPECT_THAT(at_999.hi, AgreesWith(4.5165838918818686));
}

// R: t.test(a[1:2])$conf.int
TEST(MeanIntervalTest, TwoValuesAgreeWithR) {
  const Interval interval = MeanInterval(SampleOf({4.12, 4.08}), 0.05).value();
  EXPECT_THAT(interval.lo, AgreesWith(3.8458759052765057));
  EXPECT_THAT(interval.hi, AgreesWith(4.3541240947234936));
}

TEST(MeanIntervalTest, OneValueHasNone) { EXPECT_FALSE(MeanInterval(SampleOf({7}), 0.05)); }

TEST(MeanIntervalTest, ConstantSampleHasWidthZero) {
  EXPECT_EQ(MeanInterval(SampleOf({0.1, 0.1, 0.1}), 0.05), (Interval{0.1, 0.1}));
}

// R: quantile(a, c(.25, .5, .9, .99), type = 7)
TEST(QuantileTest, AgreesWithR) {
  const Sample sample = SampleOf(kTimes);
  EXPECT_THAT(Quantile(sample, 0.25), AgreesWith(4.1025));
  EXPECT_THAT(Quantile(sample, 0.5), AgreesWith(4.135));
  EXPECT_THAT(Quantile(sample, 0.9), AgreesWith(4.354));
  EXPECT_THAT(Quantile(sample, 0.99), AgreesWith(4.7104));
}

TEST(QuantileTest, EndsAreTheExtremes) {
  EXPECT_EQ(Quantile(SampleOf(kTimes), 0), 4.08);
  EXPECT_EQ(Quantile(SampleOf(kTimes), 1), 4.75);
}

TEST(QuantileTest, OneValueIsEveryQuantile) { EXPECT_EQ(Quantile(SampleOf({7}), 0.99), 7); }

// R: ci <- function(n, q, alpha) {
//      g <- subset(expand.grid(l = 1:n, u = 1:n), l < u)
//      g$lo <- pbinom(g$l - 1, n, q); g$hi <- pbinom(g$u - 1, n, q, lower.tail = FALSE)
//      g <- subset(g, lo + hi <= alpha * (1 + 1e-12))
//      g[order(g$u - g$l, round(abs(g$lo - g$hi), 12), g$l), ][1, 1:2] }
//    ci(5, .5, .0625); ...; ci(500, .001, .7)
TEST(QuantileIntervalTest, AgreesWithR) {
  struct Row {
    std::size_t n;
    double q, alpha, l, u;
  };
  for (const Row& row :
       {Row{5, 0.5, 0.0625, 1, 5}, Row{6, 0.5, 0.05, 1, 6}, Row{9, 0.5, 0.05, 2, 8},
        Row{10, 0.5, 0.05, 2, 9}, Row{10, 0.5, 0.07, 2, 8}, Row{20, 0.5, 0.05, 6, 15},
        Row{40, 0.5, 1e-9, 2, 38}, Row{101, 0.5, 0.01, 38, 64}, Row{50, 0.25, 0.1, 8, 19},
        Row{60, 0.1, 0.05, 2, 11}, Row{30, 0.9, 0.05, 22, 30}, Row{60, 0.9, 0.05, 50, 59},
        Row{299, 0.99, 0.05, 289, 299}, Row{1000, 0.99, 0.05, 983, 996},
        Row{500, 0.001, 0.7, 1, 2}}) {
    SCOPED_TRACE(testing::Message() << "n=" << row.n << " q=" << row.q << " alpha=" << row.alpha);
    EXPECT_EQ(QuantileInterval(Ranks(row.n), row.q, row.alpha), (Interval{row.l, row.u}));
  }
}

TEST(QuantileIntervalTest, IsTheNarrowestThatCovers) {
  for (const double q : {0.05, 0.3, 0.5, 0.9}) {
    for (std::size_t n = MinimumCountForQuantile(q, 0.1); n < 70; n += 3) {
      SCOPED_TRACE(testing::Message() << "n=" << n << " q=" << q);
      const auto outside = [&](std::size_t l, std::size_t u) {
        return BinomialBelow(n, q, l) + BinomialAtLeast(n, q, u);
      };
      const Interval ranks = QuantileInterval(Ranks(n), q, 0.1).value();
      const auto width = static_cast<std::size_t>(ranks.hi - ranks.lo);
      EXPECT_LE(outside(static_cast<std::size_t>(ranks.lo), static_cast<std::size_t>(ranks.hi)),
                0.1);
      for (std::size_t l = 1; l + width - 1 <= n; ++l) EXPECT_GT(outside(l, l + width - 1), 0.1);
    }
  }
}

TEST(QuantileIntervalTest, CoverageOfExactlyTheConfidenceIsEnough) {
  for (std::size_t n = 3; n < 30; ++n) {
    const double alpha = std::ldexp(2.0, -static_cast<int>(n));
    EXPECT_EQ(MinimumCountForQuantile(0.5, alpha), n);
    EXPECT_EQ(QuantileInterval(Ranks(n), 0.5, alpha), (Interval{1, static_cast<double>(n)}));
  }
}

TEST(QuantileIntervalTest, AMillionValuesCoverTightly) {
  constexpr std::size_t kCount = 1'000'000;
  const Interval ranks = QuantileInterval(Ranks(kCount), 0.99, 0.05).value();
  const auto l = static_cast<std::size_t>(ranks.lo);
  const auto u = static_cast<std::size_t>(ranks.hi);
  EXPECT_LE(BinomialBelow(kCount, 0.99, l) + BinomialAtLeast(kCount, 0.99, u), 0.05);
  EXPECT_GT(BinomialBelow(kCount, 0.99, l) + BinomialAtLeast(kCount, 0.99, u - 1), 0.05);
  EXPECT_GT(BinomialBelow(kCount, 0.99, l + 1) + BinomialAtLeast(kCount, 0.99, u), 0.05);
}

TEST(QuantileIntervalTest, IsNullBelowTheMinimumCount) {
  for (const double q : {0.5, 0.9, 0.99}) {
    const std::size_t n = MinimumCountForQuantile(q, 0.05);
    EXPECT_FALSE(QuantileInterval(Ranks(n - 1), q, 0.05)) << q;
    EXPECT_TRUE(QuantileInterval(Ranks(n), q, 0.05)) << q;
  }
}

TEST(QuantileIntervalTest, OneValueHasNone) {
  EXPECT_FALSE(QuantileInterval(SampleOf({7}), 0.5, 0.9));
}

// R: m <- function(q, alpha) {
//      n <- 2; while (q^n + (1 - q)^n > alpha * (1 + 1e-12)) n <- n + 1; n }
//    m(.5, .05); ...; m(.5, 1e-9)
TEST(MinimumCountForQuantileTest, AgreesWithR) {
  using Row = std::tuple<double, double, std::size_t>;
  for (const auto& [q, alpha, n] :
       {Row(0.5, 0.05, 6), Row(0.5, 0.0625, 5), Row(0.9, 0.05, 29), Row(0.99, 0.05, 299),
        Row(0.999, 0.05, 2995), Row(0.01, 0.01, 459), Row(0.5, 0.9, 2), Row(0.5, 1e-9, 31)}) {
    EXPECT_EQ(MinimumCountForQuantile(q, alpha), n) << "q=" << q << " alpha=" << alpha;
  }
}

TEST(MinimumCountForQuantileTest, SaturatesForAQuantileNoSampleReaches) {
  EXPECT_EQ(MinimumCountForQuantile(1e-300, 0.05), std::numeric_limits<std::size_t>::max());
}

// R: x <- c(1, 2, 3, 4, 5, 6, 7, 8, 100, -40, 14.6, 22); q <- quantile(x, c(.25, .75))
//    sapply(c(1.5, 3), function(k) sum(x < q[1] - k * diff(q) | x > q[2] + k * diff(q)))
TEST(CountOutliersTest, AgreesWithR) {
  const OutlierCount count = CountOutliers(SampleOf({1, 2, 3, 4, 5, 6, 7, 8, 100, -40, 14.6, 22}));
  EXPECT_EQ(count.mild, 3u);
  EXPECT_EQ(count.extreme, 2u);
}

TEST(CountOutliersTest, AValueOnTheFenceIsInside) {
  // Quartiles 1 and 2, fences at -0.5 and 3.5.
  EXPECT_EQ(CountOutliers(SampleOf({1, 1, 2, 2, 3.5})).mild, 0u);
}

TEST(CountOutliersTest, AConstantSampleHasNone) {
  EXPECT_EQ(CountOutliers(SampleOf({5, 5, 5, 5})).mild, 0u);
}

}  // namespace
}  // namespace podium::report
