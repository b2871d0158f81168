// Is the optimized side faster? The method is fixed by the design of the run, before any p-value.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/stats/compare.h"
#include "tools/stats/rank.h"
#include "tools/stats/sample.h"

namespace podium::report {

// How the two sides came about, which decides what a difference between them can mean.
enum class Design {
  kOneProcess,       // both sides in one process
  kOneProcessASide,  // one process each
};
absl::string_view DesignName(Design design);  // "one_process", "one_process_a_side"
std::optional<Design> DesignFromName(absl::string_view name);

// All sources of one side are repetitions inside one process; so is everything in one file.
Design DetectDesign(std::size_t source_files);

struct VerdictRule {
  double alpha = 0.05;
  double threshold = 0.01;          // ratios within 1 +- this are no difference that matters
  double process_allowance = 0.25;  // how far two processes of one program may differ, unseen
};
inline constexpr double kPower = 0.8;  // of the sample size that would settle an open verdict

enum class Verdict { kImproved, kRegressed, kEquivalent, kInconclusive };
absl::string_view VerdictName(Verdict verdict);

// Times of the baseline against times of the optimized side. The speedup is the ratio of geometric
// means, and Welch's t on ln(time) gives its interval; the verdict rests on that interval, widened
// by the allowance for the process effect that one process a side cannot show:
//
//   margin = (1 + process_allowance) * (1 + threshold)
//   improved   if lo > margin            regressed  if hi < 1 / margin
//   equivalent if the 1 - 2 alpha interval, widened, lies within 1 + threshold (Schuirmann 1987)
//   otherwise inconclusive
struct Judgement {
  std::size_t n_baseline;
  std::size_t n_optimized;
  double speedup;
  Interval interval;  // 1 - alpha
  RatioTest log_welch;
  std::optional<WelchTest> welch;  // on seconds
  FiellerRatio fieller;            // ratio of arithmetic means
  std::optional<MannWhitneyTest> mann_whitney;
  Verdict verdict;
  std::string reason;  // one clause, with the figures it rests on
  // Repetitions a side, more than there are, that would settle an inconclusive verdict with
  // probability kPower if the effect and the variances are as measured; null where it is settled,
  // or where `needed_n_reason` says why no number of repetitions would.
  std::optional<double> needed_n;
  std::string needed_n_reason;
};

// InvalidArgument, one clause that says why, where the samples carry no test: fewer than 2 values a
// side, a time that is not positive, no spread, or a ratio that a double cannot hold.
absl::StatusOr<Judgement> Judge(const Sample& baseline, const Sample& optimized,
                                const VerdictRule& rule);

}  // namespace podium::report
