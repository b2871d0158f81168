#include "tools/stats/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

constexpr double kDenormal = std::numeric_limits<double>::denorm_min();

// R: options(digits = 17); a <- c(4.12, 4.08, 4.31, 4.15, 4.09, 4.22, 4.11, 4.18, 4.75, 4.10)
//    b <- c(1.02, 1.00, 1.07, 1.01, 0.99, 1.04, 1.33, 1.03)
Sample A() { return SampleOf({4.12, 4.08, 4.31, 4.15, 4.09, 4.22, 4.11, 4.18, 4.75, 4.10}); }
Sample B() { return SampleOf({1.02, 1.00, 1.07, 1.01, 0.99, 1.04, 1.33, 1.03}); }

Sample Times(const Sample& sample, double factor) {
  std::vector<double> values(sample.values().begin(), sample.values().end());
  for (double& x : values) x *= factor;
  return SampleOf(values);
}

Sample Plus(double offset, std::vector<double> values) {
  for (double& x : values) x += offset;
  return SampleOf(values);
}

Sample LastDigits(std::vector<double> k) { return Times(Plus(0x1p52, k), 0x1p-52); }

// Calls `check(a, b)` with pairs of samples of 2 to 12 values in [1, 2), the same in every run.
template <typename Check>
void ForRandomPairs(Check check) {
  std::mt19937 random;
  const auto draw = [&] {  // a standard distribution would differ between libraries
    std::vector<double> values(2 + random() % 11);
    for (double& x : values) x = 1 + static_cast<double>(random()) * 0x1p-32;
    return SampleOf(values);
  };
  for (int pair = 0; pair < 200; ++pair) {
    SCOPED_TRACE(testing::Message() << "pair " << pair);
    const Sample a = draw();
    const Sample b = draw();
    check(a, b);
  }
}

// R: w <- t.test(b, a); c(mean(b) - mean(a), w$statistic, w$parameter, w$p.value, w$conf.int)
TEST(WelchTest, AgreesWithR) {
  const auto welch = Welch(A(), B(), 0.05).value();
  EXPECT_THAT(welch.difference, AgreesWith(-3.14975));
  EXPECT_THAT(welch.t, AgreesWith(-4.1951915928241000e+01));
  EXPECT_THAT(welch.df, AgreesWith(1.4453775332859275e+01));
  EXPECT_THAT(welch.p, AgreesWith(1.6538537994527714e-16));
  EXPECT_THAT(welch.interval.lo, AgreesWith(-3.3103075888494553));
  EXPECT_THAT(welch.interval.hi, AgreesWith(-2.9891924111505448));
}

// R: w <- t.test(c(5, 9), c(1, 2)); c(w$statistic, w$parameter, w$p.value, w$conf.int)
TEST(WelchTest, TwoValuesASideAgreeWithR) {
  const auto welch = Welch(SampleOf({1, 2}), SampleOf({5, 9}), 0.05).value();
  EXPECT_THAT(welch.t, AgreesWith(2.66789187539966255));
  EXPECT_THAT(welch.df, AgreesWith(1.12451361867704280));
  EXPECT_THAT(welch.p, AgreesWith(0.20544915073088874));
  EXPECT_THAT(welch.interval.lo, AgreesWith(-14.74337890698875242));
  EXPECT_THAT(welch.interval.hi, AgreesWith(25.74337890698875242));
}

// R: w <- t.test(2 + (0:19 %% 7) / 1024, 1 + 0:19 / 1024); c(w$statistic, w$parameter, w$p.value)
TEST(WelchTest, FarTailAgreesWithR) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(1 + i / 1024.0);
    b.push_back(2 + i % 7 / 1024.0);
  }
  const auto welch = Welch(SampleOf(a), SampleOf(b), 0.05).value();
  EXPECT_THAT(welch.t, AgreesWith(7.2925332345914956e+02));
  EXPECT_THAT(welch.df, AgreesWith(2.3207126558221624e+01));
  EXPECT_THAT(welch.p, AgreesWith(4.1795875452810475e-52));
}

TEST(WelchTest, NeedsTwoValuesASide) {
  EXPECT_FALSE(Welch(SampleOf({1}), B(), 0.05));
  EXPECT_FALSE(Welch(A(), SampleOf({1}), 0.05));
}

TEST(WelchTest, NeedsSpread) { EXPECT_FALSE(Welch(SampleOf({2, 2, 2}), SampleOf({1, 1}), 0.05)); }

TEST(WelchTest, OneConstantSideHasTheOthersDegreesOfFreedom) {
  EXPECT_EQ(Welch(SampleOf({1, 2, 4, 5}), SampleOf({9, 9}), 0.05).value().df, 3);
}

TEST(WelchTest, AnOffsetOfBothSidesChangesNothing) {
  const std::vector<double> a = {0.25, 0.5, 1.75, 0.125,
                                 2.5};  // 2^48 + 1.025, the mean, is no double
  const std::vector<double> b = {0.375, 0.875, 2.5, 2};
  const auto welch = Welch(SampleOf(a), SampleOf(b), 0.05).value();
  const auto offset = Welch(Plus(0x1p48, a), Plus(0x1p48, b), 0.05).value();  // exact sums
  EXPECT_THAT(offset.difference, AgreesWith(welch.difference));
  EXPECT_THAT(offset.t, AgreesWith(welch.t));
  EXPECT_THAT(offset.p, AgreesWith(welch.p));
}

TEST(WelchTest, ScaleDoesNotOverflowOrVanish) {
  const auto welch = Welch(A(), B(), 0.05).value();
  for (const double scale : {0x1p-1000, 0x1p1000}) {
    const auto scaled = Welch(Times(A(), scale), Times(B(), scale), 0.05).value();
    EXPECT_THAT(scaled.t, AgreesWith(welch.t)) << scale;
    EXPECT_THAT(scaled.df, AgreesWith(welch.df)) << scale;
  }
}

TEST(WelchTest, IsNullWhereTExceedsTheLargestDouble) {
  EXPECT_FALSE(Welch(SampleOf({0, kDenormal}), SampleOf({1e300, 1e300}), 0.05));
}

TEST(WelchTest, IsSymmetric) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto ab = Welch(a, b, 0.05).value();
    const auto ba = Welch(b, a, 0.05).value();
    EXPECT_EQ(ab.difference, -ba.difference);
    EXPECT_EQ(ab.p, ba.p);
    EXPECT_EQ(ab.interval, (Interval{-ba.interval.hi, -ba.interval.lo}));
  });
}

TEST(WelchTest, IntervalExcludesZeroWhereTheTestIsSignificant) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const double p = Welch(a, b, 0.05).value().p;
    const Interval just_above = Welch(a, b, p * 1.0001).value().interval;
    const Interval just_below = Welch(a, b, p * 0.9999).value().interval;
    EXPECT_TRUE(just_above.lo > 0 || just_above.hi < 0);
    EXPECT_TRUE(just_below.lo < 0 && just_below.hi > 0);
  });
}

// R: t.test(c(1.02, .98, 1.01, 1.00, .97), c(.97, .99, .96, .95, .94), paired = TRUE)
TEST(PairedTTest, AgreesWithR) {
  const auto test =
      PairedT(SampleOf({1.02 - .97, .98 - .99, 1.01 - .96, 1.00 - .95, .97 - .94}), 0.05).value();
  EXPECT_THAT(test.difference, AgreesWith(0.034));
  EXPECT_THAT(test.t, AgreesWith(2.91547594742265));
  EXPECT_EQ(test.df, 4);
  EXPECT_THAT(test.p, AgreesWith(0.043439494856703));
  EXPECT_THAT(test.interval.lo, AgreesWith(0.0016213643058259368));
  EXPECT_THAT(test.interval.hi, AgreesWith(0.0663786356941741262));
}

TEST(PairedTTest, NeedsTwoDifferencesWithSpread) {
  EXPECT_FALSE(PairedT(SampleOf({1}), 0.05));
  EXPECT_FALSE(PairedT(SampleOf({1, 1}), 0.05));
}

TEST(WelchTest, OfSummariesIsThatOfTheSamples) {
  const auto summary = [](const Sample& sample) {
    return Summary{sample.mean(), *sample.std(), sample.n()};
  };
  const auto welch = Welch(A(), B(), 0.05).value();
  const auto of_summaries = Welch(summary(A()), summary(B()), 0.05).value();
  EXPECT_THAT(of_summaries.t, AgreesWith(welch.t));
  EXPECT_THAT(of_summaries.df, AgreesWith(welch.df));
  EXPECT_THAT(of_summaries.p, AgreesWith(welch.p));
}

// R: w <- t.test(log(b), log(a))
//    c(exp(mean(log(a)) - mean(log(b))), w$statistic, w$parameter, w$p.value,
//    exp(-w$conf.int[2:1]))
TEST(WelchLogRatioTest, AgreesWithR) {
  const auto test = WelchLogRatio(A(), B(), 0.05).value();
  EXPECT_THAT(test.ratio, AgreesWith(3.9811044048299529));
  EXPECT_THAT(test.t, AgreesWith(-3.7416776121951727e+01));
  EXPECT_THAT(test.df, AgreesWith(9.5412149488408744));
  EXPECT_THAT(test.p, AgreesWith(1.1278892865181399e-11));
  EXPECT_THAT(test.interval.lo, AgreesWith(3.6647097581922528));
  EXPECT_THAT(test.interval.hi, AgreesWith(4.3248151498836913));
}

// ln(1 + k * 2^-52) is k * 2^-52 to 16 digits, so the test is that of the k.
// R: w <- t.test(c(9, 13, 10), c(1, 2, 4)); c(w$statistic, w$parameter, w$p.value)
TEST(WelchLogRatioTest, KeepsDifferencesInTheLastDigits) {
  const auto test = WelchLogRatio(LastDigits({1, 2, 4}), LastDigits({9, 13, 10}), 0.05).value();
  EXPECT_THAT(test.t, AgreesWith(5.5901699437494736245));
  EXPECT_THAT(test.df, AgreesWith(3.6697247706422015945));
  EXPECT_THAT(test.p, AgreesWith(0.0064639311504729006));
}

TEST(WelchLogRatioTest, NeedsPositiveValues) {
  EXPECT_FALSE(WelchLogRatio(SampleOf({0, 1}), SampleOf({1, 2}), 0.05));
  EXPECT_FALSE(WelchLogRatio(SampleOf({1, 2}), SampleOf({-1, 2}), 0.05));
}

TEST(WelchLogRatioTest, NeedsTwoValuesASide) {
  EXPECT_FALSE(WelchLogRatio(SampleOf({1}), SampleOf({1, 2}), 0.05));
}

// R: t.test(c(9, 13, 10), c(1, 2, 4))$parameter
TEST(WelchLogRatioTest, SpreadInTheLastDigitsSurvivesSidesFarApart) {
  const Sample a = Times(LastDigits({1, 2, 4}), 1024);
  const auto test = WelchLogRatio(a, LastDigits({9, 13, 10}), 0.05).value();
  EXPECT_THAT(test.ratio, AgreesWith(1024));
  EXPECT_THAT(test.df, AgreesWith(3.6697247706422015945));
}

TEST(WelchLogRatioTest, IsNullWhereADoubleCannotHoldTheRatio) {
  const Sample large = SampleOf({1e300, 2e300});
  const Sample small = SampleOf({1e-300, 2e-300});
  EXPECT_FALSE(WelchLogRatio(large, small, 0.05));
  EXPECT_FALSE(WelchLogRatio(small, large, 0.05));
}

TEST(WelchLogRatioTest, ScaleDoesNotOverflow) {
  const auto test = WelchLogRatio(A(), B(), 0.05).value();
  const auto apart = WelchLogRatio(Times(A(), 0x1p900), B(), 0.05).value();
  EXPECT_THAT(apart.df, AgreesWith(test.df));
  EXPECT_THAT(apart.ratio, AgreesWith(test.ratio * 0x1p900));
}

TEST(WelchLogRatioTest, IsInvertedByASwap) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto ab = WelchLogRatio(a, b, 0.05).value();
    const auto ba = WelchLogRatio(b, a, 0.05).value();
    EXPECT_EQ(ab.p, ba.p);
    EXPECT_THAT(ab.ratio, AgreesWith(1 / ba.ratio));
    EXPECT_THAT(ab.interval.lo, AgreesWith(1 / ba.interval.hi));
    EXPECT_THAT(ab.interval.hi, AgreesWith(1 / ba.interval.lo));
  });
}

TEST(WelchLogRatioTest, DoesNotDependOnTheUnit) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto seconds = WelchLogRatio(a, b, 0.05).value();
    const auto nanoseconds = WelchLogRatio(Times(a, 1e9), Times(b, 1e9), 0.05).value();
    EXPECT_THAT(nanoseconds.ratio, AgreesWith(seconds.ratio));
    EXPECT_THAT(nanoseconds.p, AgreesWith(seconds.p));
    EXPECT_THAT(nanoseconds.interval.lo, AgreesWith(seconds.interval.lo));
  });
}

TEST(WelchLogRatioTest, IntervalContainsTheRatio) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto test = WelchLogRatio(a, b, 0.5).value();
    EXPECT_LE(test.interval.lo, test.ratio);
    EXPECT_GE(test.interval.hi, test.ratio);
  });
}

// R: fieller <- function(a, b) {
//      A <- mean(a); B <- mean(b); V <- var(a) / length(a); W <- var(b) / length(b); r <- A / B
//      df <- (V + r^2 * W)^2 / (V^2 / (length(a) - 1) + r^4 * W^2 / (length(b) - 1))
//      t <- qt(.975, df)
//      c(r, t^2 * W / B^2, sort(Re(polyroot(c(A^2 - t^2 * V, -2 * A * B, B^2 - t^2 * W))))) }
//    fieller(a, b)
TEST(FiellerTest, AgreesWithR) {
  const auto fieller = Fieller(A(), B(), 0.05).value();
  EXPECT_THAT(fieller.ratio, AgreesWith(3.9679623085983513));
  EXPECT_THAT(fieller.g, AgreesWith(0.0069735010168717956));
  EXPECT_THAT(fieller.interval.value().lo, AgreesWith(3.6355018995101593));
  EXPECT_THAT(fieller.interval.value().hi, AgreesWith(4.3561525279630136));
}

// R: fieller(c(5, 9), c(10, 12))
TEST(FiellerTest, WideButBoundedAgreesWithR) {
  const auto fieller = Fieller(SampleOf({5, 9}), SampleOf({10, 12}), 0.05).value();
  EXPECT_THAT(fieller.ratio, AgreesWith(0.63636363636363635));
  EXPECT_THAT(fieller.g, AgreesWith(0.61738036848585665));
  EXPECT_THAT(fieller.interval.value().lo, AgreesWith(-1.1937484875579851));
  EXPECT_THAT(fieller.interval.value().hi, AgreesWith(4.5200996935604065));
}

// R: fieller(c(-1, 2, .5), c(3, 4, 5))
TEST(FiellerTest, NumeratorAroundZeroAgreesWithR) {
  const auto fieller = Fieller(SampleOf({-1, 2, 0.5}), SampleOf({3, 4, 5}), 0.05).value();
  EXPECT_THAT(fieller.interval.value().lo, AgreesWith(-0.96988567167606266));
  EXPECT_THAT(fieller.interval.value().hi, AgreesWith(1.37034157787875621));
}

// R: fieller(c(5, 9), c(1, 2))[1:2]
TEST(FiellerTest, IsUnboundedWhereTheDenominatorMayBeZero) {
  const auto fieller = Fieller(SampleOf({5, 9}), SampleOf({1, 2}), 0.05).value();
  EXPECT_THAT(fieller.ratio, AgreesWith(4.6666666666666670));
  EXPECT_THAT(fieller.g, AgreesWith(2.1516510569192131));
  EXPECT_FALSE(fieller.interval);
}

TEST(FiellerTest, HasNoRatioToAMeanOfZero) {
  EXPECT_FALSE(Fieller(SampleOf({1, 2}), SampleOf({-1, 1}), 0.05));
}

TEST(FiellerTest, IsNullWhereTheRatioExceedsTheLargestDouble) {
  EXPECT_FALSE(Fieller(SampleOf({1e300, 2e300}), SampleOf({1e-300, 1e-300}), 0.05));
}

TEST(FiellerTest, IsNullWhereGExceedsTheLargestDouble) {
  EXPECT_FALSE(Fieller(SampleOf({0, 1e-300}), SampleOf({1e200, -1e200, 1e-100}), 0.05));
}

TEST(FiellerTest, NeedsTwoValuesASide) {
  EXPECT_FALSE(Fieller(SampleOf({1}), B(), 0.05));
  EXPECT_FALSE(Fieller(A(), SampleOf({1}), 0.05));
}

TEST(FiellerTest, NeedsSpread) { EXPECT_FALSE(Fieller(SampleOf({2, 2}), SampleOf({1, 1}), 0.05)); }

TEST(FiellerTest, ConstantDenominatorOnlyScalesTheInterval) {
  const auto fieller = Fieller(A(), SampleOf({-2, -2}), 0.05).value();
  const Interval of_a = MeanInterval(A(), 0.05).value();
  EXPECT_EQ(fieller.g, 0);
  EXPECT_THAT(fieller.interval.value().lo, AgreesWith(-of_a.hi / 2));
  EXPECT_THAT(fieller.interval.value().hi, AgreesWith(-of_a.lo / 2));
}

TEST(FiellerTest, IsInvertedByASwap) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto ab = Fieller(a, b, 0.5).value();
    const auto ba = Fieller(b, a, 0.5).value();
    EXPECT_THAT(ab.ratio, AgreesWith(1 / ba.ratio));
    EXPECT_THAT(ab.interval.value().lo, AgreesWith(1 / ba.interval.value().hi));
    EXPECT_THAT(ab.interval.value().hi, AgreesWith(1 / ba.interval.value().lo));
  });
}

TEST(FiellerTest, IntervalContainsTheRatio) {
  ForRandomPairs([](const Sample& a, const Sample& b) {
    const auto fieller = Fieller(a, b, 0.5).value();
    EXPECT_LE(fieller.interval.value().lo, fieller.ratio);
    EXPECT_GE(fieller.interval.value().hi, fieller.ratio);
  });
}

}  // namespace
}  // namespace podium::report
