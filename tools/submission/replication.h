// Does a second measurement bear out what a submission claims?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

enum class Outcome { kReplicated, kRefuted, kInconclusive };
absl::string_view OutcomeName(Outcome outcome);  // "replicated", "refuted", "inconclusive"

// What a comparison of a submission claims, so that a measurement can contradict it. A comparison
// whose verdict is `inconclusive` claims nothing.
//
//   improved    "at least so many times as fast": the lower end of its interval, divided by
//               1 + process_allowance where it rests on one process a side, as its verdict does;
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

struct Replication {
  Outcome outcome;
  std::string reason;  // one clause
};

// The claim against a comparison measured anew, each claim at the alpha of that measurement:
//
//   improved    refuted     if the whole new interval lies below the floor
//               replicated  if the new verdict is `improved` and it is not refuted
//   equivalent  refuted     if the new verdict is `improved` or `regressed`
//               replicated  if it is `equivalent`
//   otherwise   inconclusive
//
// A floor that holds is refuted with probability alpha / 2 at most. Sizes and quality are no matter
// of chance: a compression ratio over 1 % smaller, or an accuracy over 0.01 lower against its
// baseline than claimed, refutes too, and so does a row that fails.
Replication Replicate(const Claim& claim, const Comparison& measured);

// Hardware and software fields of the two `system_info` that differ, or that one of them lacks.
struct SystemDifferences {
  std::vector<std::string> hardware;  // cpu_model, cpu_features, num_cpus, caches
  std::vector<std::string> software;  // compiler, flags, kernel, ...
};
SystemDifferences CompareSystems(const Json& claimed, const Json& here);

}  // namespace podium::report
