// podium run: fresh processes, interleaved in a balanced order, until there are enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tools/gbench/run_record.h"
#include "tools/runner/schedule.h"

namespace podium::report {

// How much is measured. A round is one process of each side of each workload.
struct RunPlan {
  std::string name;
  long rounds;
  double min_time_s;  // of a row in one process, where the command does not say
};

// quick     6 rounds, the fewest at which an exact signed-rank test can reach p < 0.05 (2 / 2^6);
//           enough for factors, not for per cents
// standard  20 rounds resolve 1.3 % with 80 % power where the log ratio of a round scatters by 2 %
// strict    50 rounds: 0.8 %, and one outlying round in ten is harmless
// Time per row is short on purpose: the mean of a process carries its luck with it, and only more
// processes average that out (Kalibera and Jones 2013).
inline const RunPlan kPlans[] = {{"quick", 6, 0.02}, {"standard", 20, 0.05}, {"strict", 50, 0.05}};

struct RunRequest {
  std::vector<std::string> command;            // the program and its flags; a filter chooses rows
  std::optional<std::string> baseline_binary;  // run in turn with the program, by the same flags
  RunPlan plan;
  long workloads_per_process = 1;
  // Stop a workload once the interval of each of its log ratios (of its log times, where nothing is
  // compared) reaches no farther than this to either side: see stats/stopping.h.
  std::optional<double> target_ci;
  std::optional<double> max_time_s;
  double process_timeout_s = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> launcher;  // empty: on this host
  std::string shared_directory;       // for the launcher's ranks
};

struct Progress {
  long round;    // the present one, from 0
  long rounds;   // planned
  long done;     // processes
  long planned;  // processes, if no workload stops early
  double elapsed_s;
};

// A row as the program wrote it, with where it comes from.
struct MeasuredRow {
  std::size_t process;  // of RunResult::record.processes
  std::string text;     // valid JSON, without the closing bracket
};

struct RunResult {
  RunRecord record;     // but for tool_version and command
  std::string context;  // of the first process that wrote one, a JSON object
  std::vector<MeasuredRow> rows;
  bool complete = true;  // false: a process failed, or the run was interrupted
};

// What the caller shows while a run goes on.
struct Observer {
  absl::FunctionRef<void(const Progress&)> on_progress;    // before each process
  absl::FunctionRef<void(const std::string&)> on_trouble;  // one line: what failed, what follows
};

// The rows that the command would run, as blocks of what is compared: with a baseline binary each
// row of both programs, otherwise the variants of each workload on one instruction set. A row that
// has no counterpart is a block of one side. InvalidArgument, one line, if there are no rows.
absl::StatusOr<std::vector<Block>> FindBlocks(const RunRequest& request);

// InvalidArgument, one line, if no process leaves a result. Interrupted, or where processes fail,
// it returns what is complete.
absl::StatusOr<RunResult> RunBlocks(const RunRequest& request, std::vector<Block> blocks,
                                    const Observer& observer);

// The whole file: Google Benchmark JSON with the record in it. See gbench/run_record.h.
std::string RunFileText(const RunResult& result);

}  // namespace podium::report
