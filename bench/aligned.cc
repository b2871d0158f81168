#include "bench/aligned.h"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace podium::bench {
namespace {

constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;

}  // namespace

void* AllocateAligned(std::size_t bytes) {
  const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kLine;
  const std::size_t rounded = (bytes / alignment + 1) * alignment;
  void* const p = std::aligned_alloc(alignment, rounded);
  if (p == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  if (alignment == kHugePage) madvise(p, rounded, MADV_HUGEPAGE);  // a wish: failing is no error
#endif
  return p;
}

void FreeAligned(void* p) { std::free(p); }

}  // namespace podium::bench
