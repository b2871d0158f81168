// What a row costs in memory, for Google Benchmark's `max_bytes_used` and `allocs_per_iter`.
#pragma once

#include <cstddef>

namespace podium::bench {

// Counts what passes through operator new, so allocations of C libraries are not seen.
//
// max_bytes_used   the row's operands, which it declares, and the peak of what its timed loop
//                  allocates beyond them
// allocs_per_iter  allocations in the timed loop: 0 for a kernel of this project
class HeapMonitor {
 public:
  // Makes Google Benchmark run each row once more, after it was timed, and report the two figures.
  static void Install();

  // Of the row that runs now; called before its timed loop.
  static void SetOperandBytes(std::size_t bytes);
};

}  // namespace podium::bench
