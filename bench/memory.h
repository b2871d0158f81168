// What a row costs in memory, for Google Benchmark's `max_bytes_used` and `allocs_per_iter`.
#pragma once

#include <cstddef>
#include <cstdint>

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

  // Stands around a row's timed loop, which starts no second one.
  class TimedLoop {
   public:
    explicit TimedLoop(std::size_t operand_bytes);
    ~TimedLoop();
    TimedLoop(const TimedLoop&) = delete;
    TimedLoop& operator=(const TimedLoop&) = delete;

   private:
    std::int64_t operand_bytes_, allocations_, live_bytes_;
  };
};

}  // namespace podium::bench
