#include "tools/cli/read_runs.h"

#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/process_costs.h"
#include "tools/submission/build.h"
#include "tools/submission/entries.h"
#include "tools/submission/environment.h"
#include "tools/submission/pairing.h"
#include "tools/submission/process_differences.h"

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

// The entries of a file as its rows come: of one program, or of each of two.
class FileCollector {
 public:
  FileCollector(const RowFilter& filter, long first_origin)
      : filter_(filter), one_(first_origin), baseline_(first_origin), contender_(first_origin) {}

  void Add(const Row& row) {
    ++rows_;
    costs_.Add(row);
    if (row.record && !of_two_) of_two_ = ComparesBinaries(*row.record);
    if (!filter_.Matches(row.run_name)) return;
    without_process_ += !row.process;
    if (!of_two_.value_or(false)) return one_.Add(row);
    if (!row.process) return;
    const std::string& side = row.record->processes[*row.process].side;
    (side == kBaselineSide ? baseline_ : contender_).Add(row);
  }

  // The runs in the file, which is read to its end.
  absl::StatusOr<std::vector<OneRun>> Finish(RunFile file, Streams streams) && {
    const bool two = of_two_.value_or(false);
    if (two && without_process_ > 0) {
      Warn({absl::StrCat(file.path, ": ", Count(without_process_, "row"),
                         " without a process: of which program is not known: left out")},
           streams);
    }
    std::vector<OneRun> runs;
    for (const auto& [collector, side] : two ? std::vector{std::pair(&baseline_, kBaselineSide),
                                                           std::pair(&contender_, kContenderSide)}
                                             : std::vector{std::pair(&one_, absl::string_view())}) {
      EntrySet set = std::move(*collector).Finish(file.context);
      for (std::string& warning : set.warnings) {
        if (two) warning = absl::StrCat(side, ": ", warning);
      }
      Warn(set.warnings, streams);
      std::erase_if(set.entries, [](const Entry& entry) {
        return entry.errors.empty() && !entry.IsComparable();
      });
      if (set.entries.empty()) return NoEntries(file.path, rows_, filter_);
      OneRun run{file.path,    file.context,   file.record,
                 std::nullopt, file.truncated, std::move(set.entries)};
      if (run.record) run.start_in_repetitions = costs_.StartInRepetitions(*run.record);
      runs.push_back(std::move(run));
    }
    return runs;
  }

 private:
  const RowFilter& filter_;
  EntryCollector one_, baseline_, contender_;
  ProcessCosts costs_;
  std::optional<bool> of_two_;  // known from the first row with a process on
  std::size_t rows_ = 0;
  std::size_t without_process_ = 0;
};

// What was complete in a file that was cut short is still worth comparing; the reader's warning
// says so.
absl::StatusOr<std::vector<OneRun>> ReadFile(const std::string& path, const RowFilter& filter,
                                             long& first_origin, Streams streams) {
  FileCollector collector(filter, first_origin);
  absl::StatusOr<RunFile> file =
      ReadRunFile(path, [&collector](const Row& row) { collector.Add(row); });
  if (!file.ok()) return file.status();
  Warn(file->warnings, streams);
  if (file->record) {
    first_origin += static_cast<long>(file->record->processes.size());
    for (const std::string& line : ProcessDifferences(*file->record, file->context)) {
      Warn({absl::StrCat(path, ": ", line)}, streams);
    }
  }
  return std::move(collector).Finish(*std::move(file), streams);
}

absl::StatusOr<RunComparison> CompareOne(const OneRun& run, Selection& selection,
                                         const RunRule& rule) {
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

// Two programs of one file are two runs.
std::size_t CutShort(const std::vector<OneRun>& runs) {
  std::set<std::string> paths;
  for (const OneRun& run : runs) {
    if (run.truncated) paths.insert(run.path);
  }
  return paths.size();
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
                                             const RowFilter& filter, Streams streams) {
  std::vector<OneRun> runs;
  long first_origin = 0;
  for (const std::string& path : paths) {
    absl::StatusOr<std::vector<OneRun>> read = ReadFile(path, filter, first_origin, streams);
    if (!read.ok()) return read.status();
    if (paths.size() > 1 && read->size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": holds two programs already: give it alone"));
    }
    std::move(read->begin(), read->end(), std::back_inserter(runs));
  }
  return runs;
}

absl::StatusOr<RunComparison> CompareRead(const std::vector<OneRun>& runs, Selection selection,
                                          RunRule rule, Streams streams) {
  absl::StatusOr<RunComparison> comparison;
  if (runs.size() == 1) {
    comparison = CompareOne(runs[0], selection, rule);
  } else if (selection.baseline || selection.optimized) {
    comparison = absl::InvalidArgumentError(
        "--baseline and --optimized choose variants of one run: give one file");
  } else {
    WarnOfDifferences(runs[0], runs[1], streams);
    rule.threads_comparable = ThreadsComparable(runs[0].context, runs[1].context);
    comparison = CompareRuns(runs[0].entries, runs[1].entries, rule);
  }
  if (comparison.ok()) comparison->cut_short = CutShort(runs);
  return comparison;
}

}  // namespace podium::report
