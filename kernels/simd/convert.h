// Conversions between number formats that xsimd has no portable name for.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

// To the nearest integer, ties to even. |x| < 2^31.
inline I32 RoundToInt(F32 x) {
#if defined(__AVX512F__)
  return _mm512_cvtps_epi32(x);
#elif defined(__AVX2__)
  return _mm256_cvtps_epi32(x);
#elif defined(__SSE2__)
  return _mm_cvtps_epi32(x);
#elif defined(__aarch64__)
  return vcvtnq_s32_f32(x);
#endif
}

// Stores I32::size bytes, each lane clamped to 0..255.
inline void StoreClampedU8(std::uint8_t* p, I32 x) {
#if defined(__AVX512F__)
  const __m512i positive = _mm512_max_epi32(x, _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtusepi32_epi8(positive));
#elif defined(__AVX2__)
  const __m256i v = x;
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
#elif defined(__SSE2__)
  const __m128i words = _mm_packs_epi32(x, x);
  const std::int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  __builtin_memcpy(p, &bytes, sizeof(bytes));
#elif defined(__aarch64__)
  const int16x4_t words = vqmovn_s32(x);
  const uint8x8_t bytes = vqmovun_s16(vcombine_s16(words, words));
  const std::uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  __builtin_memcpy(p, &four, sizeof(four));
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
