#include "tools/cli/read_runs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/submission/build.h"
#include "tools/submission/entries.h"
#include "tools/submission/environment.h"
#include "tools/submission/pairing.h"

namespace podium::report {
namespace {

void Warn(const std::vector<std::string>& warnings, Streams streams) {
  for (const std::string& warning : warnings) {
    streams.err << "warning: " << OneLine(warning) << "\n";
  }
}

absl::Status NoEntries(const std::string& path, std::size_t rows, const RowFilter& filter) {
  if (rows == 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no rows: check --benchmark_filter"));
  }
  if (filter.text().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": neither repetitions nor their mean and stddev: run with "
                     "--benchmark_repetitions=10"));
  }
  return absl::InvalidArgumentError(absl::StrCat(path, ": no repetition's name contains \"",
                                                 filter.text(), "\": check --filter"));
}

// One side of a file in which two programs were run in turn.
absl::StatusOr<OneRun> ReadProgram(const RunFile& run, absl::string_view side,
                                   const RowFilter& filter) {
  EntryCollector collector;
  const absl::StatusOr<RunFile> again = ReadRunFile(run.path, [&](const Row& row) {
    if (!row.process || run.record->processes[*row.process].side != side) return;
    if (filter.Matches(row.run_name)) collector.Add(row);
  });
  if (!again.ok()) return again.status();
  EntrySet set = std::move(collector).Finish(run.context);
  return OneRun{run.path, run.context, run.record, run.truncated, std::move(set.entries)};
}

// The runs in a file: one, or two where it holds two programs. What was complete in a file that was
// cut short is still worth comparing; the reader's warning says so.
absl::StatusOr<std::vector<OneRun>> ReadFile(const std::string& path, const RowFilter& filter,
                                             long& first_origin, Streams streams) {
  EntryCollector collector(first_origin);
  std::size_t rows = 0;
  absl::StatusOr<RunFile> run = ReadRunFile(path, [&](const Row& row) {
    ++rows;
    if (filter.Matches(row.run_name)) collector.Add(row);
  });
  if (!run.ok()) return run.status();
  Warn(run->warnings, streams);
  std::vector<OneRun> runs;
  if (run->record && ComparesBinaries(*run->record)) {
    for (const absl::string_view side : {kBaselineSide, kContenderSide}) {
      absl::StatusOr<OneRun> program = ReadProgram(*run, side, filter);
      if (!program.ok()) return program.status();
      if (program->entries.empty()) return NoEntries(path, rows, filter);
      runs.push_back(*std::move(program));
    }
    return runs;
  }
  if (run->record) first_origin += static_cast<long>(run->record->processes.size());
  EntrySet set = std::move(collector).Finish(run->context);
  Warn(set.warnings, streams);
  std::erase_if(set.entries,
                [](const Entry& entry) { return entry.errors.empty() && !entry.IsComparable(); });
  if (set.entries.empty()) return NoEntries(path, rows, filter);
  runs.push_back({path, std::move(run->context), std::move(run->record), run->truncated,
                  std::move(set.entries)});
  return runs;
}

absl::StatusOr<RunComparison> CompareOne(const OneRun& run, Selection& selection,
                                         const VerdictRule& rule) {
  selection.baselines = ContextBaselines(run.context);
  if (absl::Status status = CheckVariants(run.path, run.entries, selection); !status.ok()) {
    return status;
  }
  if (!selection.baseline && selection.baselines.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(run.path, ": no baseline: the file names none: give --baseline=V, one of ",
                     absl::StrJoin(VariantNames(run.entries), ", "), ", or a second file"));
  }
  if (absl::Status status = CheckPairs(run.path, run.entries, selection); !status.ok()) {
    return status;
  }
  return CompareVariants(run.entries, selection, rule);
}

void WarnOfDifferences(const OneRun& old_run, const OneRun& new_run, Streams streams) {
  const auto differences = EnvironmentDifferences(old_run.context, new_run.context);
  if (!differences.empty()) {
    streams.err << "warning: " << OneLine(absl::StrCat(old_run.path, " and ", new_run.path))
                << " differ in " << absl::StrJoin(differences, ", ")
                << ": a difference in time need not come from the code\n";
  }
  const auto seed = [](const OneRun& run) {
    const auto found = run.context.find("podium.seed");
    return found == run.context.end() ? std::string() : found->second;
  };
  if (seed(old_run) != seed(new_run)) {
    streams.err << "warning: the runs differ in seed: their inputs are not the same\n";
  }
}

}  // namespace

absl::StatusOr<std::vector<OneRun>> ReadRuns(const std::vector<std::string>& paths,
                                             const RowFilter& filter, const MetricChoice& metric,
                                             Streams streams) {
  std::vector<OneRun> runs;
  long first_origin = 0;
  for (const std::string& path : paths) {
    absl::StatusOr<std::vector<OneRun>> read = ReadFile(path, filter, first_origin, streams);
    if (!read.ok()) return read.status();
    if (paths.size() > 1 && read->size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": holds two programs already: give it alone"));
    }
    for (OneRun& run : *read) {
      if (absl::Status status = UseMetric(path, metric, run.entries); !status.ok()) return status;
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

absl::StatusOr<RunComparison> CompareRead(const std::vector<OneRun>& runs, Selection selection,
                                          RunRule rule, Streams streams) {
  if (runs.size() == 1) return CompareOne(runs[0], selection, rule.verdict);
  if (selection.baseline || selection.optimized) {
    return absl::InvalidArgumentError(
        "--baseline and --optimized choose variants of one run: give one file");
  }
  WarnOfDifferences(runs[0], runs[1], streams);
  rule.threads_comparable = ThreadsComparable(runs[0].context, runs[1].context);
  return CompareRuns(runs[0].entries, runs[1].entries, rule);
}

}  // namespace podium::report
