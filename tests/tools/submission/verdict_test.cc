#include "tools/submission/verdict.h"

#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "tools/submission/needed_n.h"

namespace podium::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Sample Of(std::vector<double> values) { return *Sample::Create(std::move(values)); }

// Repetitions of one process.
absl::StatusOr<Judgement> Judge(const Sample& a, const Sample& b, const VerdictRule& rule) {
  return Judge(Side{&a, {}}, Side{&b, {}}, Design::kOneProcess, rule);
}

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

// One fresh process a side and round.
absl::StatusOr<Judgement> JudgeRounds(const std::vector<double>& a, const std::vector<double>& b,
                                      const VerdictRule& rule) {
  std::vector<Origin> of_a, of_b;
  for (long i = 0; i < static_cast<long>(a.size()); ++i) of_a.push_back({2 * i, i});
  for (long i = 0; i < static_cast<long>(b.size()); ++i) of_b.push_back({2 * i + 1, i});
  const Sample sample_a = Of(a), sample_b = Of(b);
  return Judge({&sample_a, of_a}, {&sample_b, of_b}, Design::kRounds, rule);
}

// A drift that both sides share, and 5 % of speedup in a scatter of half a per cent.
constexpr double kScatter[] = {.4, -.7, .1, .6, -.3, -.5, .8, -.2, .3, -.6, .2, -.1};
std::vector<double> Drifting(double speedup, int shift) {
  std::vector<double> times;
  for (int i = 0; i < 12; ++i) {
    times.push_back((1 + .05 * i) / speedup * (1 + .005 * kScatter[(i + shift) % 12]));
  }
  return times;
}

// R: u <- c(.4, -.7, .1, .6, -.3, -.5, .8, -.2, .3, -.6, .2, -.1); i <- 0:11
//    a <- (1 + .05 * i) * (1 + .005 * u); b <- (1 + .05 * i) / 1.05 * (1 + .005 * u[(i + 5) %% 12 + 1])
//    d <- log(a) - log(b); w <- wilcox.test(d, conf.int = TRUE, exact = TRUE)
//    exp(c(w$estimate, w$conf.int)); w$p.value; t <- t.test(d); c(t$statistic, t$p.value)
TEST(JudgeOfRounds, UsesSignedRanksWhereTheMachineMoves) {
  const Judgement judgement = *JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), {});
  EXPECT_EQ(judgement.method, Method::kSignedRank);
  EXPECT_EQ(judgement.n_baseline, 12);
  EXPECT_NEAR(judgement.speedup, 1.050519163783258, 1e-10);
  EXPECT_NEAR(judgement.interval.lo, 1.0468562874251497, 1e-10);
  EXPECT_NEAR(judgement.interval.hi, 1.0531523755118595, 1e-10);
  EXPECT_NEAR(judgement.p / 0.00048828125000000033, 1, 1e-10);
  EXPECT_NEAR(judgement.rounds->paired_t->t, -43.37850461662854, 1e-9);
  EXPECT_NEAR(judgement.rounds->paired_t->p / 1.1917197869961483e-13, 1, 1e-9);
  EXPECT_EQ(judgement.verdict, Verdict::kImproved);
}

TEST(JudgeOfRounds, UsesAllValuesWhereItDoesNot) {
  std::vector<double> a, b;
  for (int i = 0; i < 12; ++i) {
    a.push_back(1 + .005 * kScatter[i]);
    b.push_back((1 + .005 * kScatter[(i + 5) % 12]) / 1.05);
  }
  const Judgement judgement = *JudgeRounds(a, b, {});
  EXPECT_EQ(judgement.method, Method::kMannWhitney);
  EXPECT_EQ(judgement.verdict, Verdict::kImproved);
  const MannWhitneyTest test = *MannWhitney(Of(a), Of(b));
  EXPECT_EQ(judgement.p, test.p);
}

TEST(JudgeOfRounds, NeedNoProcessAllowance) {
  EXPECT_EQ(JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), {})->verdict, Verdict::kImproved);
  EXPECT_EQ(Judge(Of(Drifting(1, 0)), Of(Drifting(1.05, 5)), {})->verdict, Verdict::kInconclusive);
}

TEST(JudgeOfRounds, ShowsWhatEqualProgramsWouldShow) {
  const Judgement judgement = *JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), {});
  EXPECT_GT(judgement.rounds->a_a_floor, 0.0005);
  EXPECT_LT(judgement.rounds->a_a_floor, 0.01);
}

TEST(JudgeOfRounds, IsEquivalentWithinTheThreshold) {
  EXPECT_EQ(JudgeRounds(Drifting(1, 0), Drifting(1.001, 5), {})->verdict, Verdict::kEquivalent);
}

TEST(JudgeOfRounds, RegressesAsItImproves) {
  const Judgement faster = *JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), {});
  const Judgement slower = *JudgeRounds(Drifting(1.05, 5), Drifting(1, 0), {});
  EXPECT_EQ(slower.verdict, Verdict::kRegressed);
  EXPECT_NEAR(slower.speedup, 1 / faster.speedup, 1e-12);
  EXPECT_NEAR(slower.p_beyond, faster.p_beyond, 1e-15);
}

// With 5 rounds signed ranks have no 95 % interval, and with 4 no method by ranks has one of 99 %.
TEST(JudgeOfRounds, FallsBackWhereThereAreTooFew) {
  const auto first = [](std::vector<double> times, std::size_t n) {
    times.resize(n);
    return times;
  };
  const std::vector<double> a = Drifting(1, 0), b = Drifting(1.05, 5);
  EXPECT_EQ(JudgeRounds(first(a, 5), first(b, 5), {})->method, Method::kMannWhitney);
  EXPECT_EQ(JudgeRounds(first(a, 4), first(b, 4), {.alpha = .01})->method, Method::kWelch);
}

// 5 pairs, of which no ranks reach 0.001.
TEST(JudgeOfRounds, PairsTheTOfRoundsThatMove) {
  std::vector<double> a = Drifting(1, 0), b = Drifting(1.05, 5);
  a.resize(5);
  b.resize(5);
  const Judgement judgement = *JudgeRounds(a, b, {.alpha = .001});
  ASSERT_TRUE(judgement.rounds->paired);
  EXPECT_EQ(judgement.method, Method::kPairedT);
  EXPECT_EQ(judgement.p, judgement.rounds->paired_t->p);
}

TEST(JudgeOfRounds, RefuseAVerdictWhereEachRoundResemblesTheOneBefore) {
  std::vector<double> a, b;
  for (int i = 0; i < 40; ++i) {
    a.push_back(1.2 + .1 * std::sin(i / 6.0) + .001 * kScatter[i % 12]);
    b.push_back(1 + .001 * kScatter[(i + 5) % 12]);
  }
  const Judgement judgement = *JudgeRounds(a, b, {});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement.veto, HasSubstr("each resembles the one before"));
  EXPECT_EQ(judgement.needed_n, std::nullopt);
}

TEST(JudgeOfOneProcess, RefusesAVerdictOfAWarmUpThatDoesNotEnd) {
  std::vector<double> falling;
  for (int i = 0; i < 40; ++i) falling.push_back(100 - i);
  EXPECT_THAT(Judge(Of(falling), Of(kFast), {})->warnings,
              Contains(HasSubstr("the warm-up does not end")));
  EXPECT_EQ(Judge(Of(falling), Of(kFast), {})->verdict, Verdict::kInconclusive);
}

TEST(JudgeOfProcesses, IsWelchsTestOfTheirMeans) {
  const std::vector<double> values = {1, 4, 3, 3, 2, 2, 4, 4, 5, 5};  // two of each process
  std::vector<Origin> of_a, of_b;
  for (long i = 0; i < 10; ++i) of_a.push_back({i / 2, i / 2});
  for (long i = 0; i < 5; ++i) of_b.push_back({10 + i, 10 + i});
  const Sample a = Of(values), b = Of(kFast);
  const Judgement judgement = *Judge({&a, of_a}, {&b, of_b}, Design::kProcesses, {});
  const RatioTest welch = *WelchLogRatio(Of({2, 3, 2, 4, 5}), b, .05);
  EXPECT_EQ(judgement.n_baseline, 5);
  EXPECT_NEAR(judgement.speedup, welch.ratio, 1e-12);
  EXPECT_NEAR(judgement.p, welch.p, 1e-12);
  EXPECT_EQ(judgement.verdict, Verdict::kImproved);
}

// The same values, one side after the other.
TEST(JudgeOfSessions, NeedsTheProcessAllowance) {
  std::vector<Origin> of_a, of_b;
  for (long i = 0; i < 5; ++i) of_a.push_back({i, i});
  for (long i = 0; i < 5; ++i) of_b.push_back({5 + i, 5 + i});
  const Sample a = Of({1.10, 1.11, 1.09, 1.10, 1.12}), b = Of({1.0, 1.01, .99, 1.0, 1.02});
  const Side before{&a, of_a}, after{&b, of_b};
  EXPECT_EQ(Judge(before, after, Design::kProcesses, {})->verdict, Verdict::kImproved);
  const Judgement judgement = *Judge(before, after, Design::kSessions, {});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement.reason, HasSubstr("one side ran after the other"));
}

// R: l <- function(m, s, n) { v <- log(1 + (s / m)^2); c(log(m) - v / 2, v, n) }
//    a <- l(4, .2, 10); b <- l(1, .1, 8); se <- sqrt(a[2] / 10 + b[2] / 8)
//    df <- se^4 / ((a[2] / 10)^2 / 9 + (b[2] / 8)^2 / 7); d <- a[1] - b[1]
//    exp(c(d, d - qt(.975, df) * se, d + qt(.975, df) * se))
TEST(JudgeSummaries, DescribesButDoesNotDecide) {
  const Judgement judgement = *JudgeSummaries({4, .2, 10}, {1, .1, 8}, {});
  EXPECT_NEAR(judgement.speedup, 4.0149347128103683, 1e-10);
  EXPECT_NEAR(judgement.interval.lo, 3.682740903157439, 1e-10);
  EXPECT_NEAR(judgement.interval.hi, 4.3770933584573557, 1e-10);
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement.reason, HasSubstr("descriptive"));
}

// Alone, p is about 0.004 (0.02 after Holm over 5 rows); among 50 rows it is no longer enough.
TEST(Settle, CountsARowAmongTheOthers) {
  const VerdictRule rule = {.process_allowance = 0, .correction = Correction::kHolm};
  Judgement row =
      *Judge(Of({1.05, 1.06, 1.04, 1.09, 1.02}), Of({1.0, 1.02, 0.98, 1.01, 0.99}), rule);
  ASSERT_EQ(row.verdict, Verdict::kImproved);
  Judgement other = *Judge(Of({1.0, 1.1, 1.2, 1.0}), Of({1.0, 1.1, 1.2, 1.0}), rule);
  std::vector<Judgement> rows(50, other);
  rows[7] = row;
  std::vector<Judgement*> family;
  for (Judgement& judgement : rows) family.push_back(&judgement);
  Settle(family, rule);
  EXPECT_NEAR(rows[7].p_adjusted, 50 * row.p_beyond, 1e-12);
  EXPECT_EQ(rows[7].verdict, Verdict::kInconclusive);
  EXPECT_THAT(rows[7].reason, HasSubstr("not among 50 rows (holm)"));
  EXPECT_GT(rows[7].needed_n, 5);
}

// The least p of 6 + 6 ranks is 0.002: among 30 rows it cannot be enough, and t decides.
TEST(Settle, JudgesRoundsByTWhereRanksAreTooFewForTheFamily) {
  const VerdictRule rule = {.correction = Correction::kHolm};
  std::vector<double> a, b;
  for (int i = 0; i < 6; ++i) {
    a.push_back(4 + .02 * kScatter[i]);
    b.push_back(1 + .005 * kScatter[i + 6]);
  }
  std::vector<Judgement> rows(30, *JudgeRounds(a, b, rule));
  ASSERT_EQ(rows[0].method, Method::kMannWhitney);
  std::vector<Judgement*> family;
  for (Judgement& judgement : rows) family.push_back(&judgement);
  Settle(family, rule);
  EXPECT_EQ(rows[0].method, Method::kWelch);
  EXPECT_EQ(rows[0].speedup, rows[0].log_welch.ratio);
  EXPECT_EQ(rows[0].verdict, Verdict::kImproved);
}

TEST(Settle, JudgesPairsByPairedT) {
  const VerdictRule rule = {.correction = Correction::kHolm};
  std::vector<Judgement> rows(1000, *JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), rule));
  ASSERT_EQ(rows[0].method, Method::kSignedRank);
  std::vector<Judgement*> family;
  for (Judgement& judgement : rows) family.push_back(&judgement);
  Settle(family, rule);
  EXPECT_EQ(rows[0].method, Method::kPairedT);
  EXPECT_EQ(rows[0].interval.lo, rows[0].rounds->paired_t->interval.lo);
  EXPECT_EQ(rows[0].verdict, Verdict::kImproved);
}

TEST(CountToDetect, IsAtLeastWhatMakesTheDesign) {
  const Judgement pilot = *JudgeRounds(Drifting(1, 0), Drifting(1.05, 5), {});
  EXPECT_EQ(CountToDetect(pilot, 1.0, 0, 0.05 / 1000), kLeastRounds);
}

// At a smaller alpha the same pilot has a wider interval; its noise is the same.
TEST(CountToDetect, KnowsTheNoiseWhateverTheLevelOfTheInterval) {
  std::minstd_rand random(1);
  const auto near_normal = [&] {  // Irwin and Hall: the sum of 12 uniform values
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random()) / 2147483647.0;
    return sum;
  };
  std::vector<double> a, b;
  for (int i = 0; i < 60; ++i) {
    a.push_back((1 + .05 * i) * std::exp(.005 * near_normal()));
    b.push_back((1 + .05 * i) * std::exp(.005 * near_normal()));
  }
  const double n = *CountToDetect(*JudgeRounds(a, b, {.alpha = 0.01}), 0.001, 0, 0.01);
  EXPECT_NEAR(*CountToDetect(*JudgeRounds(a, b, {.alpha = 0.05}), 0.001, 0, 0.01), n, 0.1 * n);
}

TEST(CountToDetect, NeedsProcesses) {
  EXPECT_FALSE(CountToDetect(*Judge(Of(kSlow), Of(kFast), {}), .02, .01, .05));
}

}  // namespace
}  // namespace podium::report
