// Elements of kDotDepth rows side by side, one lane for each column, as Dot (dot_int8.h) takes both of its
// operands: what a depthwise convolution adds up, a filter of its own in each lane.
//
//   ZipRows(rows, to)   to[e] = rows[0][e], ..., rows[kDotDepth - 1][e], for kZipSize columns e. kDotOffset
//                       has been added to each.
//   WeightWord(w)       the other operand's lane: w[0], ..., w[kDotDepth - 1]
//   LoadWords(p)        a batch of such lanes
#pragma once

#include <cstdint>

#include "kernels/simd/dot_int8.h"

namespace podium::PODIUM_ISA {
namespace {

inline std::uint32_t WeightWord(const std::int8_t* w) {
  if constexpr (kDotDepth == 2) return DotWord(w);
  std::uint32_t word;
  std::memcpy(&word, w, sizeof(word));
  return word;
}

[[gnu::always_inline]] inline I32 LoadWords(const std::uint32_t* p) {
  return I32::load_unaligned(reinterpret_cast<const std::int32_t*>(p));
}

#if defined(__AVX512VNNI__)

constexpr std::size_t kZipSize = 64;

[[gnu::always_inline]] inline void ZipRows(const std::int8_t* const (&rows)[kDotDepth],
                                           std::uint32_t* to) {
  // Interleaving works within parts of 16 bytes. With the words of a row as a 4 x 4 matrix transposed
  // before, what belongs to one register comes out in one.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const auto load = [&](int r) __attribute__((always_inline)) {
    const __m512i row = _mm512_permutexvar_epi32(order, _mm512_loadu_si512(rows[r]));
    return _mm512_xor_si512(row, _mm512_set1_epi8(-128));
  };
  const __m512i r0 = load(0), r1 = load(1), r2 = load(2), r3 = load(3);
  const __m512i lo01 = _mm512_unpacklo_epi8(r0, r1), hi01 = _mm512_unpackhi_epi8(r0, r1),
                lo23 = _mm512_unpacklo_epi8(r2, r3), hi23 = _mm512_unpackhi_epi8(r2, r3);
  _mm512_storeu_si512(to, _mm512_unpacklo_epi16(lo01, lo23));
  _mm512_storeu_si512(to + 16, _mm512_unpackhi_epi16(lo01, lo23));
  _mm512_storeu_si512(to + 32, _mm512_unpacklo_epi16(hi01, hi23));
  _mm512_storeu_si512(to + 48, _mm512_unpackhi_epi16(hi01, hi23));
}

#elif defined(__AVX512BW__)

constexpr std::size_t kZipSize = 16;

[[gnu::always_inline]] inline void ZipRows(const std::int8_t* const (&rows)[kDotDepth],
                                           std::uint32_t* to) {
  const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[0]));
  const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[1]));
  _mm512_storeu_si512(
      to, _mm512_cvtepi8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b))));
}

#elif defined(__SSE2__)

constexpr std::size_t kZipSize = 8;

[[gnu::always_inline]] inline void ZipRows(const std::int8_t* const (&rows)[kDotDepth],
                                           std::uint32_t* to) {
  const __m128i pairs =
      _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(rows[0])),
                        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(rows[1])));
#if defined(__AVX2__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_cvtepi8_epi16(pairs));
#else
  // Each byte lands in the upper half of a 16-bit lane; the arithmetic shift extends its sign.
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_srai_epi16(_mm_unpacklo_epi8(pairs, pairs), 8));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 4),
                   _mm_srai_epi16(_mm_unpackhi_epi8(pairs, pairs), 8));
#endif
}

#elif defined(__aarch64__)

#if defined(__ARM_FEATURE_DOTPROD)
constexpr std::size_t kZipSize = 16;

[[gnu::always_inline]] inline void ZipRows(const std::int8_t* const (&rows)[kDotDepth],
                                           std::uint32_t* to) {
  const int8x16x2_t b01 = vzipq_s8(vld1q_s8(rows[0]), vld1q_s8(rows[1])),
                    b23 = vzipq_s8(vld1q_s8(rows[2]), vld1q_s8(rows[3]));
  for (int half = 0; half < 2; ++half) {
    const int16x8x2_t words =
        vzipq_s16(vreinterpretq_s16_s8(b01.val[half]), vreinterpretq_s16_s8(b23.val[half]));
    vst1q_u32(to + 8 * half, vreinterpretq_u32_s16(words.val[0]));
    vst1q_u32(to + 8 * half + 4, vreinterpretq_u32_s16(words.val[1]));
  }
}
#else
constexpr std::size_t kZipSize = 8;

[[gnu::always_inline]] inline void ZipRows(const std::int8_t* const (&rows)[kDotDepth],
                                           std::uint32_t* to) {
  const int8x8x2_t pairs = vzip_s8(vld1_s8(rows[0]), vld1_s8(rows[1]));
  vst1q_u32(to, vreinterpretq_u32_s16(vmovl_s8(pairs.val[0])));
  vst1q_u32(to + 4, vreinterpretq_u32_s16(vmovl_s8(pairs.val[1])));
}
#endif

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
