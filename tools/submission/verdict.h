// Is the optimized side faster? The method is fixed by the design of the run, before any p-value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/stats/compare.h"
#include "tools/stats/design.h"
#include "tools/stats/rank.h"
#include "tools/stats/sample.h"

namespace podium::report {

absl::string_view DesignName(Design design);  // "rounds", "processes", "one_process_a_side", ...
std::optional<Design> DesignFromName(absl::string_view name);

// What the interval, p and verdict rest on, all on ln(time).
//
//   design               values                     method
//   rounds               a round's ratio            Hodges-Lehmann and exact signed ranks where the
//                                                   machine moves from round to round, otherwise
//                                                   Mann-Whitney of all rounds: rounds.h
//                        rounds so few that ranks   paired t, or Welch t, by the same rule
//                        reach no alpha / rows
//   processes            geometric mean of each     Welch t
//   sessions             geometric mean of each     Welch t, widened by the process allowance
//   one process (a side) repetitions                Welch t, widened by the process allowance
//   aggregates           mean, std and n            Welch t; no verdict
enum class Method { kWelch, kMannWhitney, kSignedRank, kPairedT };
absl::string_view MethodName(
    Method method);  // "welch_t", "mann_whitney", "signed_rank", "paired_t"

enum class Correction { kNone, kHolm, kBenjaminiHochberg };
absl::string_view CorrectionName(Correction correction);  // "none", "holm", "benjamini_hochberg"
std::optional<Correction> CorrectionFromName(absl::string_view name);

struct VerdictRule {
  double alpha = 0.05;
  double threshold = 0.01;          // ratios within 1 +- this are no difference that matters
  double process_allowance = 0.25;  // how far what IsConfounded() may move a ratio, unseen
  Correction correction = Correction::kNone;  // over the rows that are judged together
};

// The factor by which what was not seen may move a ratio of this design.
double Allowance(Design design, const VerdictRule& rule);

enum class Verdict { kImproved, kRegressed, kEquivalent, kInconclusive };
absl::string_view VerdictName(Verdict verdict);

// What only rounds can show.
struct RoundFigures {
  std::optional<double> level_autocorrelation;  // which chose the method:
  bool paired;
  std::optional<RatioTest> paired_t;
  std::optional<SignedRankTest> signed_rank;
  std::optional<StratifiedRankTest> stratified_rank;
  std::optional<double> a_a_floor;  // the speedup of two equal programs lies within 1 +- this
  // Of each host, where there are several: the top level of the hierarchy, of which the interval
  // says nothing. Geometric means over the rounds.
  std::vector<double> host_speedups;
};

struct Judgement {
  Design design;
  Method method;
  // Independent values a side: rounds, processes, or repetitions.
  std::size_t n_baseline;
  std::size_t n_optimized;
  double speedup;  // baseline time / optimized time, by `method`
  double alpha;
  Interval interval;  // 1 - alpha
  double p;           // two-sided, that there is no difference at all
  // Beside it, on the same values, whatever the verdict rests on.
  RatioTest log_welch;
  std::optional<WelchTest> welch;       // on seconds
  std::optional<FiellerRatio> fieller;  // ratio of arithmetic means; null for aggregates
  std::optional<MannWhitneyTest> mann_whitney;
  std::optional<RoundFigures> rounds;  // of Design::kRounds
  // Of the tests against the threshold: that the speedup lies beyond the margin, and in which
  // direction; that it lies within. See Settle.
  double p_beyond;
  bool is_faster;
  double p_within;
  double p_adjusted;  // p_beyond among all rows that are judged together
  Verdict verdict;
  std::string reason;  // one clause, with the figures it rests on
  // Values a side, more than there are, that would settle an inconclusive verdict with probability
  // kPower if the effect and the noise are as measured; null where it is settled, or where
  // `needed_n_reason` says why no number would.
  std::optional<double> needed_n;
  std::string needed_n_reason;
  std::vector<std::string> warnings;  // doubts about the data, to be shown beside the figures
  std::string veto;                   // why the data allow no verdict; empty if they do
};

// The figures of one row, and its verdict as if it were the only one:
//
//   margin = (1 + threshold), and times (1 + process_allowance) where the design is confounded
//   improved    if the interval of the speedup lies above the margin
//   regressed   if it lies below 1 / margin
//   equivalent  if the 1 - 2 alpha interval, divided and multiplied by the allowance, lies within
//               1 / (1 + threshold) and 1 + threshold (Schuirmann 1987)
//   otherwise   inconclusive; always so where the data are vetoed
//
// InvalidArgument, one clause that says why, where the samples carry no test: fewer than 2 values a
// side, a time that is not positive, no spread, or a ratio that a double cannot hold.
absl::StatusOr<Judgement> Judge(const Side& baseline, const Side& optimized, Design design,
                                const VerdictRule& rule);

// From aggregates alone: always inconclusive. ln(time) has mean ln(m) - v / 2 and variance v =
// ln(1 + (s / m)^2), as if the times were lognormal.
absl::StatusOr<Judgement> JudgeSummaries(const Summary& baseline, const Summary& optimized,
                                         const VerdictRule& rule);

// The verdicts of rows that are judged together: a difference counts only where its adjusted p is at
// most alpha. `equivalent` is said row by row. In a family of m rows the strictest of them must reach
// alpha / m; rounds so few that no ranks can are judged by t instead.
void Settle(std::span<Judgement* const> judgements, const VerdictRule& rule);

}  // namespace podium::report
