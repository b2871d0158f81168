#include "tools/submission/build.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tools/gbench/read_text.h"
#include "tools/gbench/run_plan.h"
#include "tools/submission/division.h"
#include "tools/submission/embedded.h"
#include "tools/submission/entries.h"
#include "tools/submission/pairing.h"
#include "tools/submission/process_differences.h"
#include "tools/submission/sha256.h"

namespace podium::report {
namespace {

constexpr absl::string_view kBaselinePrefix = "podium.baseline.";

std::string FileName(const RunFile& run) {
  return std::filesystem::path(run.path).filename().string();
}

absl::Status RowError(const RunFile& run, const Row& row, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(run.path, ": benchmarks[", row.index, "] \"", row.full_name, "\": ", what));
}

absl::Status CheckComplete(const RunFile& run) {
  if (run.truncated) {
    return absl::InvalidArgumentError(absl::StrCat(
        run.path, ": cut short after ", run.rows.size(),
        " complete rows; a submission rests on a complete run: run the benchmark again"));
  }
  std::size_t iterations = 0;
  for (const Row& row : run.rows) {
    if (row.kind != RowKind::kIteration) continue;
    ++iterations;
    if (row.real_time_s.value_or(0) <= 0) {
      return RowError(run, row,
                      "real_time is not a positive number: find out why and run it again");
    }
  }
  if (iterations > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      run.path, run.rows.empty()
                    ? ": no rows: check --benchmark_filter"
                    : ": no repetitions, only aggregates or errors; a submission holds "
                      "raw samples: run without --benchmark_report_aggregates_only"));
}

absl::Status CheckOneProgram(const RunFile& run) {
  if (!run.record || !ComparesBinaries(*run.record)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(run.path,
                   ": holds the same rows of two programs; a submission is about one: "
                   "judge them with podium compare ",
                   run.path));
}

absl::Status CheckRepetitions(const RunFile& run, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    const Sample* times = entry.Times();
    if (!times || times->n() > 1) continue;
    for (const Row& row : run.rows) {
      if (row.run_name != entry.name) continue;
      return RowError(run, row,
                      "1 repetition; a confidence interval needs at least 2: run with "
                      "--benchmark_repetitions=10");
    }
    return absl::InvalidArgumentError(
        absl::StrCat(run.path, ": \"", entry.name,
                     "\": 1 repetition; a confidence interval needs at least 2: run with "
                     "--benchmark_repetitions=10"));
  }
  return absl::OkStatus();
}

bool Wanted(const Entry& entry, const std::vector<std::string>& workloads) {
  if (workloads.empty()) return true;
  for (const std::string& part : workloads) {
    if (absl::StrContains(entry.parts.workload, part)) return true;
  }
  return false;
}

// The plan by which `podium run` made the file, if it was carried out, and the rest it says of itself.
Json DescribeRun(const RunFile& run, const std::vector<Entry>& entries) {
  Json json = Json::object();
  const std::optional<long> rounds = RoundsOf(entries);
  if (!run.record || !rounds) {
    PutOrReason(json, "plan", nullptr,
                run.record ? "not all rows tell their round" : "the run was made by hand");
    return json;
  }
  const RunRecord& record = *run.record;
  const std::optional<long> promised = PromisedRounds(record.plan);
  PutOrReason(
      json, "plan", promised && *promised <= *rounds ? Json(record.plan) : Json(),
      absl::StrCat(record.plan, promised ? " was cut short" : " is no plan of this release"));
  Json& details = json["run"] = {
      {"order", record.design}, {"seed", record.seed}, {"stopped_because", record.stopped_because}};
  PutOrReason(details, "target_ci", record.target_ci ? Json(*record.target_ci) : Json(),
              "not asked for: the number of rounds was fixed");
  return json;
}

// Leaves of what DescribeRun says of one file only what it says of another as well.
void KeepShared(const Json& other, Json& json) {
  if (!other.contains("run")) json.erase("run");
  const Json mine = json;
  for (const auto& [key, value] : mine.items()) {
    if (!other.contains(key) || value == other.at(key)) continue;
    if (key == "run") {
      KeepShared(other.at(key), json[key]);
    } else if (!absl::EndsWith(key, "_reason")) {
      PutOrReason(json, key, nullptr, "the run files differ in it");
    }
  }
}

Json Conditions(const Context& context) {
  const auto get = [&](const std::string& key) {
    const auto found = context.find(key);
    return found == context.end() ? Json() : Json(found->second);
  };
  Json conditions = Json::object();
  PutOrReason(conditions, "warm_up_s", nullptr,
              "the run file does not say; Google Benchmark discards the runs by which it chooses "
              "the number of iterations");
  PutOrReason(conditions, "seed", get("podium.seed"), "the run file's context has no podium.seed");
  Json overhead = get("podium.timer_overhead_ns");
  double ns = 0;
  if (overhead.is_string() && absl::SimpleAtod(overhead.get<std::string>(), &ns) && ns >= 0 &&
      std::isfinite(ns)) {
    overhead = ns * 1e-9;
  } else {
    overhead = nullptr;
  }
  PutOrReason(conditions, "timer_overhead_s", overhead,
              "the run file's context has no podium.timer_overhead_ns");
  return conditions;
}

Json DescribeSource(const Source& source, const std::vector<std::string>& warnings) {
  const Context& context = source.run.context;
  Json json = {
      {"file", FileName(source.run)}, {"sha256", source.sha256}, {"size_bytes", source.size_bytes}};
  const auto git_sha = context.find("podium.git_sha");
  PutOrReason(json, "git_sha", git_sha == context.end() ? Json() : Json(git_sha->second),
              "the run file's context has no podium.git_sha");
  json["warnings"] = warnings;
  return json;
}

// The reader names the file by the path it was given; a submission travels, so by its name alone.
std::vector<std::string> SourceWarnings(const RunFile& run, const EntrySet& set) {
  std::vector<std::string> warnings;
  for (const std::string& warning : run.warnings) {
    warnings.push_back(absl::StrCat(absl::StartsWith(warning, run.path) ? FileName(run) : "",
                                    absl::StripPrefix(warning, run.path)));
  }
  for (const std::string& warning : set.warnings) {
    warnings.push_back(absl::StrCat(FileName(run), ": ", warning));
  }
  return warnings;
}

// Rows of one submission should come from one program and one set of inputs; of two baselines for
// a family the earlier file's holds.
void WarnOfConflicts(const RunFile& first, const RunFile& run, std::vector<std::string>& warnings) {
  for (const auto& [key, value] : run.context) {
    if (key != "podium.seed" && key != "podium.git_sha" &&
        !absl::StartsWith(key, kBaselinePrefix)) {
      continue;
    }
    const auto found = first.context.find(key);
    if (found == first.context.end() || found->second == value) continue;
    warnings.push_back(absl::StrCat(FileName(run), ": ", key, " is ", value, ", but ",
                                    found->second, " in ", FileName(first)));
  }
}

absl::Status CheckBaselines(const std::string& path, const Inputs& inputs) {
  const Pairing pairing = PairEntries(inputs.entries, inputs.selection);
  if (!pairing.pairs.empty() || pairing.families_without_baseline.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": no baseline: the file names none for ", pairing.families_without_baseline.front(),
      ": give --baseline=V, one of ", absl::StrJoin(VariantNames(inputs.entries), ", ")));
}

// Where all ran on one host, its name tells nothing that system_info does not.
void DropTheOnlyHost(std::vector<Entry>& entries) {
  std::set<std::string> hosts;
  for (const Entry& entry : entries) {
    for (const Origin& origin : entry.origins) hosts.insert(origin.host);
  }
  if (hosts.size() > 1) return;
  for (Entry& entry : entries) {
    for (Origin& origin : entry.origins) origin.host.clear();
  }
}

}  // namespace

absl::StatusOr<Source> ReadSource(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<RunFile> run = ParseRunFile(path, *text);
  if (!run.ok()) return run.status();
  return Source{*std::move(run), Sha256Hex(*text), text->size()};
}

bool ComparesBinaries(const RunRecord& record) {
  return std::any_of(record.processes.begin(), record.processes.end(),
                     [](const ProcessRecord& process) { return process.side == kContenderSide; });
}

std::map<std::string, std::string> ContextBaselines(const Context& context) {
  std::map<std::string, std::string> baselines;
  for (const auto& [key, variant] : context) {
    if (absl::StartsWith(key, kBaselinePrefix)) {
      baselines[key.substr(kBaselinePrefix.size())] = variant;
    }
  }
  return baselines;
}

absl::Status CheckVariants(const std::string& path, const std::vector<Entry>& entries,
                           const Selection& selection) {
  const std::vector<std::string> names = VariantNames(entries);
  const std::set<std::string> known(names.begin(), names.end());
  for (const auto& [flag, value] : {std::pair("--baseline", &selection.baseline),
                                    std::pair("--optimized", &selection.optimized)}) {
    if (!*value || known.contains(**value)) continue;
    bool is_name = false;
    for (const Entry& entry : entries) is_name = is_name || entry.name == **value;
    if (is_name) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", flag, "=", **value,
                                                   ": no such variant: the file has ",
                                                   absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

absl::StatusOr<Inputs> BuildInputs(const std::vector<Source>& sources,
                                   const SubmitOptions& options) {
  const RunFile& first = sources.front().run;
  Inputs inputs;
  inputs.division = options.division;
  const auto date = first.context.find("date");
  if (date != first.context.end()) inputs.timestamp = ToUtc(date->second);
  inputs.submitter = options.submitter;
  inputs.system_info = SystemInfo(first.context);
  inputs.same_run = sources.size() == 1 ? SameRun::kYes : SameRun::kNo;
  inputs.rule = options.rule;
  inputs.selection.baseline = options.baseline;
  inputs.selection.optimized = options.optimized;
  inputs.selection.workloads = options.workloads;

  Json described = Json::array();
  std::vector<Json> runs;
  std::set<std::string> names, files;
  long first_origin = 0;  // processes and rounds of two files must not share a number
  for (const Source& source : sources) {
    const RunFile& run = source.run;
    if (absl::Status status = CheckComplete(run); !status.ok()) return status;
    if (!files.insert(FileName(run)).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          run.path, ": a second file of this name: a submission names its files: rename one"));
    }
    if (absl::Status status = CheckOneProgram(run); !status.ok()) return status;
    EntrySet set = CollectEntries(run, first_origin);
    if (run.record) first_origin += static_cast<long>(run.record->processes.size());
    std::vector<std::string> warnings = SourceWarnings(run, set);
    if (run.record) {
      for (const std::string& line : ProcessDifferences(*run.record, run.context)) {
        warnings.push_back(absl::StrCat(FileName(run), ": ", line));
      }
    }
    const std::vector<std::string> differences = EnvironmentDifferences(first.context, run.context);
    if (!differences.empty()) {
      warnings.push_back(absl::StrCat(FileName(run), ": differs from ", FileName(first), " in ",
                                      absl::StrJoin(differences, ", ")));
    }
    WarnOfConflicts(first, run, warnings);
    described.push_back(DescribeSource(source, warnings));
    inputs.selection.baselines.merge(ContextBaselines(run.context));
    std::vector<Entry> kept;
    for (Entry& entry : set.entries) {
      if (!Wanted(entry, options.workloads)) continue;
      if (entry.errors.empty() && !entry.Times()) continue;  // aggregates of another run
      if (!names.insert(entry.name).second) {
        return absl::InvalidArgumentError(absl::StrCat(
            run.path, ": \"", entry.name, "\" is in an earlier file too: give each row once"));
      }
      kept.push_back(std::move(entry));
    }
    if (absl::Status status = CheckRepetitions(run, kept); !status.ok()) return status;
    runs.push_back(DescribeRun(run, kept));
    std::move(kept.begin(), kept.end(), std::back_inserter(inputs.entries));
  }
  DropTheOnlyHost(inputs.entries);
  if (inputs.entries.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        first.path, ": no row matches --workload=", absl::StrJoin(options.workloads, ",")));
  }
  inputs.conditions = runs.front();
  for (const Json& run : runs) KeepShared(run, inputs.conditions);
  inputs.conditions.update(Conditions(first.context));
  inputs.provenance = {{"tool", "podium"},
                       {"tool_version", kToolVersion},
                       {"command_line", options.command_line},
                       {"sources", std::move(described)}};
  for (absl::Status status : {CheckVariants(first.path, inputs.entries, inputs.selection),
                              CheckBaselines(first.path, inputs), CheckDivision(inputs)}) {
    if (!status.ok()) return status;
  }
  return inputs;
}

}  // namespace podium::report
