// The inner step of INT8 matrix multiplication: I32::size output channels at once, each lane adding
// the products of its own kDotDepth weights (s8) with the same kDotDepth activations, exactly.
//
//   acc[lane] += sum over j < kDotDepth of (a[j] + kDotOffset<A>) * b[lane * kDotDepth + j]
//
// The offset makes of activations A the type that the instruction takes: vpdpbusd multiplies u8 by
// s8, sdot s8 by s8. Whoever adds up the steps subtracts kDotOffset<A> times the sum of the weights.
//
// vpmaddubsw is not used: its 16-bit sums saturate (255 * 127 * 2 > 32767). Without a dot-product
// instruction both sides are widened to 16 bits first, where vpmaddwd is exact; the weights once per
// tile of rows, the activations when they are packed.
#pragma once

#include <cstring>
#include <type_traits>

#include "kernels/simd/transpose.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512VNNI__) || defined(__ARM_FEATURE_DOTPROD)

constexpr std::size_t kDotDepth = 4;

#if defined(__AVX512VNNI__)

template <class A>
constexpr std::int32_t kDotOffset = std::is_signed_v<A> ? 128 : 0;

// I32::size * kDotDepth weights in the form a step multiplies.
inline I32 LoadDotWeights(const std::int8_t* b) { return _mm512_loadu_si512(b); }

// acc + the dot product of `a` (kDotDepth activations in every lane) and the weights b.
inline I32 Dot(I32 acc, I32 a, I32 b) { return _mm512_dpbusd_epi32(acc, a, b); }

#else

template <class A>
constexpr std::int32_t kDotOffset = std::is_signed_v<A> ? 0 : -128;

inline I32 LoadDotWeights(const std::int8_t* b) { return vreinterpretq_s32_s8(vld1q_s8(b)); }

inline I32 Dot(I32 acc, I32 a, I32 b) {
  return vdotq_s32(acc, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}

#endif

// An offset of 128 modulo 256 is a change of the upper bit.
template <class A>
constexpr std::uint32_t kDotFlip = kDotOffset<A> == 0 ? 0 : 0x80808080;

// kDotDepth activations in the form a step broadcasts.
template <class A>
std::uint32_t DotWord(const A* a) {
  std::uint32_t word;
  std::memcpy(&word, a, sizeof(word));
  return word ^ kDotFlip<A>;
}

// The words of kDotBlock activations of four rows: words[s * stride + r] = step s of row r.
constexpr std::size_t kDotBlock = 16;

template <class A>
void PackDotWords(const A* a, std::size_t lda, std::uint32_t* words, std::size_t stride) {
  Words4 rows[4];
  for (int r = 0; r < 4; ++r) rows[r] = LoadWords4(a + r * lda) ^ kDotFlip<A>;
  Transpose4x4(rows);
  for (int s = 0; s < 4; ++s) StoreWords4(words + s * stride, rows[s]);
}

#else

constexpr std::size_t kDotDepth = 2;

template <class A>
constexpr std::int32_t kDotOffset = 0;

template <class A>
std::uint32_t DotWord(const A* a) {
  return static_cast<std::uint16_t>(a[0]) | std::uint32_t{static_cast<std::uint16_t>(a[1])} << 16;
}

// Bytes 0 and 1 of each word, widened to 16 bits.
template <class A>
[[gnu::always_inline]] inline Words4 WidenBytePairs(Words4 bytes) {
  const Words4 upper = (bytes << 8 & 0xFF00) | (bytes << 16 & 0xFF000000);  // of 16 bits each
  if constexpr (std::is_signed_v<A>) {
    using Shorts8 = std::int16_t __attribute__((vector_size(16)));
    return reinterpret_cast<Words4>(reinterpret_cast<Shorts8>(upper) >> 8);
  } else {
    return upper >> 8;  // what falls out of a 16-bit half is zero
  }
}

constexpr std::size_t kDotBlock = 16;

template <class A>
void PackDotWords(const A* a, std::size_t lda, std::uint32_t* words, std::size_t stride) {
  Words4 rows[4];
  for (int r = 0; r < 4; ++r) rows[r] = LoadWords4(a + r * lda);
  Transpose4x4(rows);
  for (int s = 0; s < 4; ++s) {
    StoreWords4(words + 2 * s * stride, WidenBytePairs<A>(rows[s]));
    StoreWords4(words + (2 * s + 1) * stride, WidenBytePairs<A>(rows[s] >> 16));
  }
}

#if defined(__AVX512BW__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(b)));
}
inline I32 Dot(I32 acc, I32 a, I32 b) { return acc + I32(_mm512_madd_epi16(a, b)); }

#elif defined(__AVX2__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
}
inline I32 Dot(I32 acc, I32 a, I32 b) { return acc + I32(_mm256_madd_epi16(a, b)); }

#elif defined(__SSE2__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  const __m128i b8 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b));
  // Each byte lands in the upper half of a 16-bit lane; the arithmetic shift extends its sign.
  return _mm_srai_epi16(_mm_unpacklo_epi8(b8, b8), 8);
}
inline I32 Dot(I32 acc, I32 a, I32 b) { return acc + I32(_mm_madd_epi16(a, b)); }

#elif defined(__aarch64__)

inline I32 LoadDotWeights(const std::int8_t* b) {
  return vreinterpretq_s32_s16(vmovl_s8(vld1_s8(b)));
}
inline I32 Dot(I32 acc, I32 a, I32 b) {
  const int16x8_t a16 = vreinterpretq_s16_s32(a);
  const int16x8_t b16 = vreinterpretq_s16_s32(b);
  const int32x4_t lo = vmull_s16(vget_low_s16(a16), vget_low_s16(b16));
  return vaddq_s32(acc, vpaddq_s32(lo, vmull_high_s16(a16, b16)));
}

#endif
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
