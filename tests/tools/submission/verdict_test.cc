#include "tools/submission/verdict.h"

#include <cmath>

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;

Sample Of(std::vector<double> values) { return *Sample::Create(std::move(values)); }

// R: a <- c(4.1, 4.0, 4.2, 3.9, 4.05); b <- c(1.02, 0.98, 1.01, 1.00, 0.97)
//    w <- t.test(log(a), log(b)); exp(w$estimate[1] - w$estimate[2]); exp(w$conf.int); w$p.value
const std::vector<double> kSlow = {4.1, 4.0, 4.2, 3.9, 4.05};
const std::vector<double> kFast = {1.02, 0.98, 1.01, 1.00, 0.97};

TEST(Judge, GivesTheSpeedupAndItsIntervalAsR) {
  const Judgement judgement = *Judge(Of(kSlow), Of(kFast), {});
  EXPECT_NEAR(judgement.speedup, 4.06573138857945, 1e-12);
  EXPECT_NEAR(judgement.interval.lo, 3.92133315665829, 1e-12);
  EXPECT_NEAR(judgement.interval.hi, 4.21544690636971, 1e-12);
  EXPECT_NEAR(judgement.log_welch.p / 1.34238746358527e-12, 1, 1e-9);
}

TEST(Judge, ImprovesWhereTheIntervalClearsTheAllowance) {
  EXPECT_EQ(Judge(Of(kSlow), Of(kFast), {})->verdict, Verdict::kImproved);
}

TEST(Judge, RegressesWhereTheIntervalClearsTheAllowance) {
  EXPECT_EQ(Judge(Of(kFast), Of(kSlow), {})->verdict, Verdict::kRegressed);
}

// R: c <- c(10.0, 10.4, 9.8, 10.1, 9.9); d <- c(9.6, 9.9, 9.3, 9.8, 9.5); speedup 1.044
// [1.008, 1.081]
const std::vector<double> kBefore = {10.0, 10.4, 9.8, 10.1, 9.9};
const std::vector<double> kAfter = {9.6, 9.9, 9.3, 9.8, 9.5};

TEST(Judge, IsInconclusiveWithinTheProcessAllowance) {
  const Judgement judgement = *Judge(Of(kBefore), Of(kAfter), {});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement.reason, HasSubstr("process variance is not identifiable"));
}

TEST(Judge, AsksForNoNumberOfRepetitionsThatCouldNotHelp) {
  const Judgement judgement = *Judge(Of(kBefore), Of(kAfter), {});
  EXPECT_EQ(judgement.needed_n, std::nullopt);
  EXPECT_THAT(judgement.needed_n_reason, HasSubstr("repetitions in one process cannot narrow"));
}

// R: v <- (var(log(c)) + var(log(d))) / 2; delta <- abs(mean(log(c)) - mean(log(d))) - log(1.01)
//    ceiling(2 * (qnorm(.975) + qnorm(.8))^2 * v / delta^2)
TEST(Judge, PlansTheSampleSizeAsR) {
  const Judgement judgement = *Judge(Of(kBefore), Of(kAfter), {.process_allowance = 0});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_EQ(judgement.needed_n, 9);
}

TEST(Judge, ImprovesWithoutAllowanceAndThreshold) {
  const VerdictRule rule = {.threshold = 0, .process_allowance = 0};
  EXPECT_EQ(Judge(Of(kBefore), Of(kAfter), rule)->verdict, Verdict::kImproved);
}

TEST(Judge, IsEquivalentWhereBothOneSidedTestsReject) {
  const VerdictRule rule = {.threshold = 0.1, .process_allowance = 0};
  EXPECT_EQ(Judge(Of(kBefore), Of(kAfter), rule)->verdict, Verdict::kEquivalent);
}

TEST(Judge, IsNullForOneRepetition) { EXPECT_EQ(Judge(Of({1.0}), Of({2.0}), {}), std::nullopt); }

TEST(Judge, IsNullForTimesWithoutSpread) {
  EXPECT_EQ(Judge(Of({1.0, 1.0}), Of({2.0, 2.0}), {}), std::nullopt);
}

TEST(Design, OneFileIsOneProcess) { EXPECT_EQ(DetectDesign(1), Design::kOneProcess); }

TEST(Design, SeveralFilesAreOneProcessASide) {
  EXPECT_EQ(DetectDesign(2), Design::kOneProcessASide);
}

}  // namespace
}  // namespace podium::report
