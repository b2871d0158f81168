// One fresh process of a Google Benchmark program, on this host or, through a cluster's launcher,
// on many.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/gbench/run_record.h"

namespace podium::report {

struct BenchCommand {
  std::vector<std::string> argv;  // the program and its flags
  double timeout_s = 0;           // 0: none
  long env_padding_bytes = 0;     // of a variable that only makes the environment larger
};

// What one process did. `record` lacks round, order and side, which the caller knows.
struct BenchResult {
  ProcessRecord record;
  std::string json;  // as the program wrote it; possibly cut, possibly empty
  bool interrupted = false;
};

// The names of the benchmarks that the command would run, as --benchmark_list_tests prints them.
// InvalidArgument, one line, if the program cannot be run or lists none.
absl::StatusOr<std::vector<std::string>> ListBenchmarks(const BenchCommand& command);

// Runs the command with --benchmark_out to a file of its own. InvalidArgument only if it cannot be
// started; what goes wrong later is in the record.
absl::StatusOr<BenchResult> RunBench(const BenchCommand& command);

// The command, once per rank of `launcher`, such as {"mpirun", "-n", "4"}: the launcher starts
// `podium run --rank_directory=DIR`, which calls RunBenchAsRank and leaves its result in DIR, a new
// directory inside `shared_directory`, which all hosts must see. One result per rank, in the order
// of ranks; just one, of the launcher itself, where no rank left any.
absl::StatusOr<std::vector<BenchResult>> RunBenchOnRanks(const BenchCommand& command,
                                                         const std::vector<std::string>& launcher,
                                                         const std::string& shared_directory);
absl::Status RunBenchAsRank(const BenchCommand& command, const std::string& rank_directory);

// A regular expression that matches these names and no others, for --benchmark_filter.
std::string ExactFilter(const std::vector<std::string>& names);

}  // namespace podium::report
