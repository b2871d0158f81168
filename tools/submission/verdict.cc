#include "tools/submission/verdict.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/stats/correction.h"
#include "tools/stats/distributions.h"
#include "tools/stats/rounds.h"
#include "tools/submission/diagnose.h"
#include "tools/submission/needed_n.h"

namespace podium::report {
namespace {

std::optional<Sample> Logs(const Sample& values) {
  std::vector<double> logs;
  for (const double x : values.values()) logs.push_back(std::log(x));
  return Sample::Create(std::move(logs));
}

std::vector<double> Differences(const Sample& a, const Sample& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.n(); ++i) {
    differences.push_back(a.values()[i] - b.values()[i]);
  }
  return differences;
}

Sample Minus(const Sample& values, double shift) {
  std::vector<double> shifted;
  for (const double x : values.values()) shifted.push_back(x - shift);
  return *Sample::Create(std::move(shifted));
}

// Of one-sided tests of the ln speedup: small where it is above, and where it is below.
struct OneSided {
  double above;
  double below;
};

// The ln speedup of logarithms a over b by one of the rank methods.
class RankMethod {
 public:
  RankMethod(Method method, const Sample& a, const Sample& b)
      : paired_(method == Method::kSignedRank), a_(a), b_(b) {}

  ShiftEstimate Estimate(double alpha) const {
    if (!paired_) return HodgesLehmann(b_, a_, alpha);
    return HodgesLehmann(*Sample::Create(Differences(a_, b_)), alpha);
  }

  OneSided Against(double shift) const {
    const Sample a = Minus(a_, shift);
    if (paired_) {
      const auto test = SignedRank(Differences(a, b_));
      return test ? OneSided{test->p_greater, test->p_less} : OneSided{1, 1};
    }
    const auto test = MannWhitney(a, b_);
    return test ? OneSided{test->p_greater, test->p_less} : OneSided{1, 1};
  }

 private:
  bool paired_;
  const Sample& a_;
  const Sample& b_;
};

OneSided WelchAgainst(const RatioTest& welch, double shift) {
  const double t = (std::log(welch.ratio) - shift) / welch.log_standard_error;
  return {StudentBelow(-t, welch.df), StudentBelow(t, welch.df)};
}

template <typename Against>
void TestAgainstThreshold(const Against& against, const VerdictRule& rule, Judgement& result) {
  const double allowance = std::log(Allowance(result.design, rule));
  const double threshold = std::log1p(rule.threshold);
  const double faster = against(allowance + threshold).above;
  const double slower = against(-allowance - threshold).below;
  result.is_faster = faster < slower;
  result.p_beyond = std::min(1.0, 2 * std::min(faster, slower));
  const double within = threshold - allowance;
  result.p_within = within > 0 ? std::max(against(-within).above, against(within).below) : 1;
}

void UseT(Method method, const RatioTest& test, const VerdictRule& rule, Judgement& result) {
  result.method = method;
  result.speedup = test.ratio;
  result.interval = test.interval;
  result.p = test.p;
  TestAgainstThreshold([&](double shift) { return WelchAgainst(test, shift); }, rule, result);
}

// By the same rule as the ranks, pairs or not.
void UseTOfRounds(const VerdictRule& rule, Judgement& result) {
  const std::optional<RatioTest>& paired_t = result.rounds->paired_t;
  if (result.rounds->paired && paired_t) return UseT(Method::kPairedT, *paired_t, rule, result);
  UseT(Method::kWelch, result.log_welch, rule, result);
}

// The method, by the number of rounds, alpha, and how the machine moved: never by a p-value.
void UseRankMethod(const Sample& logs_a, const Sample& logs_b, const VerdictRule& rule,
                   Judgement& result) {
  std::vector<Method> methods = {Method::kMannWhitney};
  if (result.rounds->paired) methods = {Method::kSignedRank, methods[0]};
  for (const Method method : methods) {
    const RankMethod ranks(method, logs_a, logs_b);
    const ShiftEstimate estimate = ranks.Estimate(rule.alpha);
    if (!estimate.interval) continue;  // too few rounds for such an alpha
    result.method = method;
    result.speedup = std::exp(estimate.estimate);
    result.interval = {std::exp(estimate.interval->lo), std::exp(estimate.interval->hi)};
    const OneSided p = ranks.Against(0);
    result.p = std::min(1.0, 2 * std::min(p.above, p.below));
    TestAgainstThreshold([&](double shift) { return ranks.Against(shift); }, rule, result);
    return;
  }
  UseTOfRounds(rule, result);
}

std::optional<RatioTest> PairedRatio(const std::vector<double>& differences, double alpha) {
  const std::optional<WelchTest> t = PairedT(*Sample::Create(differences), alpha);
  if (!t) return std::nullopt;
  return RatioTest{std::exp(t->difference),
                   -t->t,
                   t->df,
                   t->p,
                   {std::exp(t->interval.lo), std::exp(t->interval.hi)},
                   t->standard_error};
}

RoundFigures FiguresOfRounds(const Sample& logs_a, const Sample& logs_b, double alpha) {
  const std::vector<double> differences = Differences(logs_a, logs_b);
  const std::optional<double> floor = RelabelledFloor(logs_a.values(), logs_b.values());
  return {LevelAutocorrelation(logs_a.values(), logs_b.values()),
          ArePaired(logs_a.values(), logs_b.values()),
          PairedRatio(differences, alpha),
          SignedRank(differences),
          StratifiedRank(logs_a.values(), logs_b.values()),
          floor ? std::optional(std::expm1(*floor)) : std::nullopt,
          {}};
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

// The least n at which the method's smallest two-sided p is at most alpha.
double LeastCountOf(Method method, double alpha) {
  double n = 2, p = 1;
  if (method == Method::kWelch || method == Method::kPairedT) return n;
  const bool paired = method == Method::kSignedRank;
  for (p = paired ? 0.5 : 2.0 / 6; p > alpha; ++n) {  // 2 / 2^n; 2 / (2n over n)
    p *= paired ? 0.5 : (n + 1) / (2 * (2 * n + 1));
  }
  return n;
}

// `alpha_of_row` is the level at which this row would count, the others being what they are.
void Decide(const VerdictRule& rule, std::size_t family, double alpha_of_row, Judgement& result) {
  const double margin = Allowance(result.design, rule) * (1 + rule.threshold);
  result.verdict = Verdict::kInconclusive;
  if (result.design == Design::kAggregates) {
    result.reason = "aggregates are descriptive: run without --benchmark_report_aggregates_only";
  } else if (!result.veto.empty()) {
    result.reason = result.veto;
  } else if (result.p_adjusted <= rule.alpha && result.is_faster) {
    result.verdict = Verdict::kImproved;
    result.reason = absl::StrFormat("the interval lies above %.4g", margin);
  } else if (result.p_adjusted <= rule.alpha) {
    result.verdict = Verdict::kRegressed;
    result.reason = absl::StrFormat("the interval lies below %.4g", 1 / margin);
  } else if (result.p_within <= rule.alpha) {
    result.verdict = Verdict::kEquivalent;
    result.reason =
        absl::StrFormat("the %.4g %% interval lies within %.4g and %.4g",
                        100 * (1 - 2 * rule.alpha), 1 / (1 + rule.threshold), 1 + rule.threshold);
  } else if (result.p_beyond <= rule.alpha) {
    result.reason =
        absl::StrFormat("the interval clears %.4g to %.4g by itself, but not among %d rows (%s)",
                        1 / margin, margin, family, std::string(CorrectionName(rule.correction)));
  } else if (result.design == Design::kSessions) {
    result.reason = absl::StrFormat(
        "the interval does not clear %.4g to %.4g: one side ran after the other, so that the "
        "machine may have changed as well: podium run --baseline_binary interleaves them",
        1 / margin, margin);
  } else if (Allowance(result.design, rule) > 1) {
    result.reason = absl::StrFormat(
        "the interval does not clear %.4g to %.4g: process variance is not identifiable from one "
        "process a side",
        1 / margin, margin);
  } else {
    result.reason = absl::StrFormat("the interval does not clear %.4g to %.4g", 1 / margin, margin);
  }
  SetNeededN(rule, alpha_of_row, result);
}

Judgement FromWelch(const RatioTest& test, Design design, const VerdictRule& rule) {
  Judgement result{};
  result.design = design;
  result.alpha = rule.alpha;
  result.log_welch = test;
  UseT(Method::kWelch, test, rule, result);
  return result;
}

// The method, by the number of rounds and of rows.
void UseTWhereRanksAreTooFew(const VerdictRule& rule, double family, Judgement& result) {
  const auto n = static_cast<double>(std::min(result.n_baseline, result.n_optimized));
  if (n < LeastCountOf(result.method, rule.alpha / family)) UseTOfRounds(rule, result);
}

}  // namespace

double Allowance(Design design, const VerdictRule& rule) {
  return IsConfounded(design) ? 1 + rule.process_allowance : 1;
}

absl::StatusOr<Judgement> Judge(const Side& baseline, const Side& optimized, Design design,
                                const VerdictRule& rule) {
  if (baseline.values->min() <= 0 || optimized.values->min() <= 0) {
    return NoTest(*baseline.values, *optimized.values);
  }
  const Units units = IndependentUnits(baseline, optimized, design);
  const std::optional<RatioTest> test = WelchLogRatio(units.a, units.b, rule.alpha);
  const std::optional<FiellerRatio> fieller = Fieller(units.a, units.b, rule.alpha);
  if (!test || !fieller) return NoTest(units.a, units.b);

  Judgement result = FromWelch(*test, design, rule);
  result.n_baseline = units.a.n();
  result.n_optimized = units.b.n();
  result.welch = Welch(units.a, units.b, rule.alpha);
  result.fieller = fieller;
  result.mann_whitney = MannWhitney(units.a, units.b);
  if (design == Design::kRounds) {
    const std::optional<Sample> logs_a = Logs(units.a), logs_b = Logs(units.b);
    result.rounds = FiguresOfRounds(*logs_a, *logs_b, rule.alpha);
    for (const double log : LogRatiosByHost(baseline, optimized)) {
      result.rounds->host_speedups.push_back(std::exp(log));
    }
    UseRankMethod(*logs_a, *logs_b, rule, result);
  }
  Diagnosis diagnosis = Diagnose(baseline, optimized, units, design);
  result.warnings = std::move(diagnosis.warnings);
  if (result.rounds && !result.rounds->host_speedups.empty()) {
    const auto [least, most] = std::ranges::minmax(result.rounds->host_speedups);
    result.warnings.push_back(absl::StrFormat(
        "the geometric means of the %d hosts lie between %.4g and %.4g: the interval holds for "
        "these hosts",
        result.rounds->host_speedups.size(), least, most));
  }
  result.veto = std::move(diagnosis.veto);
  Judgement* const alone[] = {&result};
  Settle(alone, rule);
  return result;
}

absl::StatusOr<Judgement> JudgeSummaries(const Summary& baseline, const Summary& optimized,
                                         const VerdictRule& rule) {
  const auto log_of = [](const Summary& side) {
    const double variance = std::log1p(side.std / side.mean * (side.std / side.mean));
    return Summary{std::log(side.mean) - variance / 2, std::sqrt(variance), side.n};
  };
  if (!(baseline.mean > 0 && optimized.mean > 0)) {
    return absl::InvalidArgumentError("a mean time is not positive");
  }
  const std::optional<WelchTest> test = Welch(log_of(optimized), log_of(baseline), rule.alpha);
  if (!test) return absl::InvalidArgumentError("aggregates without a standard deviation");
  const RatioTest ratio{std::exp(test->difference),
                        -test->t,
                        test->df,
                        test->p,
                        {std::exp(test->interval.lo), std::exp(test->interval.hi)},
                        test->standard_error};
  Judgement result = FromWelch(ratio, Design::kAggregates, rule);
  result.n_baseline = baseline.n;
  result.n_optimized = optimized.n;
  result.welch = Welch(baseline, optimized, rule.alpha);
  Judgement* const alone[] = {&result};
  Settle(alone, rule);
  return result;
}

void Settle(std::span<Judgement* const> judgements, const VerdictRule& rule) {
  const bool corrects = rule.correction != Correction::kNone;
  const auto family = static_cast<double>(judgements.size());
  std::vector<double> p;
  for (Judgement* const judgement : judgements) {
    if (corrects && judgement->rounds) UseTWhereRanksAreTooFew(rule, family, *judgement);
    p.push_back(judgement->p_beyond);
  }
  if (rule.correction == Correction::kHolm) p = AdjustHolm(p);
  if (rule.correction == Correction::kBenjaminiHochberg) p = AdjustBenjaminiHochberg(p);
  const auto found = static_cast<double>(
      std::ranges::count_if(p, [&](double adjusted) { return adjusted <= rule.alpha; }));
  const double alpha_of_row = rule.correction == Correction::kHolm
                                  ? rule.alpha / std::max(1.0, family - found)
                              : corrects ? rule.alpha * std::min(family, found + 1) / family
                                         : rule.alpha;
  for (std::size_t i = 0; i < p.size(); ++i) {
    judgements[i]->p_adjusted = p[i];
    Decide(rule, p.size(), alpha_of_row, *judgements[i]);
  }
}

}  // namespace podium::report
