#include "tools/stats/hierarchy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

const ByProcess kUnequal = {{1.0, 1.2, 1.1}, {1.5, 1.4}, {.9, 1.0, .8, 1.1}};

// R: y <- c(1.0, 1.2, 1.1, 1.5, 1.4, .9, 1.0, .8, 1.1); p <- factor(c(1, 1, 1, 2, 2, 3, 3, 3, 3))
//    s <- anova(lm(y ~ p))[["Mean Sq"]]; n <- table(p); n0 <- (sum(n) - sum(n^2) / sum(n)) / 2
//    c(s[2], (s[1] - s[2]) / n0)
TEST(SplitVariance, AgreesWithR) {
  const VarianceLevels levels = SplitVariance(kUnequal);
  EXPECT_THAT(levels.within.value(), AgreesWith(0.012500000000000011));
  EXPECT_THAT(levels.between.value(), AgreesWith(0.053461538461538435));
  EXPECT_THAT(levels.icc.value(), AgreesWith(0.053461538461538435 / 0.065961538461538446));
}

TEST(SplitVariance, BetweenIsNeverNegative) {
  EXPECT_EQ(SplitVariance({{1, 2}, {2, 1}, {1, 2}}).between, 0);
}

TEST(SplitVariance, OneRepetitionEachTellsNoLevelsApart) {
  EXPECT_FALSE(SplitVariance({{1}, {2}, {3}}).within);
}

TEST(SplitVariance, OneProcessHasNoVarianceBetween) {
  const VarianceLevels levels = SplitVariance({{1, 2, 3}});
  EXPECT_EQ(levels.within, 1);
  EXPECT_FALSE(levels.between);
}

// sqrt(100 * 0.0125 / 0.05346) = 4.84
TEST(BestRepetitions, BalancesCostAndVariance) {
  EXPECT_EQ(BestRepetitions(SplitVariance(kUnequal), 100), 5);
}

TEST(BestRepetitions, IsOneWhereProcessesAreCheap) {
  EXPECT_EQ(BestRepetitions(SplitVariance(kUnequal), 1), 1);
}

TEST(BestRepetitions, IsNullWhereProcessesDoNotDiffer) {
  EXPECT_FALSE(BestRepetitions(SplitVariance({{1, 2}, {2, 1}}), 100));
}

}  // namespace
}  // namespace podium::report
