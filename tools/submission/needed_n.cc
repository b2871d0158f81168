#include "tools/submission/needed_n.h"

#include <algorithm>
#include <cmath>

#include "tools/stats/distributions.h"
#include "tools/stats/power.h"

namespace podium::report {
namespace {

// sqrt(n) times the standard error of the ln speedup, and the degrees of freedom at other n.
struct Noise {
  double deviation;
  double df_per_value;  // df = df_per_value (n - 1)
};

Noise NoiseOf(const Judgement& judgement) {
  const auto n = static_cast<double>(std::min(judgement.n_baseline, judgement.n_optimized));
  if (judgement.method == Method::kPairedT) {
    return {judgement.rounds->paired_t->log_standard_error * std::sqrt(n), 1};
  }
  if (judgement.method == Method::kWelch) {
    // Of equal sides, the df that these have: exact where they are equal.
    const double smaller = judgement.log_welch.log_standard_error * std::sqrt(n);
    return {smaller, judgement.log_welch.df / (n - 1)};
  }
  // From the rank interval, so that a value far off counts as little as it does in the method.
  const double df_per_value = judgement.method == Method::kSignedRank ? 1 : 2;
  const double critical = StudentCriticalValue(judgement.alpha, df_per_value * (n - 1));
  return {LogHalfWidth(judgement) / critical * std::sqrt(n), df_per_value};
}

}  // namespace

void SetNeededN(const VerdictRule& rule, double alpha_of_row, Judgement& result) {
  result.needed_n = std::nullopt;
  result.needed_n_reason.clear();
  if (result.verdict != Verdict::kInconclusive) {
    result.needed_n_reason = "the verdict is settled";
    return;
  }
  if (result.design == Design::kAggregates) {
    result.needed_n_reason = "aggregates do not show how processes differ";
    return;
  }
  if (!result.veto.empty()) {
    result.needed_n_reason = "the values are not independent: " + result.veto;
    return;
  }
  const double margin = std::log(Allowance(result.design, rule)) + std::log1p(rule.threshold);
  const double effect = std::abs(std::log(result.speedup));
  if (effect <= margin && Allowance(result.design, rule) > 1) {
    result.needed_n_reason =
        result.design == Design::kSessions
            ? "both sides in one run: the effect lies within the process allowance, which more of "
              "the same cannot narrow"
            : "processes, not repetitions: the effect lies within the process allowance, which "
              "repetitions in one process cannot narrow";
    return;
  }
  const Noise noise = NoiseOf(result);
  const auto present = static_cast<double>(std::max(result.n_baseline, result.n_optimized));
  result.needed_n = LeastCount(present, [&](double n) {
    const double df = noise.df_per_value * (n - 1);
    return effect < margin ? PowerOfEquivalence(margin - effect, margin + effect, noise.deviation,
                                                n, df, rule.alpha)
                           : PowerToExclude(effect - margin, noise.deviation, n, df, alpha_of_row);
  });
  if (!result.needed_n) {
    result.needed_n_reason = "the effect lies on the threshold: over a million repetitions";
    return;
  }
}

double LogHalfWidth(const Judgement& judgement) {
  return (std::log(judgement.interval.hi) - std::log(judgement.interval.lo)) / 2;
}

std::optional<double> CountToDetect(const Judgement& judgement, double effect, double threshold,
                                    double alpha) {
  if (IsConfounded(judgement.design)) return std::nullopt;
  const Noise noise = NoiseOf(judgement);
  const double distance = std::log1p(effect) - std::log1p(threshold);
  const std::optional<double> n = LeastCount(1, [&](double count) {
    return PowerToExclude(distance, noise.deviation, count, noise.df_per_value * (count - 1),
                          alpha);
  });
  if (!n) return std::nullopt;
  const std::size_t least = judgement.design == Design::kRounds ? kLeastRounds : kLeastProcesses;
  return std::max(*n, static_cast<double>(least));
}

}  // namespace podium::report
