// The inner step of a product of 4-bit weights, stored as u = q + 8 in 0..15, and s8 activations.
//
//   DotU4S8(part, u, x)  adds to each lane of `part` the products of its 4 bytes of u with those of x
//   SumParts(part)       the 32-bit sum in each lane, exact while at most kMostParts calls went into it
//
// Without a dot-product instruction a lane holds two 16-bit sums meanwhile: one call adds at most
// 2 * 15 * 127 = 3810 to either, and 8 * 3810 < 2^15.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr int kMostParts = 8;

#if defined(__AVX512VNNI__)

inline I32 DotU4S8(I32 part, I32 u, I32 x) { return _mm512_dpbusd_epi32(part, u, x); }
inline I32 SumParts(I32 part) { return part; }

#elif defined(__ARM_FEATURE_DOTPROD)

// A value of 0..15 is the same as s8.
inline I32 DotU4S8(I32 part, I32 u, I32 x) {
  return vdotq_s32(part, vreinterpretq_s8_s32(u), vreinterpretq_s8_s32(x));
}
inline I32 SumParts(I32 part) { return part; }

#elif defined(__AVX512BW__)

inline I32 DotU4S8(I32 part, I32 u, I32 x) {
  return _mm512_add_epi16(part, _mm512_maddubs_epi16(u, x));
}
inline I32 SumParts(I32 part) { return _mm512_madd_epi16(part, _mm512_set1_epi16(1)); }

#elif defined(__AVX2__)

inline I32 DotU4S8(I32 part, I32 u, I32 x) {
  return _mm256_add_epi16(part, _mm256_maddubs_epi16(u, x));
}
inline I32 SumParts(I32 part) { return _mm256_madd_epi16(part, _mm256_set1_epi16(1)); }

#elif defined(__SSE2__)

// Even and odd bytes, each as 16 bits.
inline I32 DotU4S8(I32 part, I32 u, I32 x) {
  const __m128i even = _mm_mullo_epi16(_mm_and_si128(u, _mm_set1_epi16(0xFF)),
                                       _mm_srai_epi16(_mm_slli_epi16(x, 8), 8));
  const __m128i odd = _mm_mullo_epi16(_mm_srli_epi16(u, 8), _mm_srai_epi16(x, 8));
  return _mm_add_epi16(part, _mm_add_epi16(even, odd));
}
inline I32 SumParts(I32 part) { return _mm_madd_epi16(part, _mm_set1_epi16(1)); }

#elif defined(__aarch64__)

inline I32 DotU4S8(I32 part, I32 u, I32 x) {
  const int16x8_t u16 = vreinterpretq_s16_s32(u), x16 = vreinterpretq_s16_s32(x);
  const int16x8_t even =
      vmulq_s16(vandq_s16(u16, vdupq_n_s16(0xFF)), vshrq_n_s16(vshlq_n_s16(x16, 8), 8));
  const int16x8_t sum = vmlaq_s16(even, vshrq_n_s16(u16, 8), vshrq_n_s16(x16, 8));
  return vreinterpretq_s32_s16(vaddq_s16(vreinterpretq_s16_s32(part), sum));
}
inline I32 SumParts(I32 part) { return vpaddlq_s16(vreinterpretq_s16_s32(part)); }

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
