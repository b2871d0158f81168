// What compare, plan and stat share: run files as entries, and how those are compared.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/cli/command.h"
#include "tools/cli/row_filter.h"
#include "tools/gbench/reader.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {

struct OneRun {
  std::string path;
  Context context;
  std::optional<RunRecord> record;
  std::optional<double> start_in_repetitions;  // see ProcessCosts
  bool truncated = false;
  std::vector<Entry> entries;
};

// The rows of each file that the filter lets pass. A file in which two programs were run in turn
// becomes two runs, and must be the only one. Each file is read once, so that it may be a pipe.
// Doubts go to `streams.err`. InvalidArgument, one line, where a file cannot be read or has no rows.
absl::StatusOr<std::vector<OneRun>> ReadRuns(const std::vector<std::string>& paths,
                                             const RowFilter& filter, Streams streams);

// Two runs row by row, or the variants of one. InvalidArgument, one line, where `selection` does not
// fit what there is.
absl::StatusOr<RunComparison> CompareRead(const std::vector<OneRun>& runs, Selection selection,
                                          RunRule rule, Streams streams);

}  // namespace podium::report
