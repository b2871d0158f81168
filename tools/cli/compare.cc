// podium compare OLD.json NEW.json, or RUN.json --baseline=V --optimized=V
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/gbench/reader.h"
#include "tools/render/format.h"
#include "tools/render/verdict_table.h"
#include "tools/submission/build.h"
#include "tools/submission/entries.h"
#include "tools/submission/environment.h"
#include "tools/submission/pairing.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Compares two runs row by row, or the variants of one run; a gate for CI.\n"
    "\n"
    "usage: podium compare OLD.json NEW.json [FLAGS]\n"
    "       podium compare RUN.json [--baseline=V] [--optimized=V] [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  ./bench --benchmark_repetitions=10 --benchmark_enable_random_interleaving=true \\\n"
    "          --benchmark_out=new.json --benchmark_out_format=json\n"
    "  podium compare old.json new.json\n"
    "  podium compare new.json --baseline=fp32 --optimized=int8\n"
    "\n"
    "A speedup is old time / new time. Exit status: 0 no row is known to be worse; 1 some row\n"
    "regressed, fails, or lost quality; 2 bad usage or bad input; with --require_conclusive, 3 "
    "some\n"
    "row is inconclusive, gone or not comparable, or a file was cut short.\n";

struct Options {
  RunRule rule;
  Selection selection;
  std::string filter;
  bool require_conclusive = false;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("baseline", &options.selection.baseline, "V", "in one run: the baseline variant");
  flags.Add("optimized", &options.selection.optimized, "V",
            "in one run: the only variant compared");
  flags.Add("filter", &options.filter, "S", "only rows whose name contains S");
  AddRuleFlags(flags, options.rule.verdict);
  flags.Add("quality_tolerance", &options.rule.quality_tolerance, "F",
            "of two runs: by how much accuracy or top-1 agreement may fall (default 0.01)");
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a row has no verdict");
  return flags;
}

struct Side {
  std::string path;
  Context context;
  bool truncated;
  std::vector<Entry> entries;
};

// What was complete in a file that was cut short is still worth comparing; the reader's warning
// says so.
absl::StatusOr<Side> ReadSide(const std::string& path, const std::string& filter, Streams streams) {
  EntryCollector collector;
  std::size_t rows = 0;
  absl::StatusOr<RunFile> run = ReadRunFile(path, [&](const Row& row) {
    ++rows;
    if (absl::StrContains(row.run_name, filter)) collector.Add(row);
  });
  if (!run.ok()) return run.status();
  EntrySet set = std::move(collector).Finish(*run);
  if (!set.refusal.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", set.refusal));
  }
  for (const auto* warnings : {&run->warnings, &set.warnings}) {
    for (const std::string& warning : *warnings)
      streams.err << "warning: " << OneLine(warning) << "\n";
  }
  if (!set.entries.empty()) return Side{path, run->context, run->truncated, std::move(set.entries)};
  if (rows == 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no rows: check --benchmark_filter"));
  }
  if (filter.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": only aggregates: run without --benchmark_report_aggregates_only"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": no repetition's name contains \"", filter, "\": check --filter"));
}

absl::StatusOr<RunComparison> CompareOne(const Side& run, Options& options) {
  options.selection.baselines = ContextBaselines(run.context);
  if (absl::Status status = CheckVariants(run.path, run.entries, options.selection); !status.ok()) {
    return status;
  }
  if (!options.selection.baseline && options.selection.baselines.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(run.path, ": no baseline: the file names none: give --baseline=V, one of ",
                     absl::StrJoin(VariantNames(run.entries), ", "), ", or a second file"));
  }
  if (absl::Status status = CheckPairs(run.path, run.entries, options.selection); !status.ok()) {
    return status;
  }
  return CompareVariants(run.entries, options.selection, options.rule.verdict);
}

absl::StatusOr<RunComparison> CompareTwo(const Side& old_run, const Side& new_run,
                                         const Options& options, Streams streams) {
  if (options.selection.baseline || options.selection.optimized) {
    return absl::InvalidArgumentError(
        "--baseline and --optimized choose variants of one run: give one file");
  }
  const auto differences = EnvironmentDifferences(old_run.context, new_run.context);
  if (!differences.empty()) {
    streams.err << "warning: " << OneLine(absl::StrCat(old_run.path, " and ", new_run.path))
                << " differ in " << absl::StrJoin(differences, ", ")
                << ": a difference in time need not come from the code\n";
  }
  const auto seed = [](const Side& side) {
    const auto found = side.context.find("podium.seed");
    return found == side.context.end() ? std::string() : found->second;
  };
  if (seed(old_run) != seed(new_run)) {
    streams.err << "warning: the runs differ in seed: their inputs are not the same\n";
  }
  RunRule rule = options.rule;
  rule.threads_comparable = ThreadsComparable(old_run.context, new_run.context);
  return CompareRuns(old_run.entries, new_run.entries, rule);
}

absl::Status CheckTolerance(double tolerance) {
  if (tolerance >= 0 && tolerance <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--quality_tolerance=", tolerance, ": must lie between 0 and 1, such as 0.01"));
}

int Report(const RunComparison& comparison, const std::vector<Side>& sides, const Options& options,
           Streams streams) {
  streams.out << (sides.size() == 2
                      ? RunTable(comparison.rows, options.rule.verdict)
                      : VerdictTable(comparison.rows, options.rule.verdict, Design::kOneProcess));
  for (const std::string& note : comparison.notes) streams.out << OneLine(note) << "\n";
  std::size_t regressed = 0, inconclusive = 0;
  for (const Comparison& row : comparison.rows) {
    regressed += row.judgement.verdict == Verdict::kRegressed;
    inconclusive += row.judgement.verdict == Verdict::kInconclusive;
  }
  std::size_t cut_short = 0;
  for (const Side& side : sides) cut_short += side.truncated;
  if (comparison.geomean) {
    streams.out << "descriptive geomean speedup " << FormatFixed(*comparison.geomean, 2)
                << "x over " << Count(comparison.rows.size(), "row") << ", ";
  }
  streams.out << regressed << " regressed, " << inconclusive << " inconclusive";
  for (const auto& [count, what] :
       {std::pair(comparison.failed, " failed"), std::pair(comparison.worse, " of worse quality"),
        std::pair(comparison.not_compared, " not compared")}) {
    if (count > 0) streams.out << ", " << count << what;
  }
  if (cut_short > 0) streams.out << ", " << Count(cut_short, "file") << " cut short";
  streams.out << "\n";

  if (regressed + comparison.failed + comparison.worse > 0) return kDoesNotHold;
  if (comparison.rows.empty()) {
    return Refuse("compare", absl::InvalidArgumentError("no rows to compare: the notes say why"),
                  streams);
  }
  const bool open = inconclusive + comparison.not_compared + cut_short > 0;
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
  const auto files = flags.Parse(args);
  absl::Status status = files.status();
  if (status.ok()) status = CheckRule(options.rule.verdict);
  if (status.ok()) status = CheckTolerance(options.rule.quality_tolerance);
  if (status.ok() && files->empty()) {
    status = absl::InvalidArgumentError("no run file: name one or two, such as old.json new.json");
  }
  if (status.ok() && files->size() > 2) {
    status = absl::InvalidArgumentError(
        absl::StrCat((*files)[2], ": a third file: compare takes one or two"));
  }
  if (!status.ok()) return Refuse("compare", status, streams);

  std::vector<Side> sides;
  for (const std::string& path : *files) {
    absl::StatusOr<Side> side = ReadSide(path, options.filter, streams);
    if (!side.ok()) return Refuse("compare", side.status(), streams);
    sides.push_back(*std::move(side));
  }
  const absl::StatusOr<RunComparison> comparison =
      sides.size() == 1 ? CompareOne(sides[0], options)
                        : CompareTwo(sides[0], sides[1], options, streams);
  if (!comparison.ok()) return Refuse("compare", comparison.status(), streams);
  return Report(*comparison, sides, options, streams);
}

}  // namespace podium::report
