// podium comply RUN.json
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/compliance.h"
#include "tools/submission/derive.h"
#include "tools/submission/environment.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Do the networks of MLPerf Tiny reach TinyMLPerf's targets of accuracy and latency?\n"
    "\n"
    "usage: podium comply RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] = R"(
Example:
  bench --isa=best --data_dir=DIR --benchmark_repetitions=10 \
        --benchmark_filter='^model/.*net:(kws|vww|ad|ic)/batch:1$' \
        --benchmark_out=run.json --benchmark_out_format=json
  podium comply run.json
  podium comply run.json --filter=variant:int8 --format=markdown

  keyword_spotting      net:kws  top-1 >= 0.90  within 100 ms
  visual_wake_words     net:vww  top-1 >= 0.80  within 200 ms
  anomaly_detection     net:ad   AUC   >= 0.85  within  50 ms
  image_classification  net:ic   top-1 >= 0.75  within 150 ms; MLPerf Tiny asks for 0.85

Accuracy is that on labelled inputs, AUC the area under the ROC curve; latency is judged by the
95 % interval of its mean. What is timed of kws begins at its 49x10 features, as in MLPerf Tiny.
What was not measured is not judged. Exit status: 0 no task is known to miss a target; 1 some does;
2 bad usage or bad input; with --require_conclusive, 3 some task is not judged.
)";

struct Options {
  std::string baseline = "f32";
  bool require_conclusive = false;
  View view = {.formats = {"table", "markdown", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("baseline", &options.baseline, "V",
            "the variant that is the network as trained, f32 by default");
  AddViewFlags(flags, options.view);
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a task is not judged");
  return flags;
}

std::string YesNo(const std::optional<bool>& met) { return !met ? "-" : *met ? "yes" : "no"; }

std::string AccuracyText(const TaskResult& r) {
  if (!r.accuracy) return "-";
  return absl::StrCat(FormatFixed(r.accuracy->value, 4), " ", r.task->metric);
}

std::string LatencyText(const TaskResult& r) {
  if (!r.latency) return "-";
  return absl::StrCat(FormatSeconds(r.latency->value), " [", FormatSeconds(r.latency->interval.lo),
                      ", ", FormatSeconds(r.latency->interval.hi), "]");
}

std::vector<std::vector<std::string>> Cells(const Compliance& compliance) {
  std::vector<std::vector<std::string>> cells = {{"task", "complies", "accuracy", "target", "met",
                                                  "MLPerf Tiny", "latency [95% CI]", "limit", "met",
                                                  "energy"}};
  for (const TaskResult& r : compliance.tasks) {
    cells.push_back(
        {r.task->name, YesNo(r.compliant), AccuracyText(r),
         absl::StrFormat("%.2f", r.task->accuracy), YesNo(r.accuracy_met),
         absl::StrFormat("%s (%.2f)", YesNo(r.mlperf_accuracy_met), r.task->mlperf_accuracy),
         LatencyText(r), FormatSeconds(r.task->latency_s), YesNo(r.latency_met),
         r.energy_j ? absl::StrCat(FormatCount(r.energy_j->value * 1e6), " uJ") : "-"});
  }
  return cells;
}

// Figures that are missing, each with its reason.
std::vector<std::string> Notes(const Compliance& compliance, const Json& system_info) {
  std::vector<std::string> notes;
  const Json reason = system_info.value("energy_source_reason", Json());
  if (reason.is_string()) notes.push_back(absl::StrCat("energy: ", reason.get<std::string>()));
  for (const TaskResult& r : compliance.tasks) {
    if (!r.reason.empty()) notes.push_back(absl::StrCat(r.task->name, ": ", r.reason));
  }
  return notes;
}

std::string Heading(const Compliance& c) {
  return absl::StrCat(c.variant, c.isa.empty() ? "" : " on ", c.isa, ", ",
                      c.division.closed ? "closed" : "open", " division: compliance rate ",
                      c.rate() ? FormatPercent(*c.rate()) : "-", ", ", c.compliant, " of ",
                      c.judged, " judged, of ", c.tasks.size(), " tasks");
}

std::string Table(const std::vector<Compliance>& all, const Json& system_info,
                  std::size_t columns) {
  std::string text;
  for (const Compliance& compliance : all) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", Heading(compliance), "\n",
                    AlignColumns({{"  ", false, 0},
                                  {"   ", false, 0},
                                  {"   ", false, 0},
                                  {"   ", false, 3},
                                  {"  ", false, 3},
                                  {"   ", false, 2},
                                  {"   ", false, 1},
                                  {"   ", true, 4},
                                  {"  ", false, 4},
                                  {"   ", true, 5}},
                                 Cells(compliance), columns));
    for (const std::string& note : Notes(compliance, system_info))
      absl::StrAppend(&text, "  ", note, "\n");
  }
  return text;
}

std::string Markdown(const std::vector<Compliance>& all, const Json& system_info) {
  std::string text = absl::StrCat("# TinyMLPerf compliance\n\n_", kNotice, "_\n\n");
  for (const char* key : {"cpu_model", "compiler", "kernel"}) {
    const Json& value = system_info.at(key);
    if (value.is_string()) {
      absl::StrAppend(&text, "- ", key, ": ", MarkdownCell(value.get<std::string>()), "\n");
    }
  }
  for (const Compliance& compliance : all) {
    absl::StrAppend(&text, "\n## ", MarkdownCell(Heading(compliance)), "\n\n",
                    MarkdownTable(Cells(compliance)), "\n");
    for (const std::string& note : Notes(compliance, system_info)) {
      absl::StrAppend(&text, "- ", MarkdownCell(note), "\n");
    }
  }
  return text;
}

Json OrNull(const std::optional<bool>& met) { return met ? Json(*met) : Json(); }

// `no_energy`: why rows have none.
Json AsJson(const TaskResult& r, const std::string& no_energy) {
  const TinyTask& task = *r.task;
  Json json = {{"name", r.row->name}, {"input", task.input}, {"accuracy_metric", task.metric}};
  PutOrReason(json, "accuracy", r.accuracy ? Json(r.accuracy->value) : Json(), r.reason);
  json["target_accuracy"] = task.accuracy;
  PutOrReason(json, "accuracy_met", OrNull(r.accuracy_met), r.reason);
  json["mlperf_target_accuracy"] = task.mlperf_accuracy;
  PutOrReason(json, "mlperf_accuracy_met", OrNull(r.mlperf_accuracy_met), r.reason);
  PutOrReason(json, "latency_s", r.latency ? Json(r.latency->value) : Json(), r.reason);
  const bool bounded = r.latency && std::isfinite(r.latency->interval.hi);
  PutOrReason(json, "latency_s_ci",
              bounded ? Json({r.latency->interval.lo, r.latency->interval.hi}) : Json(),
              "needs 2 repetitions or more");
  json["target_latency_s"] = task.latency_s;
  PutOrReason(json, "energy_j", r.energy_j ? Json(r.energy_j->value) : Json(), no_energy);
  PutOrReason(json, "latency_met", OrNull(r.latency_met), r.reason);
  PutOrReason(json, "compliant", OrNull(r.compliant), r.reason);
  return json;
}

Json AsJson(const std::vector<Compliance>& all, const Json& system_info) {
  const std::string no_energy = system_info.value("energy_source_reason", "the row has none");
  Json configurations = Json::array();
  for (const Compliance& c : all) {
    Json tasks;
    for (const TaskResult& r : c.tasks) {
      PutOrReason(tasks, r.task->name, r.row == nullptr ? Json() : AsJson(r, no_energy), r.reason);
    }
    Json summary = {{"tasks", c.tasks.size()}, {"judged", c.judged}, {"compliant", c.compliant}};
    PutOrReason(summary, "compliance_rate", c.rate() ? Json(*c.rate()) : Json(),
                "no task could be judged");
    summary["overall_compliant"] = c.all();
    configurations.push_back({{"variant", c.variant},
                              {"isa", c.isa},
                              {"division", c.division.closed ? "closed" : "open"},
                              {"tasks", std::move(tasks)},
                              {"summary", std::move(summary)}});
  }
  return {{"report", "tinymlperf"},
          {"notice", kNotice},
          {"system_info", system_info},
          {"configurations", std::move(configurations)}};
}

int StatusOf(const std::vector<Compliance>& all, bool require_conclusive) {
  bool missed = false, open = false;
  for (const Compliance& c : all) {
    missed = missed || c.compliant < c.judged;
    open = open || c.judged < c.tasks.size();
  }
  if (missed) return kDoesNotHold;
  return open && require_conclusive ? kInconclusive : kHolds;
}

}  // namespace

int Comply(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args);
  if (!files.ok()) return Refuse("comply", files.status(), streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("comply", runs.status(), streams);
  const OneRun& run = runs->front();
  const std::vector<Compliance> all = JudgeCompliance(run.entries, options.baseline);
  if (all.empty()) {
    return Refuse("comply",
                  absl::InvalidArgumentError(absl::StrCat(
                      run.path,
                      ": no row model/.../net:N/batch:1 with N of kws, vww, ad or ic: see "
                      "podium comply --help")),
                  streams);
  }
  const Json system_info = SystemInfo(run.context);
  streams.out << (options.view.Is("json")       ? Serialize(AsJson(all, system_info))
                  : options.view.Is("markdown") ? Markdown(all, system_info)
                                                : Table(all, system_info, streams.columns));
  return StatusOf(all, options.require_conclusive);
}

}  // namespace podium::report
