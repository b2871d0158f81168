// Stores that go past the caches, where the ISA has them: they do not read the line that they change
// first, and whoever reads it next finds it in memory.
//
// StreamStore(p, x): p on a boundary of sizeof(F32). Neighbours fill a line in one transfer.
// StreamFence(): after the last of them, so that other threads see them before later stores.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

[[gnu::always_inline]] inline void StreamStore(float* p, F32 x) {
#if defined(__AVX512F__)
  _mm512_stream_ps(p, x);
#elif defined(__AVX2__)
  _mm256_stream_ps(p, x);
#elif defined(__SSE2__)
  _mm_stream_ps(p, x);
#else
  x.store_unaligned(p);
#endif
}

inline void StreamFence() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
