#include "tools/submission/verdict.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

// Mean of the two variances of ln(time): the sigma^2 of a further repetition on either side.
double LogVariance(const Sample& a, const Sample& b) {
  double sum = 0;
  for (const Sample* side : {&a, &b}) {
    std::vector<double> logs;
    for (const double x : side->values()) logs.push_back(std::log(x));
    const double std = Sample::Create(std::move(logs))->std().value_or(0);
    sum += std * std;
  }
  return sum / 2;
}

void SetNeededN(const Sample& a, const Sample& b, const VerdictRule& rule, Judgement& result) {
  const double margin = std::log1p(rule.process_allowance) + std::log1p(rule.threshold);
  const double effect = std::abs(std::log(result.speedup));
  if (result.verdict != Verdict::kInconclusive) {
    result.needed_n_reason = "the verdict is settled";
    return;
  }
  if (effect <= margin && rule.process_allowance > 0) {
    result.needed_n_reason =
        "the effect lies within the process allowance, which repetitions in one process cannot "
        "narrow";
    return;
  }
  const double delta = std::abs(effect - margin);
  const double z = NormalQuantile(1 - rule.alpha / 2) + NormalQuantile(kPower);
  const double n = std::ceil(2 * z * z * LogVariance(a, b) / (delta * delta));
  if (!std::isfinite(n)) {
    result.needed_n_reason = "the effect lies on the threshold itself";
    return;
  }
  result.needed_n = std::max(n, 2.0);
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

std::optional<Judgement> Judge(const Sample& baseline, const Sample& optimized,
                               const VerdictRule& rule) {
  const std::optional<RatioTest> test = WelchLogRatio(baseline, optimized, rule.alpha);
  const std::optional<RatioTest> wide = WelchLogRatio(baseline, optimized, 2 * rule.alpha);
  const std::optional<FiellerRatio> fieller = Fieller(baseline, optimized, rule.alpha);
  if (!test || !wide || !fieller) return std::nullopt;

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
