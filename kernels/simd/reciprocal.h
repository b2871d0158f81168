// Reciprocal(d): 1 / d within 1.5 ulp for d in [1, 2^100]; NaN of NaN.
//
// On AVX-512 an estimate of 14 bits and one step of Newton's method, for a division occupies its
// unit for 16 cycles there (Intel's Golden Cove), three times what these take.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

inline F32 Reciprocal(F32 d) {
#if defined(__AVX512F__)
  const __m512 estimate = _mm512_rcp14_ps(d);
  const __m512 error = _mm512_fnmadd_ps(d, estimate, _mm512_set1_ps(1.0f));
  return _mm512_fmadd_ps(estimate, error, estimate);
#else
  return F32(1.0f) / d;
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
