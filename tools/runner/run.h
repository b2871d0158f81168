// podium run: fresh processes, interleaved in a balanced order, until there are enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tools/gbench/run_plan.h"
#include "tools/gbench/run_record.h"
#include "tools/runner/schedule.h"

namespace podium::report {

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
