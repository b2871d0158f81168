#include "tools/runner/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace podium::report {
namespace {

using ::testing::ElementsAre;

Block BlockOf(std::size_t sides) {
  Block block;
  for (std::size_t s = 0; s < sides; ++s) block.sides.push_back({std::string(1, 'a' + s), 0, {}});
  return block;
}

class BalancedOrdersTest : public testing::TestWithParam<std::size_t> {};

TEST_P(BalancedOrdersTest, EachSideTakesEachPlaceEquallyOften) {
  std::map<std::pair<std::size_t, std::size_t>, int> places;
  const auto orders = BalancedOrders(GetParam());
  for (const auto& order : orders) {
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), GetParam());
    for (std::size_t i = 0; i < order.size(); ++i) ++places[{order[i], i}];
  }
  EXPECT_EQ(places.size(), GetParam() * GetParam());
  for (const auto& [place, count] : places) EXPECT_EQ(count * GetParam(), orders.size());
}

TEST_P(BalancedOrdersTest, EachSideFollowsEachOtherEquallyOften) {
  std::map<std::pair<std::size_t, std::size_t>, int> neighbours;
  for (const auto& order : BalancedOrders(GetParam())) {
    for (std::size_t i = 1; i < order.size(); ++i) ++neighbours[{order[i - 1], order[i]}];
  }
  EXPECT_EQ(neighbours.size(), GetParam() * (GetParam() - 1));
  for (const auto& [pair, count] : neighbours) EXPECT_EQ(count, neighbours.begin()->second);
}

INSTANTIATE_TEST_SUITE_P(Sides, BalancedOrdersTest, testing::Values(1, 2, 3, 4, 5, 6, 7));

TEST(BalancedOrdersTest, TwoSidesMakeTwoOrders) {
  EXPECT_THAT(BalancedOrders(2), ElementsAre(ElementsAre(0, 1), ElementsAre(1, 0)));
}

TEST(ScheduleTest, TwoRoundsOfTwoSidesAreAbbaOrBaab) {
  Schedule schedule({BlockOf(2)}, 7);
  for (int pair = 0; pair < 20; ++pair) {
    const auto first = schedule.NextRound({0}), second = schedule.NextRound({0});
    EXPECT_EQ(first[0].side, second[1].side);
    EXPECT_EQ(first[1].side, second[0].side);
    EXPECT_NE(first[0].side, first[1].side);
    EXPECT_TRUE(schedule.IsBalanced(0));
  }
}

TEST(ScheduleTest, BlocksOfDifferentSizesAreBalancedEachInItsOwnTime) {
  Schedule schedule({BlockOf(2), BlockOf(3)}, 7);
  std::vector<bool> balanced;
  for (int round = 0; round < 6; ++round) {
    schedule.NextRound({0, 1});
    balanced.push_back(schedule.IsBalanced(1));
  }
  EXPECT_THAT(balanced, ElementsAre(false, false, false, false, false, true));
}

TEST(ScheduleTest, OnlyTheGivenBlocksRun) {
  Schedule schedule({BlockOf(2), BlockOf(2)}, 7);
  for (const Cell& cell : schedule.NextRound({1})) EXPECT_EQ(cell.block, 1u);
}

// The numbers were printed by this test: a change of them breaks the promise that a seed gives the
// same order on every platform and in every release.
TEST(ScheduleTest, ASeedGivesTheSameScheduleEverywhere) {
  Schedule schedule({BlockOf(2), BlockOf(3)}, 20260101);
  std::vector<long> numbers;
  for (const Cell& cell : schedule.NextRound({0, 1})) {
    numbers.insert(numbers.end(), {static_cast<long>(cell.block), static_cast<long>(cell.side),
                                   cell.env_padding_bytes});
  }
  EXPECT_THAT(numbers, ElementsAre(1, 1, 3013, 1, 2, 1932, 1, 0, 2940, 0, 0, 216, 0, 1, 3986));
}

TEST(ScheduleTest, PaddingVaries) {
  Schedule schedule({BlockOf(2)}, 1);
  std::set<long> paddings;
  for (int round = 0; round < 50; ++round) {
    for (const Cell& cell : schedule.NextRound({0})) {
      EXPECT_GE(cell.env_padding_bytes, 0);
      EXPECT_LT(cell.env_padding_bytes, Schedule::kMostPaddingBytes);
      paddings.insert(cell.env_padding_bytes);
    }
  }
  EXPECT_GT(paddings.size(), 80u);
}

}  // namespace
}  // namespace podium::report
