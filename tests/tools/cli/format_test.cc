#include "tools/render/format.h"

#include "gtest/gtest.h"

namespace podium::report {
namespace {

TEST(Decimals, FollowTheWidthOfTheInterval) {
  EXPECT_EQ(Decimals({4.0, 4.2}), 1);
  EXPECT_EQ(Decimals({4.02, 4.15}), 2);
  EXPECT_EQ(Decimals({40, 52}), 0);
}

TEST(Decimals, StopAtFourSignificantDigits) {
  EXPECT_EQ(Decimals({4.000001, 4.000002}), 3);
  EXPECT_EQ(Decimals({123.4001, 123.4002}), 1);
}

TEST(Decimals, AreNotCutByAWidthThatRoundsUp) { EXPECT_EQ(Decimals({0.99, 1.0099}), 2); }

TEST(Decimals, KeepTwoDigitsOfTheLowerEnd) {
  EXPECT_EQ(FormatInterval({1.6, 52}, Decimals({1.6, 52})), "[1.6, 52.0]");
}

TEST(FormatInterval, RoundsOutward) {
  EXPECT_EQ(FormatInterval({1.2649, 1.2701}, 2), "[1.26, 1.28]");
  EXPECT_EQ(FormatInterval({1.2651, 1.2701}, 2), "[1.26, 1.28]");
}

TEST(FormatInterval, KeepsAnEndThatNeedsNoRounding) {
  EXPECT_EQ(FormatInterval({0.29, 1.15}, 2), "[0.29, 1.15]");
}

TEST(FormatInterval, IsScientificForLargeRatios) {
  EXPECT_EQ(FormatInterval({1234567, 7654321}, 0), "[1.234e+06, 7.655e+06]");
}

TEST(FormatDelta, AlwaysHasASign) {
  EXPECT_EQ(FormatDelta(0.01, std::nullopt), "+0.0100");
  EXPECT_EQ(FormatDelta(-0.01, std::nullopt), "-0.0100");
}

TEST(FormatDelta, RoundsItsIntervalOutward) {
  EXPECT_EQ(FormatDelta(-0.004, Interval{-0.01811, 0.01021}), "-0.0040 [-0.0182, +0.0103]");
  EXPECT_EQ(FormatDelta(0.02, Interval{0.00019, 0.03991}), "+0.0200 [+0.0001, +0.0400]");
}

TEST(FormatDown, NeverReachesOneFromBelow) {
  EXPECT_EQ(FormatDown(0.9996, 3), "0.999");
  EXPECT_EQ(FormatDown(1, 3), "1.000");
}

TEST(FormatRatio, ShowsASmallDifference) {
  EXPECT_EQ(FormatRatio(1.04), "1.04");
  EXPECT_EQ(FormatRatio(4), "4.0");
}

TEST(FormatP, HasAFloor) {
  EXPECT_EQ(FormatP(1e-12), "p < 0.001");
  EXPECT_EQ(FormatP(0.0234), "p = 0.023");
}

TEST(FormatSeconds, ChoosesTheUnit) {
  EXPECT_EQ(FormatSeconds(1.5), "1.50 s");
  EXPECT_EQ(FormatSeconds(8.2e-3), "8.20 ms");
  EXPECT_EQ(FormatSeconds(31.24e-6), "31.2 us");
  EXPECT_EQ(FormatSeconds(703e-9), "703 ns");
  EXPECT_EQ(FormatSeconds(-13.6e-6), "-13.6 us");  // an interval may end below 0
}

TEST(FormatPercent, KeepsWhatMatters) {
  EXPECT_EQ(FormatPercent(0.95), "95%");
  EXPECT_EQ(FormatPercent(0.999), "99.9%");
}

}  // namespace
}  // namespace podium::report
