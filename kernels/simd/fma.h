// Fma(a, b, c): a * b + c, with one rounding where the ISA has such an instruction (all but SSE2).
//
// Use it in place of xsimd::fma, which in xsimd 8.1 is a multiplication and an addition on AVX-512:
// half the speed, and another rounding.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

inline F32 Fma(F32 a, F32 b, F32 c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#else
  return xsimd::fma(a, b, c);
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
