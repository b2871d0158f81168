#include "tools/stats/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

// Python, y the values below, m their mean, c0 the sum of (y - m)^2, n = 15:
//   rho = lambda k: ((y[k:] - m) * (y[:n - k] - m)).sum() / c0
//   s = sum((1 - k / n) * rho(k) for k in range(1, 4))   # rho(4) + rho(5) < 0
//   n / (1 + 2 * s)
TEST(EffectiveCount, AgreesWithItsDefinition) {
  const std::vector<double> series = {3, 4, 4, 5, 6, 5, 4, 4, 3, 2, 2, 3, 3, 4, 5.5};
  EXPECT_THAT(EffectiveCount(series).value(), AgreesWith(5.924109447599381));
}

TEST(EffectiveCount, IsAtMostTheCount) {
  const std::vector<double> alternating = {1, 2, 1, 2, 1, 2, 1, 2};
  EXPECT_EQ(EffectiveCount(alternating).value(), 8);
}

TEST(EffectiveCount, NeedsFourValuesWithSpread) {
  EXPECT_FALSE(EffectiveCount(std::vector<double>{1, 2, 3}));
  EXPECT_FALSE(EffectiveCount(std::vector<double>{1, 1, 1, 1}));
}

std::vector<double> Settling() {
  std::vector<double> series = {9, 8, 7.5, 7, 6.5, 5.2, 5.1, 5.3, 5.0, 5.2};
  for (int i = 0; i < 30; ++i) series.push_back(5 + .1 * (i * 7 % 5));
  return series;
}

// NumPy: b = series.reshape(-1, 5).mean(1)
//   5 * np.argmin([((b[d:] - b[d:].mean())**2).sum() / (8 - d)**2 for d in range(5)])
TEST(FindWarmUp, EndsWhereTheMeanIsKnownBest) {
  const WarmUp warm_up = FindWarmUp(Settling()).value();
  EXPECT_EQ(warm_up.values, 10);
  EXPECT_TRUE(warm_up.ends);
}

TEST(FindWarmUp, DoesNotEndInASeriesThatOnlyFalls) {
  std::vector<double> series;
  for (int i = 0; i < 40; ++i) series.push_back(100.0 - i);
  EXPECT_FALSE(FindWarmUp(series).value().ends);
}

// Independent normal values: MSER alone would cut something off half of them.
TEST(FindWarmUp, FindsNoneInNoise) {
  std::mt19937_64 bits(1);
  const auto uniform = [&] { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; };
  for (const int n : {20, 30, 50, 100}) {
    int found = 0;
    for (int series = 0; series < 1000; ++series) {
      std::vector<double> values;
      for (int i = 0; i < n; ++i) {
        values.push_back(std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307 * uniform()));
      }
      found += FindWarmUp(values)->values > 0;
    }
    EXPECT_LE(found, 10) << n;
  }
}

TEST(FindWarmUp, NeedsTwentyValues) {
  EXPECT_FALSE(FindWarmUp(std::vector<double>(19, 1.0)));
  EXPECT_EQ(FindWarmUp(std::vector<double>(20, 1.0)).value().values, 0);
}

// R: y <- c(1.1, 1.3, 1.2, 1.5, 1.4, 1.7, 1.5, 1.8); m <- summary(lm(y ~ seq_along(y)))
//    c(m$coefficients[2, 1] * 7, m$coefficients[2, 4])
TEST(FindDrift, AgreesWithR) {
  const Drift drift =
      FindDrift(std::vector<double>{1.1, 1.3, 1.2, 1.5, 1.4, 1.7, 1.5, 1.8}).value();
  EXPECT_THAT(drift.change, AgreesWith(0.60833333333333395));
  EXPECT_THAT(drift.p, AgreesWith(0.0029072588966332553));
}

TEST(FindDrift, NeedsSpreadAboutTheLine) {
  EXPECT_FALSE(FindDrift(std::vector<double>{1, 2, 3, 4}));
  EXPECT_FALSE(FindDrift(std::vector<double>{1, 2}));
}

// 16 values about 1 and 8 about 2.
std::vector<double> TwoModes() {
  std::vector<double> series;
  for (int i = 0; i < 24; ++i) series.push_back((i % 3 == 0 ? 2 : 1) + .01 * (i * 5 % 7));
  return series;
}

TEST(FindModes, SplitsWhereTheGroupsAreTightest) {
  const Modes modes = FindModes(TwoModes()).value();
  EXPECT_TRUE(modes.bimodal);
  EXPECT_THAT(modes.share, AgreesWith(1.0 / 3));
  EXPECT_NEAR(modes.lower, 1.03, .01);
  EXPECT_NEAR(modes.upper, 2.03, .01);
}

TEST(FindModes, OneValueFarOffIsNoMode) {
  std::vector<double> series;
  for (int i = 0; i < 24; ++i) series.push_back(i == 5 ? 2 : 1 + .01 * (i * 5 % 7));
  EXPECT_FALSE(FindModes(series).value().bimodal);
}

TEST(FindModes, EvenlySpreadValuesHaveOne) {
  std::vector<double> series;
  for (int i = 0; i < 30; ++i) series.push_back(i);
  const Modes modes = FindModes(series).value();
  EXPECT_FALSE(modes.bimodal);
  EXPECT_EQ(modes.lower, 7);
  EXPECT_EQ(modes.upper, 22);
}

TEST(FindModes, NeedsTwentyValuesWithSpread) {
  EXPECT_FALSE(FindModes(std::vector<double>{1, 2}));
  EXPECT_FALSE(FindModes(std::vector<double>(30, 1.0)));
}

// Median 5, MAD 1: the fence lies at 5 +- 3.5 / 0.6745.
TEST(CountMadOutliers, CountsBeyondTheFence) {
  EXPECT_EQ(CountMadOutliers(std::vector<double>{3, 4, 4, 5, 5, 6, 6, 10.1, 10.2}), 1);
}

TEST(CountMadOutliers, IsZeroWhereHalfOfTheValuesAreEqual) {
  EXPECT_EQ(CountMadOutliers(std::vector<double>{1, 1, 1, 1, 9}), 0);
}

}  // namespace
}  // namespace podium::report
