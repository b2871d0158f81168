// Two hints to the register allocator. They cost no instruction.
//
// Opaque(x): x, of which the compiler knows nothing any more, so it neither hoists, shares nor
// folds what is computed from it.
// KeepAlive(x): x is needed until here, so its register cannot receive another result before.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

template <class Batch>
[[gnu::always_inline]] inline Batch Opaque(Batch x) {
  typename Batch::register_type value = x;
#if defined(__AVX512F__)
  asm volatile("" : "+v"(value));
#elif defined(__SSE2__)
  asm volatile("" : "+x"(value));
#elif defined(__aarch64__)
  asm volatile("" : "+w"(value));
#endif
  return value;
}
[[gnu::always_inline]] inline std::size_t Opaque(std::size_t x) {
  asm volatile("" : "+r"(x));
  return x;
}

template <class Batch>
[[gnu::always_inline]] inline void KeepAlive(Batch x) {
  typename Batch::register_type value = x;
#if defined(__AVX512F__)
  asm volatile("" : : "v"(value));
#elif defined(__SSE2__)
  asm volatile("" : : "x"(value));
#elif defined(__aarch64__)
  asm volatile("" : : "w"(value));
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
