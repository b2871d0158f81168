// Tables of 32 floats, one look-up per lane: AVX-512 only, where a table fits two registers.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

// Lane by lane, the entry whose number is in the lowest 5 bits of `index`.
inline F32 LookUp(const float (&table)[32], F32 index) {
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), _mm512_castps_si512(index),
                                _mm512_loadu_ps(table + 16));
}

// -min(|x|, most), in one instruction; of NaN -most.
inline F32 MinusMagnitude(F32 x, float most) {
  constexpr int kSmallerMagnitude = 0b0010, kNegative = 0b1100;
  return _mm512_range_ps(x, _mm512_set1_ps(most), kSmallerMagnitude | kNegative);
}

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
