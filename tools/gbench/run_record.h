// What `podium run` adds to a Google Benchmark file: how the run was made, and which process each
// row comes from. In the context,
//
//   "podium.run":       {"plan", "design", "seed", "rounds", "target_ci", "stopped_because",
//                        "tool_version", "command"}
//   "podium.processes": [{"process", "round", "order", "side", "host", "binary", "binary_sha256",
//                         "start_time", "load_average", "env_padding_bytes", "status", "message",
//                         "wall_s", "context_differences"}, ...]
//
// and in each row "podium_process" (an index of that array), "podium_round" and "podium_host".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace podium::report {

enum class ProcessStatus {
  kOk,
  kCrashed,  // ended by a signal, or with a status other than 0
  kTimeout,  // stopped after --process_timeout
};
std::string_view ProcessStatusName(ProcessStatus status);  // "ok", "crashed", "timeout"

struct ProcessRecord {
  long round = 0;    // from 0; the processes of one round and workload are compared in pairs
  long order = 0;    // of its start in the whole run; the ranks of one launch share it
  std::string side;  // the variant; "baseline" or "contender" where two binaries are compared;
                     // empty for rows that are compared with nothing
  std::string host;
  std::string binary;  // its path
  std::optional<std::string> binary_sha256;
  std::optional<std::string> start_time;  // RFC 3339, UTC
  std::optional<double> load_average;     // over one minute, at the start
  std::optional<long> env_padding_bytes;  // see runner/process.h
  std::optional<double> wall_s;
  ProcessStatus status = ProcessStatus::kOk;
  std::string message;  // how it failed: "signal 11 (Segmentation fault)"; empty if it did not
  // Entries of this process's context that are not those of the file's: another binary, another
  // host. What changes from process to process anyway (date, load) is left out.
  std::map<std::string, std::string> context_differences;
};

struct RunRecord {
  std::string plan;             // "quick", "standard", "strict", or "custom"
  std::string design;           // "abba", "latin_square"; "single" where nothing is compared
  std::string seed;             // a decimal number: of the order and the padding
  std::string stopped_because;  // "rounds", "target_ci", "max_time", "interrupted"
  std::string tool_version;
  std::string command;
  std::optional<long> rounds;       // planned
  std::optional<double> target_ci;  // asked for
  std::vector<ProcessRecord> processes;
};

// From the two values of the context, each a JSON text. InvalidArgument, one clause, if they are
// not what is described above: rows that are attributed to a wrong process would be paired wrongly,
// so that no record is better than half of one.
absl::StatusOr<RunRecord> ParseRunRecord(std::string_view run, std::string_view processes);

}  // namespace podium::report
