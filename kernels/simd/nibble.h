// 4-bit weights and bfloat16 scales as floats.
//
// A nibble holds q + 8. With a lookup in a register (AVX-512) it becomes q itself. Elsewhere nibble j
// of a word, masked but left where it stands, becomes (q + 8) * 16^(j % 4): a factor that the
// activations take back, exactly, and a bias that is subtracted once per group.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

constexpr float kNibbleBias = 0;

inline void ScaleForNibbles(float*) {}

template <int j>
inline F32 NibbleToFloat(I32 words) {
  const __m512 values = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  // The permutation looks at the lower four bits of each index.
  return _mm512_permutexvar_ps(_mm512_srli_epi32(words, 4 * j), values);
}

inline F32 LoadBfloat16(const void* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

#else

constexpr float kNibbleBias = 8;

// x[k], k = 0..7, divided by the factor of the nibble that it meets: j = k for k < 4 doubled, else
// doubled and one more.
inline void ScaleForNibbles(float* x) {
  for (int k = 0; k < 8; ++k) {
    const int j = k < 4 ? 2 * k : 2 * (k - 4) + 1;
    constexpr float kFactors[] = {1, 0x1p-4f, 0x1p-8f, 0x1p-12f};
    x[k] *= kFactors[j % 4];
  }
}

#if defined(__AVX2__)
inline I32 UpperHalves(I32 words) { return _mm256_srli_epi32(words, 16); }
#elif defined(__SSE2__)
inline I32 UpperHalves(I32 words) { return _mm_srli_epi32(words, 16); }
#elif defined(__aarch64__)
inline I32 UpperHalves(I32 words) {
  return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(words), 16));
}
#endif

template <int j>
inline F32 NibbleToFloat(I32 words) {
  const I32 half = j < 4 ? words : UpperHalves(words);
  return xsimd::to_float(half & I32(0xF << (4 * (j % 4))));
}

#if defined(__AVX2__)
inline F32 LoadBfloat16(const void* p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
#elif defined(__SSE2__)
inline F32 LoadBfloat16(const void* p) {
  const __m128i narrow = _mm_loadl_epi64(static_cast<const __m128i*>(p));
  return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), narrow));
}
#elif defined(__aarch64__)
inline F32 LoadBfloat16(const void* p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(static_cast<const std::uint16_t*>(p)), 16));
}
#endif

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
