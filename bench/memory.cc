#include "bench/memory.h"

#include <benchmark/benchmark.h>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace podium::bench {
namespace {

std::atomic<std::int64_t> g_allocations{0};
std::atomic<std::int64_t> g_live_bytes{0};
std::atomic<std::int64_t> g_peak_bytes{0};

std::int64_t SizeOf(void* p) {
#if defined(__APPLE__)
  return static_cast<std::int64_t>(malloc_size(p));
#else
  return static_cast<std::int64_t>(malloc_usable_size(p));
#endif
}

void* Count(void* p) {
  if (p == nullptr) throw std::bad_alloc();
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t bytes = SizeOf(p);
  const std::int64_t live = g_live_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::int64_t peak = g_peak_bytes.load(std::memory_order_relaxed);
  while (live > peak && !g_peak_bytes.compare_exchange_weak(peak, live)) {
  }
  return p;
}

void Uncount(void* p) {
  if (p == nullptr) return;
  g_live_bytes.fetch_sub(SizeOf(p), std::memory_order_relaxed);
  std::free(p);
}

// What the last timed loop cost.
struct LoopCost {
  std::int64_t allocations = 0;
  std::int64_t peak_bytes = 0;
};
LoopCost g_last_loop;

class Manager : public benchmark::MemoryManager {
 public:
  // Not marked `override`: 1.7.1 has Stop(Result*) too, later releases have Stop(Result&) only.
  void Start() {}
  void Stop(Result& result) {
    result.num_allocs = g_last_loop.allocations;
    result.max_bytes_used = g_last_loop.peak_bytes;
  }
  void Stop(Result* result) { Stop(*result); }
};

}  // namespace

void HeapMonitor::Install() {
  static auto* const manager = new Manager;
  benchmark::RegisterMemoryManager(manager);
}

HeapMonitor::TimedLoop::TimedLoop(std::size_t operand_bytes)
    : operand_bytes_(static_cast<std::int64_t>(operand_bytes)),
      allocations_(g_allocations),
      live_bytes_(g_live_bytes) {
  g_peak_bytes = live_bytes_;
}

HeapMonitor::TimedLoop::~TimedLoop() {
  g_last_loop.allocations = g_allocations - allocations_;
  g_last_loop.peak_bytes = operand_bytes_ + std::max<std::int64_t>(0, g_peak_bytes - live_bytes_);
}

}  // namespace podium::bench

void* operator new(std::size_t size) { return podium::bench::Count(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto a = static_cast<std::size_t>(alignment);
  return podium::bench::Count(std::aligned_alloc(a, (size + a - 1) / a * a));
}
void operator delete(void* p) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::size_t) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::align_val_t) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { podium::bench::Uncount(p); }
