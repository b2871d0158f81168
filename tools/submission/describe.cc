#include "tools/submission/describe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tools/submission/environment.h"
#include "tools/submission/process_means.h"

namespace podium::report {
namespace {

constexpr absl::string_view kNeedsTwo = "needs at least 2 values";
constexpr absl::string_view kDependent = "the values of one process are not independent";

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json Ends(const Interval& interval) { return Json::array({interval.lo, interval.hi}); }
Json OrNull(const std::optional<Interval>& interval) { return interval ? Ends(*interval) : Json(); }

Json DescribeQuantile(const Sample& samples, double q, bool independent) {
  Json json = {{"value", Quantile(samples, q)}};
  const auto interval = independent ? QuantileInterval(samples, q, kEntryAlpha) : std::nullopt;
  PutOrReason(json, "ci95", OrNull(interval),
              independent ? absl::StrCat("needs at least ", MinimumCountForQuantile(q, kEntryAlpha),
                                         " values")
                          : std::string(kDependent));
  return json;
}

template <std::size_t N>
Json DescribeFigures(const absl::string_view (&names)[N],
                     const std::map<std::string, double>& from) {
  Json json = Json::object();
  for (const absl::string_view name : names) {
    const auto found = from.find(std::string(name));
    PutOrReason(json, std::string(name), found == from.end() ? Json() : Json(found->second),
                "the row does not report it");
  }
  return json;
}

Json DescribeSide(const Entry& entry, std::size_t n) {
  return {
      {"name", entry.name}, {"variant", entry.parts.variant}, {"isa", entry.parts.isa}, {"n", n}};
}

Json DescribeWelch(const WelchTest& test, const MetricChoice& metric) {
  const std::string unit = metric.IsTime() ? "_s" : "";
  return {{"difference" + unit, test.difference},
          {"ci" + unit, Ends(test.interval)},
          {"t", test.t},
          {"df", test.df},
          {"p", test.p}};
}

Json DescribeFieller(const FiellerRatio& fieller, const MetricChoice& metric) {
  Json json = {{"ratio", fieller.ratio}};
  PutOrReason(json, "ci", OrNull(fieller.interval),
              absl::StrFormat("g = %.3g: the mean of the %s side is not distinguishable from 0, so "
                              "the interval is unbounded",
                              fieller.g, metric.higher_is_better ? "baseline" : "optimized"));
  json["g"] = fieller.g;
  return json;
}

std::string MethodSentence(Method method, const MetricChoice& metric) {
  const absl::string_view of_times =
      method == Method::kWelch ? "ratio of geometric means of time_s, Welch t on ln(time_s)"
      : method == Method::kPairedT
          ? "geometric mean of the rounds' ratios of time_s, paired t on their ln"
      : method == Method::kMannWhitney
          ? "Hodges-Lehmann shift of ln(time_s) of all rounds, interval of Mann-Whitney's test"
          : "Hodges-Lehmann median of the rounds' ln ratios of time_s, interval of the "
            "signed-rank test";
  return absl::StrReplaceAll(of_times, {{kTimeMetric, metric.name}});
}

std::string FloorReason(Design design) {
  return design == Design::kRounds
             ? "too few rounds"
             : absl::StrCat("needs rounds with both sides in each: the design is ",
                            DesignName(design));
}

// The members that only rounds have.
void DescribeRounds(const Judgement& judgement, Json& json) {
  if (!judgement.rounds) return;
  const RoundFigures& rounds = *judgement.rounds;
  PutOrReason(json, "level_autocorrelation", OrNull(rounds.level_autocorrelation),
              "the rounds are all of one level");
  const auto& t = rounds.paired_t;
  PutOrReason(json, "paired_t",
              t ? Json{{"ratio", t->ratio},
                       {"ci", Ends(t->interval)},
                       {"t", t->t},
                       {"df", t->df},
                       {"p", t->p}}
                : Json(),
              "the ratios of the rounds have no spread");
  const auto& signs = rounds.signed_rank;
  PutOrReason(json, "signed_rank",
              signs ? Json{{"w", signs->w}, {"p", signs->p}, {"exact", signs->exact}} : Json(),
              "the sides are equal in all rounds");
  if (!rounds.host_speedups.empty()) {
    json["hosts"] = {{"speedups", rounds.host_speedups}};
  }
  const auto& strata = rounds.stratified_rank;
  PutOrReason(
      json, "stratified_rank",
      strata ? Json{{"rank_sum", strata->statistic}, {"p", strata->p}, {"exact", strata->exact}}
             : Json(),
      "the sides are equal in all rounds");
}

}  // namespace

Json DescribeMetric(const Sample& samples, std::span<const Origin> origins) {
  const std::optional<Sample> means = ProcessMeans(samples, origins);
  const Sample& units = means ? *means : samples;
  // Origins that are not one per value cannot say which of these depend on each other.
  const bool known = origins.empty() || origins.size() == samples.n();
  const bool of_one_process = known && !origins.empty() && !means && samples.n() > 1;
  Json json = {{"samples", samples.values()}, {"n", samples.n()}};
  if (means) json["n_processes"] = means->n();
  json["mean"] = units.mean();
  PutOrReason(json, "ci95",
              known && !of_one_process ? OrNull(MeanInterval(units, kEntryAlpha)) : Json(),
              of_one_process ? kDependent
              : known        ? kNeedsTwo
                             : "not every repetition has it: which process had is not known");
  if (means) json["ci95_of"] = "process_means";
  PutOrReason(json, "std", OrNull(units.std()), kNeedsTwo);
  PutOrReason(json, "cv", OrNull(units.cv()), "needs at least 2 values and a mean other than 0");
  json["median"] = samples.median();
  json["min"] = samples.min();
  json["max"] = samples.max();
  const bool independent = known && !of_one_process && units.n() == samples.n();
  json["p50"] = DescribeQuantile(samples, 0.50, independent);
  json["p90"] = DescribeQuantile(samples, 0.90, independent);
  json["p99"] = DescribeQuantile(samples, 0.99, independent);
  const OutlierCount outliers = CountOutliers(samples);
  json["outliers"] = {{"mild", outliers.mild}, {"extreme", outliers.extreme}};
  return json;
}

Json DescribeEntry(const Entry& entry) {
  Json json = {{"name", entry.name},
               {"family", entry.parts.family},
               {"variant", entry.parts.variant},
               {"isa", entry.parts.isa},
               {"workload", entry.parts.workload}};
  json["keys"] = Json::object();
  for (const auto& [key, value] : entry.parts.keys) json["keys"][key] = value;
  Json& metrics = json["metrics"] = Json::object();
  if (!entry.Find(kTimeMetric)) {
    PutOrReason(metrics, std::string(kTimeMetric), nullptr, "every repetition failed: see errors");
  }
  for (const Metric& metric : entry.metrics) {
    metrics[metric.name] = DescribeMetric(metric.samples, entry.origins);
  }
  Json& counters = json["counters"] = Json::object();
  for (const Metric& counter : entry.counters) {
    counters[counter.name] = DescribeMetric(counter.samples, entry.origins);
  }
  json["quality"] = DescribeFigures(kQualityFigures, entry.quality);
  json["sizes"] = DescribeFigures(kSizeFigures, entry.sizes);
  json["techniques"] = entry.techniques;
  json["errors"] = entry.errors;
  if (!entry.origins.empty()) {
    Json& origins = json["origins"] = {{"process", Json::array()}, {"round", Json::array()}};
    for (const Origin& origin : entry.origins) {
      origins["process"].push_back(origin.process);
      origins["round"].push_back(origin.round);
      if (!origin.host.empty()) origins["host"].push_back(origin.host);
    }
  }
  return json;
}

Json DescribeComparison(const Comparison& comparison, const VerdictRule& rule,
                        const MetricChoice& metric) {
  const Judgement& judgement = comparison.judgement;
  Json json = {{"workload", comparison.workload},
               {"design", DesignName(judgement.design)},
               {"baseline", DescribeSide(*comparison.baseline, judgement.n_baseline)},
               {"optimized", DescribeSide(*comparison.optimized, judgement.n_optimized)}};
  json["speedup"] = {{"value", judgement.speedup},
                     {"ci", Ends(judgement.interval)},
                     {"confidence_level", 1 - rule.alpha},
                     {"method", MethodSentence(judgement.method, metric)}};
  json["method"] = MethodName(judgement.method);
  json["p"] = judgement.p;
  json["p_beyond_threshold"] = judgement.p_beyond;
  json["p_within_threshold"] = judgement.p_within;
  json["p_adjusted"] = judgement.p_adjusted;
  json["welch_t_log"] = {
      {"t", judgement.log_welch.t}, {"df", judgement.log_welch.df}, {"p", judgement.log_welch.p}};
  PutOrReason(json, "welch_t", judgement.welch ? DescribeWelch(*judgement.welch, metric) : Json(),
              "the values have no spread");
  PutOrReason(json, "fieller",
              judgement.fieller ? DescribeFieller(*judgement.fieller, metric) : Json(),
              "not computed from aggregates");
  const auto& rank = judgement.mann_whitney;
  PutOrReason(json, "mann_whitney",
              rank ? Json{{"u", rank->u}, {"p", rank->p}, {"exact", rank->exact}} : Json(),
              judgement.design == Design::kAggregates ? "aggregates have no values to rank"
                                                      : "all values are equal");
  DescribeRounds(judgement, json);
  json["verdict"] = VerdictName(judgement.verdict);
  json["verdict_reason"] = judgement.reason;
  PutOrReason(json, "a_a_floor", judgement.rounds ? OrNull(judgement.rounds->a_a_floor) : Json(),
              FloorReason(judgement.design));
  PutOrReason(json, "needed_n", OrNull(judgement.needed_n), judgement.needed_n_reason);
  json["warnings"] = judgement.warnings;
  return json;
}

Json DescribeGeomean(const Geomean& geomean, std::size_t rows) {
  Json json = {{"speedup", geomean.value}, {"rows", rows}};
  PutOrReason(json, "ci", OrNull(geomean.interval), geomean.reason);
  return json;
}

Json DescribeImprovement(const Comparison& comparison) {
  const Improvement improvement = Improve(comparison);
  Json json = {{"workload", comparison.workload},
               {"baseline", comparison.baseline->name},
               {"optimized", comparison.optimized->name},
               {"techniques", comparison.optimized->techniques},
               {"speedup", improvement.speedup},
               {"speedup_ci", Ends(improvement.speedup_interval)}};
  PutOrReason(json, "compression_ratio", OrNull(improvement.compression_ratio),
              "a row does not report size_bytes, or it is 0");
  const std::string& metric = improvement.accuracy_metric;
  PutOrReason(json, "accuracy_metric", metric.empty() ? Json() : Json(metric),
              "the rows share neither accuracy nor top1_agreement");
  PutOrReason(json, "accuracy_delta", OrNull(improvement.accuracy_delta),
              "the rows share neither accuracy nor top1_agreement");
  if (metric == "accuracy") {
    PutOrReason(json, "accuracy_delta_ci", OrNull(improvement.accuracy_interval.value),
                improvement.accuracy_interval.reason);
  }
  PutOrReason(json, "efficiency", OrNull(improvement.efficiency),
              "needs compression_ratio and accuracy_delta");
  PutOrReason(json, "efficiency_ci", OrNull(improvement.efficiency_interval),
              "needs compression_ratio and accuracy_delta");
  return json;
}

}  // namespace podium::report
