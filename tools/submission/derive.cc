#include "tools/submission/derive.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/stats/power.h"
#include "tools/submission/describe.h"
#include "tools/submission/entries.h"
#include "tools/submission/environment.h"
#include "tools/submission/pairing.h"

namespace podium::report {
namespace {

// The design that all comparisons share; without any, what the entries would allow.
absl::string_view ProtocolDesign(const Inputs& inputs, const std::vector<Comparison>& comparisons) {
  if (comparisons.empty()) {
    const Side side = inputs.entries.front().Measured();
    return DesignName(side.values ? DetectDesign(side, side, inputs.same_run)
                                  : Design::kOneProcess);
  }
  const Design first = comparisons.front().judgement.design;
  const bool shared = std::all_of(comparisons.begin(), comparisons.end(),
                                  [&](const auto& c) { return c.judgement.design == first; });
  return shared ? DesignName(first) : "mixed";
}

Json DescribeProtocol(const Inputs& inputs, const std::vector<Comparison>& comparisons) {
  Json json = {{"design", ProtocolDesign(inputs, comparisons)}};
  const std::optional<long> rounds = RoundsOf(inputs.entries);
  PutOrReason(json, "rounds", rounds ? Json(*rounds) : Json(),
              "not every row was measured in rounds");
  json.update(inputs.conditions);
  std::size_t fewest = 0, most = 0;
  for (const Entry& entry : inputs.entries) {
    const Sample* times = entry.Times();
    if (!times) continue;
    fewest = fewest == 0 ? times->n() : std::min(fewest, times->n());
    most = std::max(most, times->n());
  }
  json["repetitions"] = {{"fewest", fewest}, {"most", most}};
  json["alpha"] = inputs.rule.alpha;
  json["power"] = kPower;
  json["threshold"] = inputs.rule.threshold;
  json["process_allowance"] = inputs.rule.process_allowance;
  json["correction"] = CorrectionName(inputs.rule.correction);
  const Selection& selection = inputs.selection;
  Json selected = Json::object();
  PutOrReason(selected, "baseline", selection.baseline ? Json(*selection.baseline) : Json(),
              "not given: the run file's baselines hold");
  PutOrReason(selected, "optimized", selection.optimized ? Json(*selection.optimized) : Json(),
              "not given: every variant but the baseline");
  selected["workloads"] = selection.workloads;
  selected["baselines"] = Json(selection.baselines);
  if (selection.baselines.empty()) selected["baselines"] = Json::object();
  json["selection"] = std::move(selected);
  return json;
}

void WarnAboutEnvironment(const Json& system_info, std::vector<std::string>& warnings) {
  if (system_info.value("library_build_type", Json()) == "debug") {
    warnings.push_back(
        "the Google Benchmark library calls itself a debug build, as Debian's package does: its "
        "overhead per iteration may be higher");
  }
  if (system_info.value("cpu_scaling_enabled", Json()) == true) {
    warnings.push_back("CPU frequency scaling was on: times may drift with the clock");
  }
  const Json load = system_info.value("load_avg", Json());
  const Json cpus = system_info.value("num_cpus", Json());
  if (load.is_array() && !load.empty() && load[0].is_number() && cpus.is_number() &&
      load[0].get<double>() > cpus.get<double>()) {
    warnings.push_back(
        "the load average was above the number of CPUs: other work ran beside the benchmark");
  }
}

void WarnAboutRevision(const Json& provenance, std::vector<std::string>& warnings) {
  for (const Json& source : provenance.at("sources")) {
    const Json revision = source.value("git_sha", Json());
    if (!revision.is_string() || !absl::EndsWith(revision.get<std::string>(), "-dirty")) continue;
    warnings.push_back(absl::StrCat(source.value("file", ""),
                                    ": built from changes that were not committed: no one else "
                                    "can build the same program"));
  }
}

void WarnAboutEntries(const std::vector<Entry>& entries, std::vector<std::string>& warnings) {
  for (const Entry& entry : entries) {
    if (!entry.errors.empty()) {
      warnings.push_back(absl::StrCat(entry.name, ": failed: ", entry.errors.front()));
      continue;
    }
    const Sample& times = *entry.Times();
    const std::size_t extreme = CountOutliers(times).extreme;
    if (extreme > 0) {
      warnings.push_back(absl::StrCat(entry.name, ": ", extreme, " of ", times.n(),
                                      " times lie beyond 3 interquartile ranges"));
    }
  }
}

std::vector<std::string> SourceWarnings(const Json& provenance) {
  std::vector<std::string> warnings;
  for (const Json& source : provenance.at("sources")) {
    for (const Json& warning : source.at("warnings")) warnings.push_back(warning);
  }
  return warnings;
}

}  // namespace

Derived Derive(const Inputs& inputs) {
  Derived derived;
  std::vector<std::string> warnings = SourceWarnings(inputs.provenance);
  WarnAboutEnvironment(inputs.system_info, warnings);
  WarnAboutRevision(inputs.provenance, warnings);
  WarnAboutEntries(inputs.entries, warnings);

  const Pairing pairing = PairEntries(inputs.entries, inputs.selection);
  for (const std::string& family : pairing.families_without_baseline) {
    warnings.push_back(absl::StrCat(family, ": not compared: the run names no baseline"));
  }
  warnings.insert(warnings.end(), pairing.warnings.begin(), pairing.warnings.end());
  for (const Pair& pair : pairing.pairs) {
    absl::StatusOr<Judgement> judgement = JudgePair(pair, inputs.same_run, inputs.rule);
    if (!judgement.ok()) {
      warnings.push_back(
          absl::StrCat(pair.optimized->name, ": not compared: ", judgement.status().message()));
      continue;
    }
    derived.comparisons.push_back(
        {pair.baseline, pair.optimized, pair.workload, *std::move(judgement)});
  }
  SettleAll(derived.comparisons, inputs.rule);

  Json& document = derived.document = Json::object();
  document["schema_version"] = kSchemaVersion;
  document["submission_type"] = derived.comparisons.empty() ? "baseline" : "comparison";
  document["notice"] = kNotice;
  document["division"] = inputs.division;
  PutOrReason(document, "timestamp", inputs.timestamp ? Json(*inputs.timestamp) : Json(),
              "the run file's context has no valid date");
  PutOrReason(document, "submitter", inputs.submitter ? Json(*inputs.submitter) : Json(),
              "not given");
  document["system_info"] = inputs.system_info;
  document["protocol"] = DescribeProtocol(inputs, derived.comparisons);
  Json& entries = document["entries"] = Json::array();
  for (const Entry& entry : inputs.entries) entries.push_back(DescribeEntry(entry));
  Json& comparisons = document["comparisons"] = Json::array();
  Json& improvements = document["improvements"] = Json::array();
  for (const Comparison& comparison : derived.comparisons) {
    comparisons.push_back(DescribeComparison(comparison, inputs.rule));
    improvements.push_back(DescribeImprovement(comparison));
  }
  if (const auto geomean = GeomeanOf(derived.comparisons, inputs.rule.alpha)) {
    document["geomean"] = DescribeGeomean(*geomean, derived.comparisons.size());
  }
  document["warnings"] = warnings;
  document["provenance"] = inputs.provenance;
  return derived;
}

std::string Serialize(const Json& document) {
  return document.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace podium::report
