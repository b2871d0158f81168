#include "tools/stats/stopping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

// Python: x = np.array([.011, .004, -.002, .015, .007, .009, .001, .012]); n = 8; a = 1 + 2 * n
//   log_factor = lambda t: -.5 * log(a) + n / 2 * (log1p(t * t / 7) - log1p(t * t / 7 / a))
//   t = scipy.optimize.brentq(lambda t: log_factor(t) - log(20), 0, 100, xtol=1e-15)
//   x.mean() - t * x.std(ddof=1) / n**.5, x.mean() + t * x.std(ddof=1) / n**.5
TEST(AnytimeMeanInterval, IsWhereTheBayesFactorReachesOneOverAlpha) {
  const Interval interval =
      AnytimeMeanInterval(SampleOf({.011, .004, -.002, .015, .007, .009, .001, .012}), 0.05)
          .value();
  EXPECT_THAT(interval.lo, AgreesWith(-0.0013514238644113264));
  EXPECT_THAT(interval.hi, AgreesWith(0.015601423864411325));
}

TEST(AnytimeMeanInterval, NeedsFiveValues) {
  EXPECT_FALSE(AnytimeMeanInterval(SampleOf({1, 2, 3, 4}), 0.05));
  EXPECT_TRUE(AnytimeMeanInterval(SampleOf({1, 2, 3, 4, 5}), 0.05));
}

TEST(AnytimeMeanInterval, IsNullWhereNoBoundExistsYet) {
  EXPECT_FALSE(AnytimeMeanInterval(SampleOf({1, 2, 3, 4, 5}), 1e-4));
}

// Looking after each of 200 rounds, of which a plain 95 % interval misses zero in over 40 % of runs.
TEST(AnytimeMeanInterval, MissesInAtMostAlphaOfRunsThatLookAfterEveryRound) {
  std::mt19937 random(1);
  const auto normal = [&] {  // a sum of 12 uniforms; a standard distribution differs by library
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random()) * 0x1p-32;
    return sum;
  };
  constexpr int kRuns = 400;
  int missed = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> values;
    bool misses = false;
    for (int round = 1; round <= 200; ++round) {
      values.push_back(normal());
      if (const auto interval = AnytimeMeanInterval(SampleOf(values), 0.05)) {
        misses = misses || interval->lo > 0 || interval->hi < 0;
      }
    }
    missed += misses;
  }
  EXPECT_LE(missed, kRuns * 0.05);
}

TEST(IsTightEnough, ComparesTheHalfWidthWithTheTarget) {
  const Sample values = SampleOf({.011, .004, -.002, .015, .007, .009, .001, .012});
  EXPECT_TRUE(IsTightEnough(values, 0.0085, 0.05));
  EXPECT_FALSE(IsTightEnough(values, 0.0084, 0.05));
}

TEST(IsTightEnough, IsFalseWithoutAnInterval) {
  EXPECT_FALSE(IsTightEnough(SampleOf({1, 1}), 1, 0.05));
}

}  // namespace
}  // namespace podium::report
