// podium compare OLD.json NEW.json, or RUN.json --baseline=V --optimized=V
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/comparison_formats.h"
#include "tools/render/verdict_table.h"
#include "tools/submission/metric.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Compares two runs row by row, the variants of one run, or the two programs of one run made "
    "with\n"
    "--baseline_binary; a gate for CI.\n"
    "\n"
    "usage: podium compare OLD.json NEW.json [FLAGS]\n"
    "       podium compare RUN.json [--baseline=V] [--optimized=V] [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium run -o run.json --baseline_binary=./old_bench -- ./bench\n"
    "  podium compare run.json\n"
    "  podium compare run.json --filter=M:64,int8 --metric=cpu_time_s --format=markdown\n"
    "  podium compare old.json new.json --threshold=5%\n"
    "\n"
    "A speedup is old time / new time; of another --metric, a ratio above 1 is an improvement. "
    "What\n"
    "does not vary, such as size_bytes, is compared without a test. Fresh processes in rounds, as "
    "podium\n"
    "run makes them, can show small differences; of one process a side, or of one side after the "
    "other,\n"
    "only what exceeds --process_allowance is told from chance. --correction keeps the share of "
    "false alarms at alpha however many rows there are.\n"
    "\n"
    "Exit status: 0 no row is known to be worse; 1 some row regressed, fails, or lost quality; 2 "
    "bad\n"
    "usage or bad input; with --require_conclusive, 3 some row is inconclusive, gone or not\n"
    "comparable, or a file was cut short.\n";

struct Options {
  RunRule rule;
  Selection selection;
  View view = {.formats = {"table", "markdown", "csv", "json"}};
  std::string metric = std::string(kTimeMetric);
  std::string correction = "holm";
  std::string sort = "name";
  bool require_conclusive = false;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("baseline", &options.selection.baseline, "V", "in one run: the baseline variant");
  flags.Add("optimized", &options.selection.optimized, "V",
            "in one run: the only variant compared");
  AddViewFlags(flags, options.view);
  flags.Add("metric", &options.metric, "M",
            "time_s (default), cpu_time_s, ops_per_s, size_bytes, or a counter as hits:higher");
  AddRuleFlags(flags, options.rule.verdict);
  flags.Add("correction", &options.correction, "C",
            "over the rows: holm (default), benjamini_hochberg or none");
  flags.Add("quality_tolerance", &options.rule.quality_tolerance, "F",
            "of two runs: by how much accuracy or top-1 agreement may fall (default 0.01)");
  flags.Add("sort", &options.sort, "S", "name (order of the file, default), speedup, p or verdict");
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a row has no verdict");
  return flags;
}

absl::Status CheckOptions(Options& options, const std::vector<std::string>& files) {
  if (absl::Status status = CheckRule(options.rule.verdict); !status.ok()) return status;
  const double tolerance = options.rule.quality_tolerance;
  if (!(tolerance >= 0 && tolerance <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("--quality_tolerance=", tolerance,
                                                   ": must lie between 0 and 1, such as 0.01"));
  }
  const auto correction = CorrectionFromName(options.correction);
  if (!correction) {
    return absl::InvalidArgumentError(absl::StrCat("--correction=", options.correction,
                                                   ": must be holm, benjamini_hochberg or none"));
  }
  options.rule.verdict.correction = *correction;
  const auto is_one_of = [](const std::string& value, std::vector<std::string> words) {
    return std::find(words.begin(), words.end(), value) != words.end();
  };
  if (!is_one_of(options.sort, {"name", "speedup", "p", "verdict"})) {
    return absl::InvalidArgumentError(
        absl::StrCat("--sort=", options.sort, ": must be name, speedup, p or verdict"));
  }
  if (files.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(files[2], ": a third file: compare takes one or two"));
  }
  return absl::OkStatus();
}

void Sort(const std::string& by, std::vector<Comparison>& rows) {
  const auto order = [&](auto key) {
    std::stable_sort(rows.begin(), rows.end(), [&](const Comparison& a, const Comparison& b) {
      return key(a.judgement) < key(b.judgement);
    });
  };
  if (by == "speedup") order([](const Judgement& j) { return j.speedup; });
  if (by == "p") order([](const Judgement& j) { return j.p; });
  if (by == "verdict") {  // the worst first
    order([](const Judgement& j) {
      switch (j.verdict) {
        case Verdict::kRegressed:
          return 0;
        case Verdict::kInconclusive:
          return 1;
        case Verdict::kEquivalent:
          return 2;
        case Verdict::kImproved:
          break;
      }
      return 3;
    });
  }
}

int Report(const RunComparison& comparison, Compared compared, const Options& options,
           Streams streams) {
  const TableStyle style{.compared = compared,
                         .metric = options.rule.metric,
                         .columns = streams.columns,
                         .color = streams.color};
  const VerdictRule& rule = options.rule.verdict;
  if (options.view.Is("table")) {
    streams.out << VerdictTable(comparison.rows, rule, style);
    for (const std::string& note : comparison.notes) streams.out << OneLine(note) << "\n";
    streams.out << ComparisonSummary(comparison, rule, style.metric) << "\n";
  }
  if (options.view.Is("markdown")) streams.out << ComparisonMarkdown(comparison, rule, style);
  if (options.view.Is("json")) streams.out << ComparisonJson(comparison, rule, style.metric);
  if (options.view.Is("csv")) {
    streams.out << ComparisonCsv(comparison, style.metric);
    for (const std::string& note : comparison.notes) streams.err << OneLine(note) << "\n";
  }

  if (comparison.regressed + comparison.failed + comparison.worse > 0) return kDoesNotHold;
  if (comparison.rows.empty() && comparison.constants == 0) {
    return Refuse("compare", absl::InvalidArgumentError("no rows to compare: the notes say why"),
                  streams);
  }
  const bool open = comparison.inconclusive + comparison.not_compared + comparison.cut_short > 0;
  return open && options.require_conclusive ? kInconclusive : kHolds;
}

}  // namespace

int Compare(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args, Files::kOneOrMore);
  if (!files.ok()) return Refuse("compare", files.status(), streams);
  if (absl::Status status = CheckOptions(options, *files); !status.ok()) {
    return Refuse("compare", status, streams);
  }
  const absl::StatusOr<MetricChoice> metric = ParseMetric(options.metric);
  if (!metric.ok()) return Refuse("compare", metric.status(), streams);

  options.rule.metric = *metric;
  absl::StatusOr<std::vector<OneRun>> runs =
      ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("compare", runs.status(), streams);
  for (OneRun& run : *runs) {
    if (absl::Status status = UseMetric(run.path, *metric, run.entries); !status.ok()) {
      return Refuse("compare", status, streams);
    }
  }
  absl::StatusOr<RunComparison> comparison =
      CompareRead(*runs, options.selection, options.rule, streams);
  if (!comparison.ok()) return Refuse("compare", comparison.status(), streams);
  Sort(options.sort, comparison->rows);
  return Report(*comparison, runs->size() == 2 ? Compared::kRuns : Compared::kVariants, options,
                streams);
}

}  // namespace podium::report
