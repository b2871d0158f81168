#include "tools/submission/replication.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace podium::report {
namespace {

constexpr double kSizeTolerance = 0.01;
constexpr double kAccuracyTolerance = 0.01;

Interval Inverse(const Interval& interval) { return {1 / interval.hi, 1 / interval.lo}; }

// Of the claim that the `claimed` verdict is right, by speed alone.
Replication BySpeed(const Claim& claim, const Judgement& measured) {
  const std::string verdict = absl::StrCat("measured here: ", VerdictName(measured.verdict));
  if (claim.verdict == Verdict::kEquivalent) {
    if (measured.verdict == Verdict::kEquivalent) return {Outcome::kReplicated, verdict};
    return {measured.verdict == Verdict::kInconclusive ? Outcome::kInconclusive : Outcome::kRefuted,
            verdict};
  }
  const bool is_improved = claim.verdict == Verdict::kImproved;
  const Interval interval = is_improved ? measured.interval : Inverse(measured.interval);
  const double floor = is_improved ? claim.floor : 1 / claim.floor;
  const std::string claims =
      absl::StrFormat("at %s %.4gx is claimed", is_improved ? "least" : "most", claim.floor);
  // What the data forbid to judge, they cannot refute either.
  if (!measured.veto.empty()) return {Outcome::kInconclusive, measured.veto};
  if (interval.hi < floor) return {Outcome::kRefuted, claims};
  if (measured.verdict == claim.verdict) return {Outcome::kReplicated, claims};
  return {Outcome::kInconclusive, claims};
}

}  // namespace

absl::string_view OutcomeName(Outcome outcome) {
  constexpr absl::string_view kNames[] = {"replicated", "refuted", "inconclusive"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::optional<Claim> ClaimOf(const Comparison& comparison, const VerdictRule& rule,
                             bool same_hardware) {
  const Judgement& judgement = comparison.judgement;
  if (judgement.verdict == Verdict::kInconclusive) return std::nullopt;
  const Improvement improvement = Improve(comparison);
  const bool is_improved = judgement.verdict != Verdict::kRegressed;
  const Interval interval = is_improved ? judgement.interval : Inverse(judgement.interval);
  double floor = 1 + rule.threshold;
  if (same_hardware) {
    const double allowance = IsConfounded(judgement.design) ? 1 + rule.process_allowance : 1;
    floor = std::max(floor, interval.lo / allowance);
  }
  return Claim{.verdict = judgement.verdict,
               .speedup = judgement.speedup,
               .interval = judgement.interval,
               .floor = is_improved ? floor : 1 / floor,
               .compression_ratio = improvement.compression_ratio,
               .accuracy_delta = improvement.accuracy_delta};
}

Replication Replicate(const Claim& claim, const Comparison& measured) {
  const Improvement here = Improve(measured);
  if (claim.compression_ratio && here.compression_ratio &&
      *here.compression_ratio < *claim.compression_ratio * (1 - kSizeTolerance)) {
    return {Outcome::kRefuted, absl::StrFormat("%.3gx smaller is claimed, %.3gx here",
                                               *claim.compression_ratio, *here.compression_ratio)};
  }
  if (claim.accuracy_delta && here.accuracy_delta &&
      *here.accuracy_delta < *claim.accuracy_delta - kAccuracyTolerance) {
    return {Outcome::kRefuted,
            absl::StrFormat("%s differs by %.3g from the baseline's, %.3g here",
                            here.accuracy_metric, *claim.accuracy_delta, *here.accuracy_delta)};
  }
  return BySpeed(claim, measured.judgement);
}

SystemDifferences CompareSystems(const Json& claimed, const Json& here) {
  const auto differing = [&](std::initializer_list<const char*> fields) {
    std::vector<std::string> names;
    for (const char* field : fields) {
      const Json a = claimed.value(field, Json()), b = here.value(field, Json());
      if (a.is_null() || b.is_null() || a != b) names.emplace_back(field);
    }
    return names;
  };
  return {
      .hardware = differing({"cpu_model", "cpu_features", "num_cpus", "caches"}),
      .software = differing({"kernel", "compiler", "flags", "library_build_type", "libraries"})};
}

}  // namespace podium::report
