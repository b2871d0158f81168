// Conversions between number formats that xsimd has no portable name for.
#pragma once

#include "kernels/simd/arch.h"
#include "kernels/simd/fma.h"

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

// x * y, rounded once to the nearest integer, ties to even, then clamped to lo..hi, which lie within
// +-2^21.
inline I32 RoundProduct(F32 x, F32 y, std::int32_t lo, std::int32_t hi) {
#if defined(__SSE2__) && !defined(__FMA__)
  // The product of two floats fits a double; the conversion rounds it. Beyond an s32 it would give
  // the smallest one.
  const auto round = [lo, hi](__m128 a, __m128 b) {
    const __m128d product = _mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b));
    return _mm_cvtpd_epi32(_mm_min_pd(_mm_max_pd(product, _mm_set1_pd(lo)), _mm_set1_pd(hi)));
  };
  const __m128 a = x, b = y;
  return _mm_unpacklo_epi64(round(a, b), round(_mm_movehl_ps(a, a), _mm_movehl_ps(b, b)));
#else
  // Next to 1.5 * 2^23 floats are integers, so the one rounding of a fused multiply-add does it; what
  // is added keeps the order, so the clamp may follow.
  constexpr float kShift = 0x1.8p23f;
  const F32 shifted =
      xsimd::min(xsimd::max(Fma(x, y, F32(kShift)), F32(kShift + lo)), F32(kShift + hi));
  return RoundToInt(shifted - F32(kShift));
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

// Stores the lower byte of each of the first `count` lanes.
template <class Byte>
void StoreLowBytes(Byte* p, I32 x, std::size_t count) {
  static_assert(sizeof(Byte) == 1);
  const I32 bytes = x & I32(255);
  if (count >= I32::size) return StoreClampedU8(reinterpret_cast<std::uint8_t*>(p), bytes);
  std::uint8_t all[I32::size];
  StoreClampedU8(all, bytes);
  __builtin_memcpy(p, all, count);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
