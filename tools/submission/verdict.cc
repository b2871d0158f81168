#include "tools/submission/verdict.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

double LogVariance(const Sample& sample) {
  std::vector<double> logs;
  for (const double x : sample.values()) logs.push_back(std::log(x));
  const double std = Sample::Create(std::move(logs))->std().value_or(0);
  return std * std;
}

// P(T > t) of Student's t.
double UpperTail(double t, double df) {
  const double half = StudentTwoSidedP(t, df) / 2;
  return t > 0 ? half : 1 - half;
}

// What n repetitions a side would show, were the effect and the variances as they were measured.
class Planner {
 public:
  Planner(const Sample& a, const Sample& b, double alpha)
      : alpha_(alpha), variance_a_(LogVariance(a)), variance_b_(LogVariance(b)) {}

  // Probability that the 1 - alpha interval clears what lies `distance` away. The shifted t stands
  // for the noncentral one.
  double PowerToClear(double distance, double n) const {
    return 1 - UpperTail(distance / Error(n) - StudentCriticalValue(alpha_, Df(n)), Df(n));
  }

  // Probability that both one-sided tests reject, at distances `near` and `far` from their bounds.
  double PowerOfEquivalence(double near, double far, double n) const {
    const double critical = StudentCriticalValue(2 * alpha_, Df(n));
    return 1 - UpperTail(near / Error(n) - critical, Df(n)) -
           UpperTail(far / Error(n) - critical, Df(n));
  }

 private:
  double Error(double n) const { return std::sqrt((variance_a_ + variance_b_) / n); }
  double Df(double n) const {
    const double sum = variance_a_ + variance_b_;
    const double share_a = variance_a_ / sum, share_b = variance_b_ / sum;
    return (n - 1) / (share_a * share_a + share_b * share_b);
  }

  double alpha_;
  double variance_a_;
  double variance_b_;
};

// The least n above `present` whose power is kPower; null beyond a million.
template <typename Power>
std::optional<double> LeastN(double present, const Power& power) {
  constexpr double kMost = 1e6;
  double below = present;
  double n = present + 1;
  while (!(power(n) >= kPower)) {
    if (n >= kMost) return std::nullopt;
    below = n;
    n = std::min(2 * n, kMost);
  }
  while (n - below > 1) {
    const double middle = std::floor((below + n) / 2);
    (power(middle) >= kPower ? n : below) = middle;
  }
  return n;
}

void SetNeededN(const Sample& a, const Sample& b, const VerdictRule& rule, Judgement& result) {
  if (result.verdict != Verdict::kInconclusive) {
    result.needed_n_reason = "the verdict is settled";
    return;
  }
  const double margin = std::log1p(rule.process_allowance) + std::log1p(rule.threshold);
  const double effect = std::abs(std::log(result.speedup));
  if (effect <= margin && rule.process_allowance > 0) {
    result.needed_n_reason =
        "processes, not repetitions: the effect lies within the process allowance, which "
        "repetitions in one process cannot narrow";
    return;
  }
  const Planner planner(a, b, rule.alpha);
  const auto present = static_cast<double>(std::max(a.n(), b.n()));
  result.needed_n = LeastN(present, [&](double n) {
    return effect < margin ? planner.PowerOfEquivalence(margin - effect, margin + effect, n)
                           : planner.PowerToClear(effect - margin, n);
  });
  if (!result.needed_n) {
    result.needed_n_reason = "the effect lies on the threshold: over a million repetitions";
  }
}

absl::Status NoTest(const Sample& a, const Sample& b) {
  if (a.n() < 2 || b.n() < 2) {
    return absl::InvalidArgumentError(
        "1 repetition; a confidence interval needs at least 2: run with "
        "--benchmark_repetitions=10");
  }
  if (a.min() <= 0 || b.min() <= 0) return absl::InvalidArgumentError("a time is not positive");
  if (a.min() == a.max() && b.min() == b.max()) {
    return absl::InvalidArgumentError("its times have no spread");
  }
  return absl::InvalidArgumentError("the ratio of its times is beyond what a double can hold");
}

}  // namespace

absl::string_view DesignName(Design design) {
  return design == Design::kOneProcess ? "one_process" : "one_process_a_side";
}

std::optional<Design> DesignFromName(absl::string_view name) {
  for (const Design design : {Design::kOneProcess, Design::kOneProcessASide}) {
    if (name == DesignName(design)) return design;
  }
  return std::nullopt;
}

Design DetectDesign(std::size_t source_files) {
  return source_files <= 1 ? Design::kOneProcess : Design::kOneProcessASide;
}

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kImproved:
      return "improved";
    case Verdict::kRegressed:
      return "regressed";
    case Verdict::kEquivalent:
      return "equivalent";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

absl::StatusOr<Judgement> Judge(const Sample& baseline, const Sample& optimized,
                                const VerdictRule& rule) {
  const std::optional<RatioTest> test = WelchLogRatio(baseline, optimized, rule.alpha);
  const std::optional<RatioTest> wide = WelchLogRatio(baseline, optimized, 2 * rule.alpha);
  const std::optional<FiellerRatio> fieller = Fieller(baseline, optimized, rule.alpha);
  if (!test || !wide || !fieller) return NoTest(baseline, optimized);

  Judgement result{.n_baseline = baseline.n(),
                   .n_optimized = optimized.n(),
                   .speedup = test->ratio,
                   .interval = test->interval,
                   .log_welch = *test,
                   .welch = Welch(baseline, optimized, rule.alpha),
                   .fieller = *fieller,
                   .mann_whitney = MannWhitney(baseline, optimized),
                   .verdict = Verdict::kInconclusive,
                   .reason = "",
                   .needed_n = std::nullopt,
                   .needed_n_reason = ""};
  const double allowance = 1 + rule.process_allowance;
  const double margin = allowance * (1 + rule.threshold);
  if (test->interval.lo > margin) {
    result.verdict = Verdict::kImproved;
    result.reason = absl::StrFormat("the interval lies above %.4g", margin);
  } else if (test->interval.hi < 1 / margin) {
    result.verdict = Verdict::kRegressed;
    result.reason = absl::StrFormat("the interval lies below %.4g", 1 / margin);
  } else if (wide->interval.lo / allowance > 1 / (1 + rule.threshold) &&
             wide->interval.hi * allowance < 1 + rule.threshold) {
    result.verdict = Verdict::kEquivalent;
    result.reason =
        absl::StrFormat("the %.4g %% interval lies within %.4g and %.4g",
                        100 * (1 - 2 * rule.alpha), 1 / (1 + rule.threshold), 1 + rule.threshold);
  } else if (rule.process_allowance > 0) {
    result.reason = absl::StrFormat(
        "the interval does not clear %.4g to %.4g: process variance is not identifiable from one "
        "process a side",
        1 / margin, margin);
  } else {
    result.reason = absl::StrFormat("the interval does not clear %.4g to %.4g", 1 / margin, margin);
  }
  SetNeededN(baseline, optimized, rule, result);
  return result;
}

}  // namespace podium::report
