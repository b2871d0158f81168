// What run, replicate and selfcheck share: the flags of a measurement, and its progress.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/cli/command.h"
#include "tools/runner/run.h"

namespace podium::report {

inline constexpr long kMostRounds = 100000;  // that --rounds takes

// As the flags spell it; a subcommand adds those flags that make sense for it.
struct MeasureFlags {
  std::string plan = "standard";
  std::string rounds;
  std::string target_ci;
  std::string max_time;
  std::string process_timeout = "10m";
  std::string workloads_per_process = "1";
  std::string seed;
  std::string launcher;
  std::optional<std::string> baseline_binary;
};
void AddPlanFlags(FlagReader& flags, MeasureFlags& values);

// A request to run `command`; InvalidArgument, one line, for a flag that makes no sense, and for
// flags of the command that podium itself has to set. `output` is the file to be written.
absl::StatusOr<RunRequest> MakeRequest(const MeasureFlags& flags,
                                       const std::vector<std::string>& command,
                                       const std::string& output);

// "10m", "1.5s" -> seconds.
absl::StatusOr<double> ParseSeconds(absl::string_view flag, const std::string& text);

// Runs the blocks with progress on `streams.err`: a bar with the time left on a terminal, a line
// now and then elsewhere.
absl::StatusOr<RunResult> Measure(const RunRequest& request, std::vector<Block> blocks,
                                  absl::string_view command, Streams streams);

// InvalidArgument, one line, if no run file can be written there: asked before anything is measured.
absl::Status CheckRunOutput(const std::string& output);

// Writes the run file, with this release and `command_line` in it.
absl::Status WriteRun(RunResult& result, const std::string& command_line,
                      const std::string& output);

// The arguments behind `--`: the program to measure and its flags. `args` keeps what is before.
absl::StatusOr<std::vector<std::string>> TakeCommand(Arguments& args);

}  // namespace podium::report
