#include "tools/submission/replication.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace podium::report {
namespace {

constexpr double kSizeTolerance = 0.01;
constexpr double kAccuracyTolerance = 0.01;

Interval Inverse(const Interval& interval) { return {1 / interval.hi, 1 / interval.lo}; }

// By speed alone: `strict` is the judgement that may refute, `measured` the one that may replicate.
Replication BySpeed(const Claim& claim, const Judgement& strict, const Judgement& measured,
                    const VerdictRule& rule) {
  // What the data forbid to judge, they cannot refute either.
  if (!measured.veto.empty()) return {Outcome::kInconclusive, measured.veto, measured};
  bool refuted = false;
  std::string reason;
  if (claim.verdict == Verdict::kEquivalent) {
    refuted = strict.verdict == Verdict::kImproved || strict.verdict == Verdict::kRegressed;
    reason = absl::StrCat("measured here: ", VerdictName(measured.verdict));
  } else {
    const bool is_improved = claim.verdict == Verdict::kImproved;
    const Interval interval = is_improved ? strict.interval : Inverse(strict.interval);
    const double floor = is_improved ? claim.floor : 1 / claim.floor;
    refuted = interval.hi * Allowance(strict.design, rule) < floor;
    reason = absl::StrFormat("at %s %.4gx is claimed", is_improved ? "least" : "most", claim.floor);
  }
  const Outcome outcome = refuted                             ? Outcome::kRefuted
                          : measured.verdict == claim.verdict ? Outcome::kReplicated
                                                              : Outcome::kInconclusive;
  return {outcome, reason, measured};
}

// Why sizes or quality refute the claim; empty if they do not.
std::string ByFigures(const Claim& claim, const Improvement& here) {
  if (claim.compression_ratio && here.compression_ratio &&
      *here.compression_ratio < *claim.compression_ratio * (1 - kSizeTolerance)) {
    return absl::StrFormat("%.3gx smaller is claimed, %.3gx here", *claim.compression_ratio,
                           *here.compression_ratio);
  }
  if (claim.accuracy_delta && here.accuracy_delta &&
      *here.accuracy_delta < *claim.accuracy_delta - kAccuracyTolerance) {
    return absl::StrFormat("%s differs by %.3g from the baseline's, %.3g here",
                           here.accuracy_metric, *claim.accuracy_delta, *here.accuracy_delta);
  }
  return "";
}

}  // namespace

absl::string_view OutcomeName(Outcome outcome) {
  constexpr absl::string_view kNames[] = {"replicated", "refuted", "inconclusive", "not measured"};
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
    floor = std::max(floor, interval.lo / Allowance(judgement.design, rule));
  }
  return Claim{.verdict = judgement.verdict,
               .speedup = judgement.speedup,
               .interval = judgement.interval,
               .floor = is_improved ? floor : 1 / floor,
               .compression_ratio = improvement.compression_ratio,
               .accuracy_delta = improvement.accuracy_delta};
}

std::vector<Replication> Replicate(std::span<const Attempt> attempts, VerdictRule rule) {
  rule.correction = Correction::kHolm;
  std::vector<Replication> results;
  std::vector<Judgement*> family;
  results.reserve(attempts.size());  // `family` points into it
  for (const Attempt& attempt : attempts) {
    Replication& result = results.emplace_back();
    result.outcome = attempt.failure.empty() ? Outcome::kNotMeasured : Outcome::kRefuted;
    result.reason = attempt.failure.empty() ? attempt.missing : attempt.failure;
    if (!attempt.rows) continue;
    absl::StatusOr<Judgement> judgement = JudgePair(*attempt.rows, SameRun::kNo, rule);
    if (judgement.ok()) {
      family.push_back(&result.measured.emplace(*std::move(judgement)));
    } else {
      result.reason = std::string(judgement.status().message());
    }
  }
  Settle(family, rule);
  VerdictRule strict = rule;
  strict.alpha = rule.alpha / static_cast<double>(std::max(family.size(), std::size_t{1}));
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    if (!results[i].measured) continue;
    const Judgement& measured = *results[i].measured;
    const Pair& rows = *attempts[i].rows;
    const std::string figures =
        ByFigures(attempts[i].claim, Improve({rows.baseline, rows.optimized, "", measured}));
    if (!figures.empty()) {
      results[i] = {Outcome::kRefuted, figures, measured};
    } else {
      const absl::StatusOr<Judgement> strictly = JudgePair(rows, SameRun::kNo, strict);
      results[i] = BySpeed(attempts[i].claim, strictly.value_or(measured), measured, rule);
    }
  }
  return results;
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
