// podium compare OLD.json NEW.json, or RUN.json --baseline=V --optimized=V
#include <string>
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
    "A speedup is old time / new time. Exit status: 0 no row regressed, 1 some row did, 2 bad "
    "usage\n"
    "or bad input, 3 some row is inconclusive (with --require_conclusive).\n";

struct Options {
  VerdictRule rule;
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
  AddRuleFlags(flags, options.rule);
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a row is inconclusive");
  return flags;
}

struct Side {
  std::string path;
  Context context;
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
  EntrySet set = std::move(collector).Finish(run->context);
  for (const auto* warnings : {&run->warnings, &set.warnings}) {
    for (const std::string& warning : *warnings) streams.err << "warning: " << warning << "\n";
  }
  if (!set.entries.empty()) return Side{path, run->context, std::move(set.entries)};
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
  return CompareVariants(run.entries, options.selection, options.rule);
}

absl::StatusOr<RunComparison> CompareTwo(const Side& old_run, const Side& new_run,
                                         const Options& options, Streams streams) {
  if (options.selection.baseline || options.selection.optimized) {
    return absl::InvalidArgumentError(
        "--baseline and --optimized choose variants of one run: give one file");
  }
  const auto differences = EnvironmentDifferences(old_run.context, new_run.context);
  if (!differences.empty()) {
    streams.err << "warning: " << old_run.path << " and " << new_run.path << " differ in "
                << absl::StrJoin(differences, ", ")
                << ": a difference in time need not come from the code\n";
  }
  return CompareRuns(old_run.entries, new_run.entries, options.rule);
}

int Report(const RunComparison& comparison, bool two_runs, const Options& options,
           Streams streams) {
  streams.out << (two_runs ? RunTable(comparison.rows, options.rule)
                           : VerdictTable(comparison.rows, options.rule));
  for (const std::string& note : comparison.notes) streams.out << note << "\n";
  std::size_t regressed = 0, inconclusive = 0;
  for (const Comparison& row : comparison.rows) {
    regressed += row.judgement.verdict == Verdict::kRegressed;
    inconclusive += row.judgement.verdict == Verdict::kInconclusive;
  }
  if (comparison.geomean) {
    streams.out << "geomean speedup " << FormatFixed(*comparison.geomean, 2) << "x over "
                << Count(comparison.rows.size(), "row") << ", " << regressed << " regressed, "
                << inconclusive << " inconclusive\n";
  }
  if (comparison.rows.empty()) {
    return Refuse("compare", absl::InvalidArgumentError("no rows to compare: the notes say why"),
                  streams);
  }
  if (regressed > 0) return kDoesNotHold;
  return inconclusive > 0 && options.require_conclusive ? kInconclusive : kHolds;
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
  if (status.ok()) status = CheckRule(options.rule);
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
  return Report(*comparison, sides.size() == 2, options, streams);
}

}  // namespace podium::report
