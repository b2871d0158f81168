// Pairs of 16-bit integers from two vectors, for DotS16 (dot_s16.h), and the way back from its sums to
// bytes in order. The pairs stand in the order in which the ISA's interleaving leaves them, which its
// packing undoes.
//
//   ZipOrder(i)             the element whose pair stands in lane i, of lanes 0..2 * I32::size - 1: those
//                           of the lower half of pairs, then those of the upper
//   ZipS16(a, b, lo, hi)    pairs a[e], b[e]
//   LoadPartialS8AsS16      the first `count` elements, then zeros
//   StoreZippedS8(p, lo, hi, count)   sums of such lanes, each within -128..127, as `count` bytes in order
#pragma once

#include "kernels/simd/dot_s16.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kZipSize = 2 * I32::size;

constexpr std::size_t ZipOrder(std::size_t lane) {
  // Registers are interleaved in parts of 16 bytes, 8 elements each: 4 in the lower half, 4 in the upper.
  const std::size_t half = lane / I32::size, i = lane % I32::size;
  return i / 4 * 8 + half * 4 + i % 4;
}

inline I32 LoadPartialS8AsS16(const std::int8_t* p, std::size_t count) {
#if defined(__AVX512BW__)
  const auto mask = static_cast<__mmask32>((std::uint64_t{1} << count) - 1);
  return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, p));
#else
  std::int8_t bytes[kZipSize] = {};
  __builtin_memcpy(bytes, p, count);
  return LoadS8AsS16(bytes);
#endif
}

[[gnu::always_inline]] inline void ZipS16(I32 a, I32 b, I32& lo, I32& hi) {
#if defined(__AVX512BW__)
  lo = _mm512_unpacklo_epi16(a, b);
  hi = _mm512_unpackhi_epi16(a, b);
#elif defined(__AVX2__)
  lo = _mm256_unpacklo_epi16(a, b);
  hi = _mm256_unpackhi_epi16(a, b);
#elif defined(__SSE2__)
  lo = _mm_unpacklo_epi16(a, b);
  hi = _mm_unpackhi_epi16(a, b);
#elif defined(__aarch64__)
  const int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
  lo = vreinterpretq_s32_s16(vzip1q_s16(x, y));
  hi = vreinterpretq_s32_s16(vzip2q_s16(x, y));
#endif
}

inline void StoreZippedS8(std::int8_t* p, I32 lo, I32 hi, std::size_t count) {
  std::int8_t bytes[kZipSize];
  std::int8_t* to = count < kZipSize ? bytes : p;
#if defined(__AVX512BW__)
  const __m256i all = _mm512_cvtepi16_epi8(_mm512_packs_epi32(lo, hi));
  if (count < kZipSize) {
    _mm256_mask_storeu_epi8(p, static_cast<__mmask32>((std::uint64_t{1} << count) - 1), all);
    return;
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), all);
#elif defined(__AVX2__)
  const __m256i words = _mm256_packs_epi32(lo, hi);
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(to),
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
#elif defined(__SSE2__)
  const __m128i words = _mm_packs_epi32(lo, hi);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(words, words));
#elif defined(__aarch64__)
  vst1_s8(to, vmovn_s16(vcombine_s16(vmovn_s32(lo), vmovn_s32(hi))));
#endif
  if (count < kZipSize) __builtin_memcpy(p, bytes, count);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
