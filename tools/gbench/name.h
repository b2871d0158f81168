// A benchmark name is data:
//
//   int8_matmul/variant:int8/isa:avx512vnni/M:64/N:4096/K:1024/min_time:0.100/threads:2
//   ^family     ^variant     ^isa            ^the rest of the workload    ^suffix   ^workload
//
// The *workload* is the family and all keys but `variant` and `isa`. What Google Benchmark appends
// to say how it measured (`min_time`, `min_warmup_time`, `repeats`, `iterations`, `manual_time`,
// `real_time`, `process_time`) belongs to neither, and is kept as metadata.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podium::report {

struct BenchmarkName {
  std::string family;    // first component; names of other suites may hold nothing else
  std::string variant;   // empty if the name has none
  std::string isa;       // empty if the name has none
  std::string workload;  // "int8_matmul/M:64/N:4096/K:1024/threads:2"
  std::vector<std::pair<std::string, std::string>> keys;  // of the workload, in order
  std::vector<std::pair<std::string, std::string>>
      suffix;  // {"min_time", "0.100"}, {"real_time", ""}
};

// Never fails: a component without a colon that is no suffix stays part of the workload.
BenchmarkName ParseBenchmarkName(std::string_view name);

}  // namespace podium::report
