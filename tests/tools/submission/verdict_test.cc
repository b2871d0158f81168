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

// R: va <- var(log(c)); vb <- var(log(d)); delta <- abs(mean(log(c)) - mean(log(d))) - log(1.01)
//    power <- function(n) { df <- (n - 1) * (va + vb)^2 / (va^2 + vb^2)
//                           pt(delta / sqrt((va + vb) / n) - qt(.975, df), df) }
//    n <- 2:20; n[power(n) >= .8][1]
TEST(Judge, PlansTheSampleSizeAsR) {
  const Judgement judgement = *Judge(Of(kBefore), Of(kAfter), {.process_allowance = 0});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_EQ(judgement.needed_n, 10);
}

// R: m <- log(1.05); e <- abs(mean(log(c)) - mean(log(d)))
//    power <- function(n) { df <- ...; se <- sqrt((va + vb) / n); q <- qt(.95, df)
//                           pt((m - e) / se - q, df) + pt((m + e) / se - q, df) - 1 }
TEST(Judge, PlansEquivalenceWhereTheEffectLiesWithinTheThreshold) {
  const VerdictRule rule = {.threshold = 0.05, .process_allowance = 0};
  const Judgement judgement = *Judge(Of(kBefore), Of(kAfter), rule);
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_EQ(judgement.needed_n, 195);
}

TEST(Judge, AsksForMoreRepetitionsThanThereAre) {
  const Sample before = Of({1.04, 1.06, 1.05, 1.0, 1.1}), after = Of({1.0, 1.02, 0.98, 1.01, 0.99});
  const Judgement judgement = *Judge(before, after, {.process_allowance = 0});
  ASSERT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_GT(judgement.needed_n, 5);
}

TEST(Judge, ImprovesWithoutAllowanceAndThreshold) {
  const VerdictRule rule = {.threshold = 0, .process_allowance = 0};
  EXPECT_EQ(Judge(Of(kBefore), Of(kAfter), rule)->verdict, Verdict::kImproved);
}

TEST(Judge, IsEquivalentWhereBothOneSidedTestsReject) {
  const VerdictRule rule = {.threshold = 0.1, .process_allowance = 0};
  EXPECT_EQ(Judge(Of(kBefore), Of(kAfter), rule)->verdict, Verdict::kEquivalent);
}

std::string WhyNot(std::vector<double> a, std::vector<double> b) {
  return std::string(Judge(Of(std::move(a)), Of(std::move(b)), {}).status().message());
}

TEST(Judge, RefusesOneRepetition) { EXPECT_THAT(WhyNot({1.0}, {2.0}), HasSubstr("1 repetition")); }

TEST(Judge, RefusesTimesWithoutSpread) {
  EXPECT_THAT(WhyNot({1.0, 1.0}, {2.0, 2.0}), HasSubstr("no spread"));
}

TEST(Judge, SaysThatARatioIsBeyondADouble) {
  EXPECT_THAT(WhyNot({1e200, 1.1e200}, {1e-200, 1.1e-200}), HasSubstr("beyond what a double"));
}

TEST(Design, OneFileIsOneProcess) { EXPECT_EQ(DetectDesign(1), Design::kOneProcess); }

TEST(Design, SeveralFilesAreOneProcessASide) {
  EXPECT_EQ(DetectDesign(2), Design::kOneProcessASide);
}

}  // namespace
}  // namespace podium::report
