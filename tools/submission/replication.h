// Does a second measurement bear out what a submission claims?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/submission/model.h"
#include "tools/submission/pairing.h"

namespace podium::report {

// What a comparison of a submission claims, so that a measurement can contradict it. A comparison
// whose verdict is `inconclusive` claims nothing.
//
//   improved    "at least so many times as fast": the lower end of its interval, divided by
//               1 + process_allowance where its design needs the allowance, as its verdict does;
//               on other hardware 1 + threshold, "faster", since speedups do not travel
//   regressed   the same of the inverse
//   equivalent  within the threshold
struct Claim {
  Verdict verdict;
  double speedup;
  Interval interval;
  double floor;  // of an improvement, at least 1 + threshold; of a regression, its inverse
  std::optional<double> compression_ratio;
  std::optional<double> accuracy_delta;
};

// Null where nothing is claimed. `rule` is the submission's.
std::optional<Claim> ClaimOf(const Comparison& comparison, const VerdictRule& rule,
                             bool same_hardware);

// A claim with what came of measuring its rows again.
struct Attempt {
  Claim claim;
  std::optional<Pair> rows;  // with times; null where `failure` or `missing` says why not
  std::string failure;       // a row was there, and failed its own verification: what it said
  std::string missing;       // no such row; or its processes crashed, or ran out of time
};

enum class Outcome { kReplicated, kRefuted, kInconclusive, kNotMeasured };
absl::string_view OutcomeName(Outcome outcome);  // "replicated", ..., "not measured"

struct Replication {
  Outcome outcome;
  std::string reason;                 // one clause
  std::optional<Judgement> measured;  // by `rule`, among all that were measured; null if not
};

// Each claim against its measurement, in order:
//
//   improved     refuted     if the whole new interval, widened by the allowance where its
//                            design needs it, lies below the floor
//                replicated  if the new verdict is `improved` and it is not refuted
//   regressed    the same of the inverse
//   equivalent   refuted     if the new interval lies beyond the threshold, to either side
//                replicated  if the new verdict is `equivalent`
//   otherwise    inconclusive
//
// Many claims are many chances to refute one by bad luck. With m claims measured, the interval that
// refutes is one of 1 - alpha / m, so that the probability of refuting any claim that is true is at
// most alpha (Bonferroni); and the new verdicts are those of Holm's correction.
//
// Sizes, quality and right results are no matter of chance: a compression ratio over 1 % smaller, or
// an accuracy over 0.01 lower against its baseline than claimed, refutes, and so does a row that
// fails its own verification. What could not be measured refutes nothing.
std::vector<Replication> Replicate(std::span<const Attempt> attempts, VerdictRule rule);

// Hardware and software fields of the two `system_info` that differ, or that one of them lacks.
struct SystemDifferences {
  std::vector<std::string> hardware;  // cpu_model, cpu_features, num_cpus, caches
  std::vector<std::string> software;  // compiler, flags, kernel, ...
};
SystemDifferences CompareSystems(const Json& claimed, const Json& here);

}  // namespace podium::report
