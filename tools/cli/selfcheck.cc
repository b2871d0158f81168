// podium selfcheck -- ./bench
#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/measure.h"
#include "tools/gbench/reader.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/stats/diagnostics.h"
#include "tools/stats/distributions.h"
#include "tools/submission/build.h"
#include "tools/submission/entries.h"
#include "tools/submission/needed_n.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Measures this machine against itself: the same program on both sides. Whatever differs is\n"
    "noise, so it shows how often a verdict here would be false, and how small a difference this\n"
    "machine can resolve.\n"
    "\n"
    "usage: podium selfcheck [FLAGS] -- PROGRAM [ITS FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium selfcheck --plan=quick -- ./bench --isa=best --benchmark_filter=machine/\n"
    "\n"
    "A row per benchmark: A/A ratio with its interval and p; `resolves`, the smallest difference\n"
    "that this many rounds would find with 80% power; `processes`, how far the fresh processes of\n"
    "one program scatter (standard deviation of ln(time)); `drift`, from the first to the last\n"
    "round, where it is significant. The last line judges the same times as a tool would that "
    "runs\n"
    "one side after the other: first half against second half, Mann-Whitney.\n"
    "\n"
    "Exit status: 0 rows differ about as often as alpha allows; 1 over twice as often, so that\n"
    "verdicts of this machine mean little; 2 bad usage, or nothing measured. Twice is a rule of "
    "thumb:\n"
    "few rows have to exceed it by more, until chance would do so in less than 1% of runs if rows\n"
    "were independent, which those of one run are not quite.\n";

struct Options {
  MeasureFlags measure;
  double alpha = 0.05;
  std::string output;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  AddPlanFlags(flags, options.measure);
  flags.Add("alpha", &options.alpha, "A", "significance level (default 0.05)");
  flags.Add("o", &options.output, "FILE", "keep the measurements as a run file");
  return flags;
}

// The mean ln(time) of each process of either side, in the order in which they ran. Repetitions of a
// process share its luck, and would pass for more processes than there were.
std::vector<double> ProcessMeans(const Comparison& row) {
  std::map<long, std::vector<double>> processes;
  for (const Entry* entry : {row.baseline, row.optimized}) {
    const std::span<const double> times = entry->Times()->values();
    for (std::size_t i = 0; i < times.size(); ++i) {
      processes[entry->origins[i].process].push_back(std::log(times[i]));
    }
  }
  std::vector<double> means;
  for (const auto& [process, logs] : processes) means.push_back(Sample::Create(logs)->mean());
  return means;
}

// A rule of thumb. That chance explains `flagged` of `rows` in less than one run of 100 holds for
// independent rows; those of one run share what disturbs it, so that many rows exceed alpha a little
// too easily. More than twice alpha is what makes verdicts useless, whatever the reason.
bool AreTooMany(std::size_t flagged, std::size_t rows, double alpha) {
  constexpr double kChance = 0.01;
  return static_cast<double>(flagged) > 2 * alpha * static_cast<double>(rows) &&
         BinomialAtLeast(rows, alpha, flagged) < kChance;
}

// What the rounds of one row say about the machine.
struct Noise {
  bool flagged;                    // as a difference, which there is none
  bool flagged_in_file_order;      // by Mann-Whitney, first half against second half
  std::optional<double> resolves;  // the smallest difference that so many rounds find
  std::optional<double> processes;
  std::optional<Drift> drift;
};

// By bisection, as the number of rounds that a difference needs falls with its size.
std::optional<double> SmallestEffect(const Judgement& judgement, double alpha) {
  const auto finds = [&](double effect) {
    const std::optional<double> n = CountToDetect(judgement, effect, 0, alpha);
    return n && *n <= static_cast<double>(judgement.n_baseline);
  };
  double below = 1e-6, above = 10;
  if (!finds(above)) return std::nullopt;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(below * above);
    (finds(middle) ? above : below) = middle;
  }
  return above;
}

Noise NoiseOf(const Comparison& row, double alpha) {
  Noise noise{};
  noise.flagged = row.judgement.p <= alpha;
  noise.resolves = SmallestEffect(row.judgement, alpha);
  std::vector<double> series = ProcessMeans(row);
  noise.drift = FindDrift(series);
  const auto middle = series.begin() + static_cast<std::ptrdiff_t>(series.size() / 2);
  const auto first = Sample::Create({series.begin(), middle});
  const auto second = Sample::Create({middle, series.end()});
  if (first && second) {
    const auto test = MannWhitney(*first, *second);
    noise.flagged_in_file_order = test && test->p <= alpha;
  }
  const auto all = Sample::Create(std::move(series));
  if (all) noise.processes = all->std();
  return noise;
}

std::string PercentOrDash(const std::optional<double>& fraction) {
  return fraction ? absl::StrFormat("%.2g%%", *fraction * 100) : "-";
}

std::string Median(std::vector<double> values) {
  if (values.empty()) return "-";
  std::sort(values.begin(), values.end());
  return absl::StrFormat("%.2g%% (%.2g%% to %.2g%%)", Quantile(*Sample::Create(values), 0.5) * 100,
                         values.front() * 100, values.back() * 100);
}

// A table, and the sum of it in words. The exit status.
int Print(const RunComparison& comparison, double alpha, const RunRecord& record, Streams streams) {
  const std::vector<Column> columns = {{""},  {"  "}, {"  "}, {"  resolves "}, {"  processes "},
                                       {"  "}};
  std::vector<std::vector<std::string>> lines;
  std::vector<double> resolves, processes;
  std::size_t flagged = 0, flagged_in_file_order = 0, drifting = 0;
  for (const Comparison& row : comparison.rows) {
    const Noise noise = NoiseOf(row, alpha);
    flagged += noise.flagged;
    flagged_in_file_order += noise.flagged_in_file_order;
    if (noise.resolves) resolves.push_back(*noise.resolves);
    if (noise.processes) processes.push_back(*noise.processes);
    const bool drifts = noise.drift && noise.drift->p <= alpha;
    drifting += drifts;
    const Judgement& judgement = row.judgement;
    const int decimals = Decimals(judgement.interval);
    lines.push_back(
        {OneLine(row.optimized->name),
         absl::StrCat(FormatFixed(judgement.speedup, decimals), " ",
                      FormatInterval(judgement.interval, decimals)),
         absl::StrCat(FormatP(judgement.p), noise.flagged ? " FALSE" : ""),
         PercentOrDash(noise.resolves), PercentOrDash(noise.processes),
         drifts ? absl::StrFormat("drift %+.2g%%", std::expm1(noise.drift->change) * 100) : ""});
  }
  const std::size_t n = comparison.rows.size();
  const double expected = alpha * static_cast<double>(n);
  streams.out << AlignColumns(columns, lines) << "\n";
  streams.out << "false positives   " << flagged << " of " << Count(n, "row") << " at alpha "
              << alpha << ", " << absl::StrFormat("%.3g", expected) << " expected";
  if (n < 20) streams.out << "; so few rows tell little about their share";
  streams.out << "\nresolves          " << Median(resolves) << " in the median row, by "
              << Count(static_cast<std::size_t>(record.rounds.value_or(0)), "round") << "\n"
              << "processes         differ by " << Median(processes) << "\n"
              << "drift             significant in " << Count(drifting, "row") << "\n"
              << "in file order     Mann-Whitney would call " << flagged_in_file_order << " of "
              << Count(n, "row") << " different\n";
  if (!AreTooMany(flagged, n, alpha)) return kHolds;
  streams.out << "too many false positives: find out what disturbs this machine before you believe "
                 "a verdict of it\n";
  return kDoesNotHold;
}

// The two sides of the run as the comparison of two programs.
struct Sides {
  EntrySet baseline, contender;
};
absl::StatusOr<Sides> Collect(const RunResult& result) {
  EntryCollector baseline, contender;
  const absl::StatusOr<RunFile> file =
      ParseRunFile("the measurements", RunFileText(result), [&](const Row& row) {
        if (!row.process) return;
        const std::string& side = result.record.processes[*row.process].side;
        (side == kBaselineSide ? baseline : contender).Add(row);
      });
  if (!file.ok()) return file.status();
  return Sides{std::move(baseline).Finish(file->context),
               std::move(contender).Finish(file->context)};
}

}  // namespace

int Selfcheck(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const std::string command_line = absl::StrCat("podium selfcheck ", absl::StrJoin(args, " "));
  const auto command = TakeCommand(args);
  if (!command.ok()) return Refuse("selfcheck", command.status(), streams);
  const auto positional = flags.Parse(args);
  RunRule rule;
  rule.verdict.alpha = options.alpha;
  absl::Status status = positional.status();
  if (status.ok()) status = CheckRule(rule.verdict);
  if (status.ok() && !positional->empty()) {
    status = absl::InvalidArgumentError(
        absl::StrCat(positional->front(), ": unexpected: the program stands behind --"));
  }
  if (status.ok() && !options.output.empty()) status = CheckRunOutput(options.output);
  if (!status.ok()) return Refuse("selfcheck", status, streams);
  options.measure.baseline_binary = (*command)[0];
  const auto request = MakeRequest(options.measure, *command, options.output);
  if (!request.ok()) return Refuse("selfcheck", request.status(), streams);
  auto blocks = FindBlocks(*request);
  if (!blocks.ok()) return Refuse("selfcheck", blocks.status(), streams);
  auto result = Measure(*request, *std::move(blocks), "selfcheck", streams);
  if (!result.ok()) return Refuse("selfcheck", result.status(), streams);
  if (!options.output.empty()) {
    status = WriteRun(*result, command_line, options.output);
    if (!status.ok()) return Refuse("selfcheck", status, streams);
  }
  const auto sides = Collect(*result);
  if (!sides.ok()) return Refuse("selfcheck", sides.status(), streams);
  const RunComparison comparison =
      CompareRuns(sides->baseline.entries, sides->contender.entries, rule);
  for (const std::string& note : comparison.notes) {
    streams.err << "warning: " << OneLine(note) << "\n";
  }
  if (comparison.rows.empty()) {
    return Refuse("selfcheck", absl::InvalidArgumentError("no row to judge: the warnings say why"),
                  streams);
  }
  return Print(comparison, options.alpha, result->record, streams);
}

}  // namespace podium::report
