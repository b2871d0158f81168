#include "bench/break_even.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace podium::bench {
namespace {

constexpr double kSparsities[] = {50, 70, 90};

double At(const std::vector<double>& ratios) { return BreakEven(kSparsities, ratios); }

TEST(BreakEvenTest, IsInterpolatedInTheLogarithm) {
  EXPECT_DOUBLE_EQ(At({2, 0.5, 0.2}), 60);
  EXPECT_DOUBLE_EQ(At({8, 2, std::pow(2, -3)}), 75);
}

TEST(BreakEvenTest, LastCrossingCounts) { EXPECT_DOUBLE_EQ(At({0.9, 2, 0.5}), 80); }

TEST(BreakEvenTest, ARatioOfOneIsNoGain) { EXPECT_DOUBLE_EQ(At({2, 1, 0.5}), 70); }

TEST(BreakEvenTest, AlwaysOrNeverFaster) {
  EXPECT_DOUBLE_EQ(At({0.9, 0.5, 0.1}), 50);
  EXPECT_DOUBLE_EQ(At({3, 2, 1.1}), 100);
}

TEST(MedianOfTest, FewValuesHaveNoInterval) {
  EXPECT_EQ(MedianOf({3, 1, 2}).median, 2);
  EXPECT_EQ(MedianOf({4, 1, 2, 3}).median, 2.5);
  EXPECT_FALSE(MedianOf({1, 2, 3, 4, 5}).interval);
}

// The rank of the lower end is R's qbinom(0.025, n, 0.5), here from exact rational arithmetic.
TEST(MedianOfTest, IntervalHasTheRanksOfTheBinomial) {
  for (const auto& [n, rank] : {std::pair(6, 1), {20, 6}, {100, 40}, {1001, 470}, {5001, 2431}}) {
    SCOPED_TRACE(n);
    std::vector<double> values(static_cast<std::size_t>(n));
    std::iota(values.rbegin(), values.rend(), 1.0);
    const MedianInterval of = MedianOf(values);
    EXPECT_DOUBLE_EQ(of.median, (n + 1) / 2.0);
    ASSERT_TRUE(of.interval);
    EXPECT_EQ(of.interval->first, rank);
    EXPECT_EQ(of.interval->second, n + 1 - rank);
  }
}

}  // namespace
}  // namespace podium::bench
