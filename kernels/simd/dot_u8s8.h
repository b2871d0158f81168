// The inner step of INT8 matrix multiplication: I32::size output channels at once, each lane adding
// the products of its own kDotDepth weights (s8) with the same kDotDepth activations (u8), exactly.
//
//   acc[lane] += sum over j < kDotDepth of a[j] * b[lane * kDotDepth + j]
//
// vpmaddubsw is not used: its 16-bit sums saturate (255 * 127 * 2 > 32767). Without VNNI both sides
// are widened to 16 bits first, where vpmaddwd is exact; the weights once per tile of rows.
#pragma once

#include <cstring>

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512VNNI__)

constexpr std::size_t kDotDepth = 4;

// kDotDepth activations in the form a step broadcasts.
inline std::int32_t DotWord(const std::uint8_t* a) {
  std::int32_t word;
  std::memcpy(&word, a, sizeof(word));
  return word;
}

// I32::size * kDotDepth weights in the form a step multiplies.
inline I32 LoadDotWeights(const std::int8_t* b) { return _mm512_loadu_si512(b); }

inline I32 DotU8S8(I32 acc, I32 a, I32 b) { return _mm512_dpbusd_epi32(acc, a, b); }

#else

constexpr std::size_t kDotDepth = 2;

inline std::int32_t DotWord(const std::uint8_t* a) { return a[0] | (std::int32_t{a[1]} << 16); }

#if defined(__AVX512BW__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(b)));
}
inline I32 DotU8S8(I32 acc, I32 a, I32 b) { return acc + I32(_mm512_madd_epi16(a, b)); }

#elif defined(__AVX2__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
}
inline I32 DotU8S8(I32 acc, I32 a, I32 b) { return acc + I32(_mm256_madd_epi16(a, b)); }

#elif defined(__SSE2__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  const __m128i b8 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b));
  // Each byte lands in the upper half of a 16-bit lane; the arithmetic shift extends its sign.
  return _mm_srai_epi16(_mm_unpacklo_epi8(b8, b8), 8);
}
inline I32 DotU8S8(I32 acc, I32 a, I32 b) { return acc + I32(_mm_madd_epi16(a, b)); }

#elif defined(__aarch64__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return vreinterpretq_s32_s16(vmovl_s8(vld1_s8(b)));
}
inline I32 DotU8S8(I32 acc, I32 a, I32 b) {
  const int16x8_t a16 = vreinterpretq_s16_s32(a);
  const int16x8_t b16 = vreinterpretq_s16_s32(b);
  const int32x4_t lo = vmull_s16(vget_low_s16(a16), vget_low_s16(b16));
  return vaddq_s32(acc, vpaddq_s32(lo, vmull_high_s16(a16, b16)));
}

#endif
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
