// From run files to the inputs of a submission.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/gbench/reader.h"
#include "tools/submission/environment.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Source {
  RunFile run;
  std::string sha256;
  std::size_t size_bytes;
};

// Reads a run file once, for its rows and its hash.
absl::StatusOr<Source> ReadSource(const std::string& path);

struct SubmitOptions {
  std::string division = "open";
  std::optional<std::string> submitter;
  VerdictRule rule;
  std::optional<std::string> baseline;
  std::optional<std::string> optimized;
  std::vector<std::string> workloads;  // substrings; a row is kept if its workload holds one
  std::string command_line;
};

// A submission must rest on complete runs: refuses, in one line, a file cut short, without
// repetitions, with a row of one repetition or of a time that is no number; rows in two files; a
// variant that is in none; several variants without a baseline; what the closed division forbids.
absl::StatusOr<Inputs> BuildInputs(const std::vector<Source>& sources,
                                   const SubmitOptions& options);

// InvalidArgument if --baseline or --optimized names no variant; the message lists those there are.
absl::Status CheckVariants(const std::string& path, const std::vector<Entry>& entries,
                           const Selection& selection);

// The sides of a file in which `podium run` compares two programs, row by row.
inline constexpr absl::string_view kBaselineSide = "baseline";
inline constexpr absl::string_view kContenderSide = "contender";
bool ComparesBinaries(const RunRecord& record);

// What the run files' contexts say: podium.baseline.<family>.
std::map<std::string, std::string> ContextBaselines(const Context& context);

}  // namespace podium::report
