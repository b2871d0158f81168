// AlignedVector<T>: storage on a cache-line boundary, as a careful user would allocate it. All that
// a timed kernel reads or writes lies in one, so that no variant suffers from split lines alone.
// What is large lies on huge pages where the system gives them on request: else rows that come from
// memory measure the walks through page tables too, which in a virtual machine take as long as the
// data.
#pragma once

#include <cstddef>
#include <vector>

namespace podium::bench {

void* AllocateAligned(std::size_t bytes);  // throws std::bad_alloc
void FreeAligned(void* p);

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT: the conversion that containers need
  T* allocate(std::size_t n) { return static_cast<T*>(AllocateAligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) { FreeAligned(p); }
  bool operator==(const AlignedAllocator&) const { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace podium::bench
