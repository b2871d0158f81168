// Registration of rows: one row of the suite is a variant of a workload on one ISA, and its name is
// data: <family>/variant:<v>/isa:<isa>/<key>:<value>/...
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "bench/quality.h"
#include "kernels/kernel_table.h"

namespace podium::bench {

// What a row times and reports. Built when the row first runs, kept for its repetitions.
struct Row {
  // One iteration: all that a user pays for each time; packing weights is not part of it.
  std::function<void()> run;
  // Called after one run(), unless it does without: is its result right? What it says becomes the
  // row's error.
  std::function<absl::Status()> verify;
  bool verify_needs_run = true;
  // Of the result against the truth in FP64. Null for rows that compute nothing (machine/).
  std::optional<Quality> quality;
  // Work per iteration, reported as rates per second of wall time: {"flops", 2.0 * M * N * K}.
  std::vector<std::pair<std::string, double>> work;
  // What the first of `work` could reach at best, per second; with it, `of_peak` is reported.
  double peak_per_second = 0;
  // What a copy of operands as large moves, read and written, in bytes per second, measured anew after
  // the iterations; with it `of_copy` is reported: `bytes` against that. May be null.
  std::function<double()> copy_per_second;
  double bytes = 0;  // compulsory traffic of one iteration: each operand once
  // Bytes a second that memory gives as many threads, measured by the call, which comes right before
  // each repetition: `bytes` as a fraction of it is reported as `of_read_memory`. May be null.
  std::function<double()> read_bandwidth;
  double size_bytes =
      0;              // weights, and cache where there is one, as stored: with scales and indices
  double params = 0;  // weights represented
  // Other figures, reported as they are: {"accuracy", 0.906}.
  std::vector<std::pair<std::string, double>> figures;
  // The same, of what the iterations since its last call have found; may be null.
  std::function<std::vector<std::pair<std::string, double>>()> found;
  // All that `run` reads and writes. With the peak of what it allocates: max_bytes_used.
  std::size_t operand_bytes = 0;
  // Which of its implementations a library chose, as it names them; the row's label in the JSON.
  std::string label;
  // Why nothing can be measured here, in one line; then all else is unset.
  std::string error;
};

// Builds a row, setting `quality` before it returns or in `verify`.
using MakeRow = std::function<Row(const KernelTable&)>;

// The workload's keys, in the order of the name: {{"op", "softmax"}, {"rows", "256"}}.
using Keys = std::vector<std::pair<std::string, std::string>>;

// What the tools need to know of a family's variants; goes into the JSON context.
struct Variant {
  std::string family;      // "int8_matmul"
  std::string name;        // "int8"
  std::string techniques;  // "quantization": comma-separated, empty for a baseline
  bool baseline = false;   // the family's one baseline
  std::string peer = "";   // the other library it is: neither a technique of ours nor a regression
};

// Registers `variant` on every SIMD instruction set of the build. Where this CPU (or PODIUM_ISA)
// has no such ISA the row ends in an error that says so. Call it from a static initializer.
void RegisterForEachIsa(const Variant& variant, const Keys& keys, const MakeRow& make);

// The same on one instruction set only, the strongest that this CPU (or PODIUM_ISA) allows: for a
// variant that chooses its instructions by itself and can be held to `isa` of the table but once in a
// process.
void RegisterForBestIsa(const Variant& variant, const Keys& keys, const MakeRow& make);

// The variants registered so far.
const std::vector<Variant>& Variants();

// Hands the rows on to Google Benchmark: those of every ISA of the build ("all"), of the strongest
// that this CPU has ("best"), or of one, by name. InvalidArgument if there is none of that name.
absl::Status RegisterWithGoogleBenchmark(const std::string& isa);

// True if some row that ran so far computed a wrong result.
bool AnyResultWasWrong();

}  // namespace podium::bench
