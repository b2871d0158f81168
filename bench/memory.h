// What a row's timed loop costs in memory.
//
// Google Benchmark has a MemoryManager for this. Release 1.7.1, Debian's, reports through a pointer
// into a vector that grows with each repetition, so that the first repetitions hold garbage. Hence
// ordinary counters, under the names that the manager would give them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium::bench {

// Counts what passes through operator new while it lives; allocations of C libraries are not seen.
// One at a time.
class HeapMonitor {
 public:
  HeapMonitor();
  HeapMonitor(const HeapMonitor&) = delete;
  HeapMonitor& operator=(const HeapMonitor&) = delete;

  std::int64_t allocations() const;  // 0 in the timed loop of a kernel of this project
  std::int64_t peak_bytes() const;   // most that was held at a time, beyond what was held before

 private:
  std::int64_t allocations_, live_bytes_;
};

}  // namespace podium::bench
