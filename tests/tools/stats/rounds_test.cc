#include "tools/stats/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

using Values = std::vector<double>;

// R: r <- rank(c(1, 3, 2, 5, 4, 4) + c(2, 1, 4, 6, 5, 3)); acf(r, plot = FALSE)$acf[2]
TEST(LevelAutocorrelation, AgreesWithR) {
  EXPECT_THAT(LevelAutocorrelation(Values{1, 3, 2, 5, 4, 4}, Values{2, 1, 4, 6, 5, 3}).value(),
              AgreesWith(0.44285714285714289));
}

TEST(LevelAutocorrelation, NeedsThreeRoundsOfDifferentLevels) {
  EXPECT_FALSE(LevelAutocorrelation(Values{1, 2}, Values{3, 4}));
  EXPECT_FALSE(LevelAutocorrelation(Values{1, 2, 3}, Values{3, 2, 1}));
}

TEST(ArePaired, WhereTheMachineMoves) {
  EXPECT_TRUE(ArePaired(Values{1, 2, 3, 4, 5}, Values{2, 1, 4, 5, 6}));
  EXPECT_FALSE(ArePaired(Values{1, 5, 2, 4, 3}, Values{1, 5, 2, 4, 3}));
}

TEST(ArePaired, DoesNotDependOnTheDifference) {
  const Values a = {1, 2, 3, 4, 5}, b = {102, 101, 104, 105, 106}, mixed_a = {1, 101, 3, 105, 5},
               mixed_b = {102, 2, 104, 4, 106};
  EXPECT_TRUE(ArePaired(a, b));
  EXPECT_TRUE(ArePaired(mixed_a, mixed_b));
}

// Differences 3 and 1, about their mean: 1 and -1. Exchanged in one round: means 0 and 1.
TEST(RelabelledFloor, IsTheQuantileOverAllWays) {
  EXPECT_THAT(RelabelledFloor(Values{4, 2}, Values{1, 1}).value(), AgreesWith(0.95));
}

TEST(RelabelledFloor, DoesNotDependOnTheDifference) {
  const Values a = {1.5, 1.25, 1.75, 1.5, 1.125}, b = {1, 1, 1, 1.25, 1};
  Values slower = b;
  for (double& x : slower) x += 8;
  EXPECT_THAT(RelabelledFloor(a, slower).value(), AgreesWith(RelabelledFloor(a, b).value()));
}

// 40 differences of +-1 in turn: the mean of 40 random signs has standard deviation 0.158, and
// P(|S / 40| >= 0.3) = 0.081, P(|S / 40| >= 0.35) = 0.038, in steps of 0.05.
TEST(RelabelledFloor, DrawsWhereThereAreTooManyWays) {
  Values a(40, 0.0), b(40, 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = i % 2 == 0 ? 1 : -1;
  const double floor = RelabelledFloor(a, b).value();
  EXPECT_NEAR(floor, 0.3, 0.051);
  EXPECT_EQ(RelabelledFloor(a, b), floor);
}

TEST(RelabelledFloor, NeedsTwoRounds) { EXPECT_FALSE(RelabelledFloor(Values{1}, Values{2})); }

}  // namespace
}  // namespace podium::report
