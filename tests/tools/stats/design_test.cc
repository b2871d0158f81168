#include "tools/stats/design.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// One value per process, processes numbered from `process`, one per round from `round`.
std::vector<Origin> Rounds(long n, long process, long round) {
  std::vector<Origin> origins;
  for (long i = 0; i < n; ++i) origins.push_back({process + i, round + i});
  return origins;
}

std::vector<double> Ones(long n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }

Design Detect(const std::vector<Origin>& a, const std::vector<Origin>& b,
              SameRun same_run = SameRun::kNo) {
  const Sample values_a = SampleOf(Ones(std::max<long>(1, static_cast<long>(a.size()))));
  const Sample values_b = SampleOf(Ones(std::max<long>(1, static_cast<long>(b.size()))));
  return DetectDesign({&values_a, a}, {&values_b, b}, same_run);
}

TEST(DetectDesign, SharedRoundsArePaired) {
  EXPECT_EQ(Detect(Rounds(4, 0, 0), Rounds(4, 4, 0)), Design::kRounds);
}

TEST(DetectDesign, ThreeRoundsAreTooFew) {
  EXPECT_EQ(Detect(Rounds(3, 0, 0), Rounds(3, 4, 0)), Design::kOneProcessASide);
}

TEST(DetectDesign, FiveProcessesASideNeedNoRounds) {
  const std::vector<Origin> even = {{0, 0}, {2, 1}, {4, 2}, {6, 3}, {8, 4}},
                            odd = {{1, 5}, {3, 6}, {5, 7}, {7, 8}, {9, 9}};
  EXPECT_EQ(Detect(even, odd), Design::kProcesses);
}

// 3 rounds on 2 hosts are 6 processes, but 3 moments.
TEST(DetectDesign, ProcessesOfOneRoundCountAsOne) {
  const std::vector<Origin> a = {{0, 0, "p"}, {1, 0, "q"}, {4, 1, "p"},
                                 {5, 1, "q"}, {8, 2, "p"}, {9, 2, "q"}},
                            b = {{2, 0, "p"}, {3, 0, "q"},  {6, 1, "p"},
                                 {7, 1, "q"}, {10, 2, "p"}, {11, 2, "q"}};
  EXPECT_EQ(Detect(a, b), Design::kOneProcessASide);
}

TEST(DetectDesign, RoundsAreSharedOnAHost) {
  std::vector<Origin> a, b;
  for (long i = 0; i < 6; ++i) {
    a.push_back({2 * i, i, "p"});
    b.push_back({2 * i + 1, i, "q"});
  }
  EXPECT_EQ(Detect(a, b), Design::kProcesses);
}

TEST(DetectDesign, OneSideAfterTheOtherIsNotMixed) {
  EXPECT_EQ(Detect(Rounds(5, 0, 0), Rounds(5, 5, 5)), Design::kSessions);
  EXPECT_EQ(Detect(Rounds(5, 5, 5), Rounds(5, 0, 0)), Design::kSessions);
}

TEST(DetectDesign, SidesThatShareTheirProcessesAreOfOneProcess) {
  EXPECT_EQ(Detect(Rounds(6, 0, 0), Rounds(6, 0, 0)), Design::kOneProcess);
}

TEST(DetectDesign, ManyRepetitionsOfFourProcessesAreFourProcesses) {
  std::vector<Origin> a = Rounds(4, 0, 0);
  a.insert(a.end(), a.begin(), a.end());
  EXPECT_EQ(Detect(a, Rounds(5, 5, 5)), Design::kOneProcessASide);
}

TEST(DetectDesign, WithoutOriginsTheFileDecides) {
  EXPECT_EQ(Detect({}, {}, SameRun::kYes), Design::kOneProcess);
  EXPECT_EQ(Detect({}, {}, SameRun::kNo), Design::kOneProcessASide);
}

// Process 1 has two repetitions, round 0 two processes of side a; round 2 lacks side b.
TEST(IndependentUnits, AreGeometricMeansOfRounds) {
  const Sample a = SampleOf({2, 8, 9, 5, 7}), b = SampleOf({3, 4});
  const std::vector<Origin> of_a = {{1, 0}, {1, 0}, {2, 0}, {3, 1}, {4, 2}},
                            of_b = {{6, 1}, {5, 0}};
  const Units units = IndependentUnits({&a, of_a}, {&b, of_b}, Design::kRounds);
  EXPECT_THAT(units.a.values(), ElementsAre(AgreesWith(6.0), 5));  // sqrt(sqrt(2 * 8) * 9)
  EXPECT_THAT(units.b.values(), ElementsAre(4, 3));
}

// Host q, four times as slow, lost its process of side b.
TEST(IndependentUnits, OfARoundAreOfTheHostsThatBothSidesHave) {
  const Sample a = SampleOf({2, 8, 3, 12}), b = SampleOf({2, 3, 12});
  const std::vector<Origin> of_a = {{0, 0, "p"}, {1, 0, "q"}, {4, 1, "p"}, {5, 1, "q"}},
                            of_b = {{2, 0, "p"}, {6, 1, "p"}, {7, 1, "q"}};
  const Units units = IndependentUnits({&a, of_a}, {&b, of_b}, Design::kRounds);
  EXPECT_THAT(units.a.values(), ElementsAre(2, AgreesWith(6.0)));
  EXPECT_THAT(units.b.values(), ElementsAre(2, AgreesWith(6.0)));
  EXPECT_EQ(CountUnpaired({&a, of_a}, {&b, of_b}), 1);
}

TEST(IndependentUnits, OfProcessesAreTheirGeometricMeans) {
  const Sample a = SampleOf({2, 8, 9}), b = SampleOf({3, 4});
  const std::vector<Origin> of_a = {{1, 0}, {1, 0}, {2, 1}}, of_b = {{6, 1}, {5, 0}};
  const Units units = IndependentUnits({&a, of_a}, {&b, of_b}, Design::kProcesses);
  EXPECT_THAT(units.a.values(), ElementsAre(AgreesWith(4.0), 9));
  EXPECT_THAT(units.b.values(), ElementsAre(4, 3));
}

// Host p: 2 / 1 and 8 / 1; host q: 3 / 3, and a round that lacks side b.
TEST(LogRatiosByHost, TakesTheMeanOverItsRounds) {
  const Sample a = SampleOf({2, 8, 3, 5}), b = SampleOf({1, 1, 3});
  const std::vector<Origin> of_a = {{0, 0, "p"}, {2, 1, "p"}, {4, 0, "q"}, {6, 1, "q"}},
                            of_b = {{1, 0, "p"}, {3, 1, "p"}, {5, 0, "q"}};
  EXPECT_THAT(LogRatiosByHost({&a, of_a}, {&b, of_b}), ElementsAre(AgreesWith(std::log(4.0)), 0));
}

TEST(LogRatiosByHost, IsEmptyForOneHost) {
  const Sample a = SampleOf({2, 8}), b = SampleOf({1, 1});
  const std::vector<Origin> of_a = {{0, 0}, {2, 1}}, of_b = {{1, 0}, {3, 1}};
  EXPECT_THAT(LogRatiosByHost({&a, of_a}, {&b, of_b}), testing::IsEmpty());
}

TEST(LogMeansByRound, TakesTheMeanOfProcesses) {
  const Sample a = SampleOf({std::exp(1.0), std::exp(3.0), std::exp(5.0)});
  const std::vector<Origin> origins = {{1, 0}, {2, 0}, {3, 7}};
  EXPECT_THAT(LogMeansByRound({&a, origins}),
              ElementsAre(Pair(0, AgreesWith(2.0)), Pair(7, AgreesWith(5.0))));
}

}  // namespace
}  // namespace podium::report
