// podium plan RUN.json --effect=2%
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/stats/hierarchy.h"
#include "tools/submission/metric.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "From a pilot run: how many rounds, and how long, to find a given difference.\n"
    "\n"
    "usage: podium plan RUN.json --effect=F [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium run --plan=quick -o pilot.json -- ./bench --benchmark_filter=int8_matmul\n"
    "  podium plan pilot.json --effect=2%\n"
    "\n"
    "With as many rounds, a row that is faster or slower by F is told from one that is not in 80 % "
    "of\n"
    "runs, and with the correction never mind how many rows there are. A pilot of 20 rounds knows "
    "the\n"
    "noise to about 20 %. Exit status: 0 planned; 2 the run cannot tell.\n";

struct Options {
  double effect = 0;
  double alpha = 0.05;
  std::string correction = "holm";
  Selection selection;
  std::vector<std::string> filter;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("effect", &options.effect, "F", "the smallest difference to be found; required");
  flags.Add("alpha", &options.alpha, "A", "significance level (default 0.05)");
  flags.Add("correction", &options.correction, "C", "over the rows: holm (default) or none");
  flags.Add("baseline", &options.selection.baseline, "V", "in one run: the baseline variant");
  flags.Add("optimized", &options.selection.optimized, "V",
            "in one run: the only variant compared");
  flags.Add("filter", &options.filter, "S,...",
            "only rows with every S: key:value, or a part of the name");
  return flags;
}

absl::Status CheckOptions(const Options& options, const std::vector<std::string>& files) {
  if (files.size() != 1) {
    return absl::InvalidArgumentError("needs one run file of podium run, such as pilot.json");
  }
  if (!(options.effect > 0 && options.effect <= 1)) {
    return absl::InvalidArgumentError("needs --effect=F above 0 and at most 100%, such as 2%");
  }
  if (!(options.alpha >= 1e-4 && options.alpha < 0.5)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--alpha=", options.alpha, ": must lie between 0.0001 and 0.5"));
  }
  if (options.correction != "holm" && options.correction != "none") {
    return absl::InvalidArgumentError(
        absl::StrCat("--correction=", options.correction, ": must be holm or none"));
  }
  return absl::OkStatus();
}

// Of all processes that finished, per round that has any.
std::optional<double> SecondsPerRound(const std::optional<RunRecord>& record) {
  if (!record) return std::nullopt;
  double seconds = 0;
  long rounds = 0;
  for (const ProcessRecord& process : record->processes) {
    seconds += process.wall_s.value_or(0);
    rounds = std::max(rounds, process.round + 1);
  }
  return rounds > 0 && seconds > 0 ? std::optional(seconds / static_cast<double>(rounds))
                                   : std::nullopt;
}

// How many repetitions a process should make, where it made several: what a process costs beside
// them is taken as one repetition, which is what Google Benchmark's own search for the number of
// iterations takes at least.
std::string RepetitionsText(const Entry& entry) {
  std::map<long, std::vector<double>> processes;
  for (std::size_t i = 0; i < entry.origins.size(); ++i) {
    processes[entry.origins[i].process].push_back(std::log(entry.Times()->values()[i]));
  }
  ByProcess values;
  for (auto& [process, logs] : processes) values.push_back(std::move(logs));
  const VarianceLevels levels = SplitVariance(values);
  const std::optional<std::size_t> best = BestRepetitions(levels, 1);
  if (!levels.icc) return "";
  return absl::StrFormat("ICC %.2f%s", *levels.icc,
                         best ? absl::StrCat(", best ", Count(*best, "repetition")) : "");
}

struct PlannedRow {
  std::string name;
  std::optional<double> rounds;
  std::string noise, repetitions;
};

PlannedRow PlanRow(const Comparison& comparison, double effect, double alpha) {
  const Judgement& judgement = comparison.judgement;
  const double half_width = (std::log(judgement.interval.hi) - std::log(judgement.interval.lo)) / 2;
  return {comparison.optimized->name, CountToDetect(judgement, effect, alpha),
          absl::StrFormat("+-%.2g%% at %d", 100 * half_width, judgement.n_baseline),
          RepetitionsText(*comparison.optimized)};
}

int Print(const std::vector<PlannedRow>& rows, const OneRun& run, const Options& options,
          double alpha, Streams streams) {
  std::vector<std::vector<std::string>> cells = {{"row", "interval", "rounds", ""}};
  double most = 0;
  for (const PlannedRow& row : rows) {
    cells.push_back({OneLine(row.name), row.noise,
                     row.rounds ? absl::StrFormat("%.0f", *row.rounds) : "over a million",
                     row.repetitions});
    most = std::max(most, row.rounds.value_or(1e6));
  }
  streams.out << AlignColumns(
      {{"", false, 0}, {"   ", false, 1}, {"   ", true, 0}, {"   ", false, 2}}, cells,
      streams.columns);
  streams.out << absl::StrFormat(
      "%.0f rounds find a difference of %s in every row with 80%% power (alpha %.3g a row%s)\n",
      most, FormatPercent(options.effect), alpha,
      rows.size() > 1 && options.correction == "holm"
          ? absl::StrFormat(", so that %.4g hold for all %d", options.alpha, rows.size())
          : "");
  if (const std::optional<double> seconds = SecondsPerRound(run.record)) {
    const absl::Duration whole = absl::Seconds(std::ceil(*seconds * most));
    streams.out << absl::StrFormat("%.3g s a round as in this run: %s: podium run --rounds=%.0f\n",
                                   *seconds, absl::FormatDuration(whole), most);
  }
  return kHolds;
}

}  // namespace

int Plan(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = flags.Parse(args);
  absl::Status status = files.status();
  if (status.ok()) status = CheckOptions(options, *files);
  if (!status.ok()) return Refuse("plan", status, streams);
  const auto runs = ReadRuns(*files, RowFilter(options.filter), streams);
  if (!runs.ok()) return Refuse("plan", runs.status(), streams);
  RunRule rule;
  rule.verdict.alpha = options.alpha;
  const auto comparison = CompareRead(*runs, options.selection, rule, streams);
  if (!comparison.ok()) return Refuse("plan", comparison.status(), streams);

  std::vector<Comparison> usable;
  for (const Comparison& row : comparison->rows) {
    const Design design = row.judgement.design;
    if (design == Design::kRounds || design == Design::kProcesses) usable.push_back(row);
  }
  if (usable.empty()) {
    return Refuse("plan",
                  absl::InvalidArgumentError(absl::StrCat(
                      files->front(),
                      ": no row was measured in several processes a side, so that their variance "
                      "is not known: make a pilot with podium run --plan=quick")),
                  streams);
  }
  const double alpha = options.correction == "none"
                           ? options.alpha
                           : options.alpha / static_cast<double>(usable.size());
  std::vector<PlannedRow> rows;
  for (const Comparison& row : usable) rows.push_back(PlanRow(row, options.effect, alpha));
  return Print(rows, runs->front(), options, alpha, streams);
}

}  // namespace podium::report
