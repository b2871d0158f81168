#include "bench/memory.h"

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

}  // namespace

HeapMonitor::HeapMonitor() : allocations_(g_allocations), live_bytes_(g_live_bytes) {
  g_peak_bytes = live_bytes_;
}

std::int64_t HeapMonitor::allocations() const { return g_allocations - allocations_; }

std::int64_t HeapMonitor::peak_bytes() const {
  return std::max<std::int64_t>(0, g_peak_bytes - live_bytes_);
}

}  // namespace podium::bench

void* operator new(std::size_t size) { return podium::bench::Count(std::malloc(size)); }
// Sanitizers have one of their own, whose memory the operator delete below would not recognise.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const p = std::malloc(size);
  return p == nullptr ? nullptr : podium::bench::Count(p);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto a = static_cast<std::size_t>(alignment);
  return podium::bench::Count(std::aligned_alloc(a, (size + a - 1) / a * a));
}
void operator delete(void* p) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::size_t) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::align_val_t) noexcept { podium::bench::Uncount(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { podium::bench::Uncount(p); }
