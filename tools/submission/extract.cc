#include "tools/submission/extract.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "tools/gbench/run_plan.h"
#include "tools/submission/entries.h"
#include "tools/submission/environment.h"

namespace podium::report {
namespace {

std::optional<std::string> TextOrNull(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

std::map<std::string, double> Figures(const Json& object,
                                      std::span<const absl::string_view> names) {
  std::map<std::string, double> figures;
  for (const absl::string_view name : names) {
    const Json& value = object.at(std::string(name));
    if (!value.is_null()) figures[std::string(name)] = value.get<double>();
  }
  return figures;
}

std::vector<Metric> Metrics(const Json& object) {
  std::vector<Metric> metrics;
  for (const auto& [name, metric] : object.items()) {
    if (!metric.is_object()) continue;  // null, or the reason beside it
    std::optional<Sample> sample = Sample::Create(metric.at("samples").get<std::vector<double>>());
    if (sample) metrics.push_back({name, *std::move(sample)});
  }
  return metrics;
}

Entry ExtractEntry(const Json& json) {
  Entry entry;
  entry.name = json.at("name");
  entry.parts = ParseBenchmarkName(entry.name);
  entry.metrics = Metrics(json.at("metrics"));
  entry.counters = Metrics(json.at("counters"));
  entry.quality = Figures(json.at("quality"), kQualityFigures);
  entry.sizes = Figures(json.at("sizes"), kSizeFigures);
  entry.techniques = json.at("techniques").get<std::vector<std::string>>();
  entry.errors = json.at("errors").get<std::vector<std::string>>();
  if (json.contains("origins")) {
    const auto processes = json.at("origins").at("process").get<std::vector<long>>();
    const auto rounds = json.at("origins").at("round").get<std::vector<long>>();
    const auto hosts = json.at("origins").value("host", std::vector<std::string>(rounds.size()));
    const std::size_t least = std::min({processes.size(), rounds.size(), hosts.size()});
    for (std::size_t i = 0; i < least; ++i) {
      entry.origins.push_back({processes[i], rounds[i], hosts[i]});
    }
  }
  return entry;
}

Json ExtractConditions(const Json& protocol) {
  Json conditions = Json::object();
  for (const std::string key : {"plan", "warm_up_s", "seed", "timer_overhead_s"}) {
    conditions[key] = protocol.at(key);
    if (protocol.contains(key + "_reason")) {
      conditions[key + "_reason"] = protocol.at(key + "_reason");
    }
    if (key == "plan" && protocol.contains("run")) conditions["run"] = protocol.at("run");
  }
  return conditions;
}

Selection ExtractSelection(const Json& json) {
  return {.baseline = TextOrNull(json.at("baseline")),
          .optimized = TextOrNull(json.at("optimized")),
          .workloads = json.at("workloads").get<std::vector<std::string>>(),
          .baselines = json.at("baselines").get<std::map<std::string, std::string>>()};
}

Inputs Extract(const Json& document) {
  const Json& protocol = document.at("protocol");
  Inputs inputs;
  inputs.division = document.at("division");
  inputs.timestamp = TextOrNull(document.at("timestamp"));
  inputs.submitter = TextOrNull(document.at("submitter"));
  inputs.system_info = document.at("system_info");
  inputs.conditions = ExtractConditions(protocol);
  inputs.rule = {.alpha = protocol.at("alpha"),
                 .threshold = protocol.at("threshold"),
                 .process_allowance = protocol.at("process_allowance"),
                 .correction = *CorrectionFromName(protocol.at("correction").get<std::string>())};
  inputs.selection = ExtractSelection(protocol.at("selection"));
  for (const Json& entry : document.at("entries")) inputs.entries.push_back(ExtractEntry(entry));
  inputs.provenance = document.at("provenance");
  inputs.same_run = inputs.provenance.at("sources").size() == 1 ? SameRun::kYes : SameRun::kNo;
  return inputs;
}

absl::Status CheckEntries(const std::vector<Entry>& entries) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const std::string at = absl::StrCat("/entries/", i);
    if (!names.insert(entry.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(at, "/name: \"", entry.name, "\" is the name of an earlier entry too"));
    }
    if (entry.errors.empty() && !entry.Times()) {
      return absl::InvalidArgumentError(
          absl::StrCat(at, "/metrics/time_s: no samples, and no error that says why"));
    }
    if (!entry.origins.empty() &&
        (!entry.Find(kTimeMetric) || entry.origins.size() != entry.Find(kTimeMetric)->n())) {
      return absl::InvalidArgumentError(
          absl::StrCat(at, "/origins: not as many as the samples of time_s"));
    }
    if (entry.Times() && entry.Times()->n() < 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          at, "/metrics/time_s/samples: 1 value; a confidence interval needs at least 2"));
    }
  }
  return absl::OkStatus();
}

// What `podium run` says of a run, whose samples have origins.
absl::Status CheckRun(const Json& protocol, const std::vector<Entry>& entries) {
  const std::optional<long> rounds = RoundsOf(entries);
  const std::optional<std::string> plan = TextOrNull(protocol.at("plan"));
  if (!rounds && (plan || protocol.contains("run"))) {
    return absl::InvalidArgumentError(
        absl::StrCat("/protocol/", plan ? "plan" : "run",
                     ": not all entries have origins, so there were no rounds"));
  }
  if (!plan) return absl::OkStatus();
  const std::optional<long> promised = PromisedRounds(*plan);
  if (!promised) {
    return absl::InvalidArgumentError(
        absl::StrCat("/protocol/plan: \"", *plan, "\" is no plan of podium run"));
  }
  if (*promised > *rounds) {
    return absl::InvalidArgumentError(absl::StrCat("/protocol/plan: ", *plan, " has ", *promised,
                                                   " rounds, and the entries at most ", *rounds));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Inputs> ExtractInputs(const Json& document) {
  try {
    Inputs inputs = Extract(document);
    if (inputs.timestamp && ToUtc(*inputs.timestamp) != inputs.timestamp) {
      return absl::InvalidArgumentError(
          absl::StrCat("/timestamp: \"", *inputs.timestamp, "\" is no date"));
    }
    if (absl::Status status = CheckEntries(inputs.entries); !status.ok()) return status;
    if (absl::Status status = CheckRun(document.at("protocol"), inputs.entries); !status.ok()) {
      return status;
    }
    return inputs;
  } catch (const Json::exception& error) {  // the schema lets nothing through that throws here
    return absl::InvalidArgumentError(absl::StrCat("/: ", error.what()));
  }
}

}  // namespace podium::report
