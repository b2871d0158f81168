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
#include "tools/cli/measure.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/stats/hierarchy.h"
#include "tools/submission/needed_n.h"

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
    "  podium run --plan=standard -o pilot.json -- ./bench --benchmark_filter=int8_matmul\n"
    "  podium plan pilot.json --effect=2%\n"
    "\n"
    "If a row is faster or slower by F, compare finds it improved or regressed, beyond the "
    "threshold,\n"
    "in 80 % of runs of so many rounds. The correction asks for more rounds the more rows there "
    "are.\n"
    "A pilot of 20 rounds (--plan=standard) knows the noise to about 20 % and the number of rounds "
    "to\n"
    "about 40 %, if the machine stays as it was. 10 rounds is the least, so that a process that\n"
    "something disturbs does not decide.\n"
    "\n"
    "baseline, optimized: standard deviation of ln(time) from process to process, and from "
    "repetition\n"
    "to repetition within one. ICC: the share of the variance that lies between processes. Best: "
    "how\n"
    "many repetitions a process should make, for what its start costs.\n"
    "\n"
    "Exit status: 0 planned; 2 no number of rounds does, or the run cannot tell.\n";

// A disturbed process spoils the ranks of a few rounds; of 10 + 10, two such still leave p < 0.05. A
// pilot without any would plan as if there were none to come.
constexpr double kLeastPlanned = 10;

struct Options {
  double effect = 0;
  double threshold = 0.01;
  double alpha = 0.05;
  std::string correction = "holm";
  Selection selection;
  View view = {};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("effect", &options.effect, "F", "the smallest difference to be found; required");
  flags.Add("threshold", &options.threshold, "F",
            "what compare is to find it beyond, smaller than --effect (default 1%)");
  flags.Add("alpha", &options.alpha, "A", "significance level (default 0.05)");
  flags.Add("correction", &options.correction, "C", "over the rows: holm (default) or none");
  flags.Add("baseline", &options.selection.baseline, "V", "in one run: the baseline variant");
  flags.Add("optimized", &options.selection.optimized, "V",
            "in one run: the only variant compared");
  AddViewFlags(flags, options.view);
  return flags;
}

absl::Status CheckOptions(const Options& options) {
  if (!(options.effect > 0 && options.effect <= 1)) {
    return absl::InvalidArgumentError("needs --effect=F above 0 and at most 100%, such as 2%");
  }
  if (!(options.threshold >= 0 && options.threshold < options.effect)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--threshold=", options.threshold, ": must be 0 or more and smaller than --effect=",
        options.effect, ", as compare reports only what lies beyond it"));
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

VarianceLevels LevelsOf(const Entry& entry) {
  std::map<long, std::vector<double>> processes;
  for (std::size_t i = 0; i < entry.origins.size(); ++i) {
    processes[entry.origins[i].process].push_back(std::log(entry.Times()->values()[i]));
  }
  ByProcess values;
  for (auto& [process, logs] : processes) values.push_back(std::move(logs));
  return SplitVariance(values);
}

std::optional<double> MeanOf(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional((*a + *b) / 2) : std::nullopt;
}

std::string SpreadText(const VarianceLevels& levels) {
  const auto text = [](const std::optional<double>& variance) {
    return variance ? absl::StrFormat("%.2g%%", 100 * std::sqrt(*variance)) : "-";
  };
  return levels.within ? absl::StrCat(text(levels.between), " + ", text(levels.within)) : "";
}

struct PlannedRow {
  std::string name;
  std::optional<double> rounds;
  std::vector<std::string> cells;  // all but the name and the rounds
};

PlannedRow PlanRow(const Comparison& comparison, const Options& options, double alpha,
                   const std::optional<double>& start_in_repetitions) {
  const Judgement& judgement = comparison.judgement;
  const VarianceLevels a = LevelsOf(*comparison.baseline), b = LevelsOf(*comparison.optimized);
  VarianceLevels both{MeanOf(a.within, b.within), MeanOf(a.between, b.between), std::nullopt};
  both.icc = MeanOf(a.icc, b.icc);
  const std::optional<std::size_t> best =
      start_in_repetitions ? BestRepetitions(both, *start_in_repetitions) : std::nullopt;
  PlannedRow row{OneLine(comparison.optimized->name),
                 CountToDetect(judgement, options.effect, options.threshold, alpha),
                 {absl::StrFormat("+-%.2g%% at %d", 100 * LogHalfWidth(judgement),
                                  std::min(judgement.n_baseline, judgement.n_optimized)),
                  SpreadText(a), SpreadText(b), both.icc ? absl::StrFormat("%.2f", *both.icc) : "",
                  best ? Count(*best, "repetition") : ""}};
  if (row.rounds) row.rounds = std::max(*row.rounds, kLeastPlanned);
  if (row.rounds && *row.rounds > static_cast<double>(kMostRounds)) row.rounds = std::nullopt;
  return row;
}

std::string Table(const std::vector<PlannedRow>& rows, std::size_t columns) {
  std::vector<std::vector<std::string>> lines = {
      {"row", "rounds", "interval", "baseline", "optimized", "ICC", "best"}};
  for (const PlannedRow& row : rows) {
    lines.push_back({row.name, row.rounds ? absl::StrFormat("%.0f", *row.rounds) : "none"});
    lines.back().insert(lines.back().end(), row.cells.begin(), row.cells.end());
  }
  // The levels of variance have no heading where no process made two repetitions.
  const bool levels = std::any_of(rows.begin(), rows.end(),
                                  [](const PlannedRow& row) { return !row.cells[1].empty(); });
  if (!levels) lines.front().resize(3);
  return AlignColumns({{"", false, 0},
                       {"   ", true, 0},
                       {"   ", false, 1},
                       {"   ", false, 4},
                       {"   ", false, 5},
                       {"   ", false, 3},
                       {"   ", false, 2}},
                      lines, columns);
}

int Print(const std::vector<PlannedRow>& rows, const OneRun& run, const Options& options,
          double alpha, Streams streams) {
  streams.out << Table(rows, streams.columns);
  double most = 0;
  for (const PlannedRow& row : rows) {
    if (row.rounds) {
      most = std::max(most, *row.rounds);
      continue;
    }
    return Refuse("plan",
                  absl::InvalidArgumentError(absl::StrCat(
                      row.name, ": no number of rounds up to ", kMostRounds,
                      " finds so small a difference in this noise: plan for a larger --effect")),
                  streams);
  }
  const std::string family =
      rows.size() > 1 && options.correction == "holm"
          ? absl::StrFormat(", so that %.4g hold for all %d", options.alpha, rows.size())
          : "";
  streams.out << absl::StrFormat(
      "%.0f rounds find a difference of %s in every row with 80%% power (threshold %s, alpha %.3g "
      "a row%s)\n",
      most, FormatPercent(options.effect), FormatPercent(options.threshold), alpha, family);
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
  const auto files = ParseView(flags, options.view, args);
  absl::Status status = files.status();
  if (status.ok()) status = CheckOptions(options);
  if (!status.ok()) return Refuse("plan", status, streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("plan", runs.status(), streams);
  RunRule rule;
  rule.verdict.alpha = options.alpha;
  const auto comparison = CompareRead(*runs, options.selection, rule, streams);
  if (!comparison.ok()) return Refuse("plan", comparison.status(), streams);

  std::vector<Comparison> usable;
  for (const Comparison& row : comparison->rows) {
    if (!IsConfounded(row.judgement.design)) {
      usable.push_back(row);
    } else {
      streams.err << "not planned: " << OneLine(row.optimized->name)
                  << ": measured in too few rounds\n";
    }
  }
  if (usable.empty()) {
    return Refuse("plan",
                  absl::InvalidArgumentError(absl::StrCat(
                      files->front(),
                      ": no row was measured in several processes a side, so that their variance "
                      "is not known: make a pilot with podium run --plan=standard")),
                  streams);
  }
  const double alpha = options.correction == "none"
                           ? options.alpha
                           : options.alpha / static_cast<double>(comparison->rows.size());
  std::vector<PlannedRow> rows;
  for (const Comparison& row : usable) {
    rows.push_back(PlanRow(row, options, alpha, runs->front().start_in_repetitions));
  }
  return Print(rows, runs->front(), options, alpha, streams);
}

}  // namespace podium::report
