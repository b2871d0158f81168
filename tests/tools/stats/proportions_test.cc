#include "tools/stats/proportions.h"

#include <gtest/gtest.h>

namespace podium::report {
namespace {

void ExpectInterval(const Interval& interval, double lo, double hi) {
  EXPECT_NEAR(interval.lo, lo, 5e-5);
  EXPECT_NEAR(interval.hi, hi, 5e-5);
}

// Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
TEST(ScoreInterval, AgreesWithPublishedOnes) {
  ExpectInterval(ScoreInterval({81, 263}, .05), .2553, .3662);
  ExpectInterval(ScoreInterval({15, 148}, .05), .0624, .1605);
}

// Python: from scipy.stats import binomtest  # 1.10.1
// binomtest(k, n).proportion_ci(1 - alpha, method="wilson")
TEST(ScoreInterval, AgreesWithSciPy) {
  struct Case {
    Proportion p;
    double alpha, lo, hi;
  };
  for (const Case& c : {Case{{81, 263}, .05, 0.2552885198782742, 0.36620957698280004},
                        Case{{453, 500}, .01, 0.8668661737390428, 0.934499864652363},
                        Case{{964123, 1000000}, .05, 0.9637566925885026, 0.9644857416064108},
                        Case{{3, 1000000}, .001, 5.530106998902888e-07, 1.627437327115922e-05}}) {
    SCOPED_TRACE(testing::Message() << c.p.count << " of " << c.p.of << ", alpha " << c.alpha);
    const Interval interval = ScoreInterval(c.p, c.alpha);
    EXPECT_NEAR(interval.lo, c.lo, 1e-9);
    EXPECT_NEAR(interval.hi, c.hi, 1e-9);
  }
}

TEST(ScoreInterval, OfNoneAndOfAllHasAnExactEndAndAWidth) {
  ExpectInterval(ScoreInterval({0, 20}, .05), 0, .1611);
  ExpectInterval(ScoreInterval({29, 29}, .05), 1 - .1170, 1);
  EXPECT_EQ(ScoreInterval({0, 20}, .05).lo, 0);
  EXPECT_EQ(ScoreInterval({29, 29}, .05).hi, 1);
}

// The same volume, 873-890, table II, method 10; the first share less the second.
TEST(DifferenceInterval, AgreesWithPublishedOnes) {
  ExpectInterval(DifferenceInterval({48, 80}, {56, 70}, .05), .0524, .3339);
  ExpectInterval(DifferenceInterval({3, 10}, {9, 10}, .05), .1705, .8090);
  ExpectInterval(DifferenceInterval({2, 7}, {6, 7}, .05), .0582, .8062);
}

TEST(DifferenceInterval, OfNoneAndOfAllAgreesWithPublishedOnes) {
  ExpectInterval(DifferenceInterval({0, 29}, {5, 56}, .05), -.0381, .1926);
  ExpectInterval(DifferenceInterval({0, 20}, {0, 10}, .05), -.1611, .2775);
  ExpectInterval(DifferenceInterval({0, 10}, {0, 10}, .05), -.2775, .2775);
  ExpectInterval(DifferenceInterval({0, 20}, {10, 10}, .05), .6791, 1);
  ExpectInterval(DifferenceInterval({0, 10}, {10, 10}, .05), .6075, 1);
}

// Python: p and q as above of 453/500 and 447/500, from math import hypot; d = .894 - .906
// d - hypot(.894 - q.low, p.high - .906), d + hypot(q.high - .894, .906 - p.low)
TEST(DifferenceInterval, AgreesWithSciPysScoreIntervals) {
  const Interval interval = DifferenceInterval({453, 500}, {447, 500}, .01);
  EXPECT_NEAR(interval.lo, -0.06173874614060225, 1e-9);
  EXPECT_NEAR(interval.hi, 0.037581367804999426, 1e-9);
}

TEST(DifferenceInterval, TheOtherWayRoundIsItsMirrorImage) {
  const Interval there = DifferenceInterval({48, 80}, {56, 70}, .05),
                 back = DifferenceInterval({56, 70}, {48, 80}, .05);
  EXPECT_DOUBLE_EQ(back.lo, -there.hi);
  EXPECT_DOUBLE_EQ(back.hi, -there.lo);
}

}  // namespace
}  // namespace podium::report
