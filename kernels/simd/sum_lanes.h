// SumLanes(x): lane i of the result is the sum of all lanes of x[i], for F32::size batches at once, of
// F32 or of I32, whose sums must fit.
//
// A tree: each level adds two batches into one, halving how many lanes are left of each. On x86 a
// level that keeps half of either batch in place needs one shuffle and one blend, and a blend does
// not compete for the shuffle ports; only the other levels need two shuffles.
#pragma once

#include <type_traits>

#include "kernels/simd/arch.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

// a + b, lanes of which are those of a Batch.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddBatches(__m512 a, __m512 b) {
  if constexpr (std::is_same_v<Batch, F32>) {
    return _mm512_add_ps(a, b);
  } else {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }
}
// In 128-bit blocks: a0 + a2, a1 + a3, b0 + b2, b1 + b3.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddHalves(__m512 a, __m512 b) {
  return AddBatches<Batch>(_mm512_mask_blend_ps(0xFF00, a, b), _mm512_shuffle_f32x4(a, b, 0x4E));
}
// In 128-bit blocks: a0 + a1, a2 + a3, b0 + b1, b2 + b3.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddBlocks(__m512 a, __m512 b) {
  return AddBatches<Batch>(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
}
// In each 128-bit block: a0 + a2, a1 + a3, b0 + b2, b1 + b3.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddQuarters(__m512 a, __m512 b) {
  return AddBatches<Batch>(_mm512_mask_blend_ps(0xCCCC, a, b), _mm512_shuffle_ps(a, b, 0x4E));
}
// In each 128-bit block: a0 + a1, a2 + a3, b0 + b1, b2 + b3.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddPairs(__m512 a, __m512 b) {
  return AddBatches<Batch>(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xDD));
}
// The sums of lo0, lo1, hi0, hi1, lo2, ... wait in the lanes where AddBlocks and AddPairs need
// them.
template <class Batch>
[[gnu::always_inline]] inline __m512 AddFour(__m512 lo0, __m512 lo1, __m512 hi0, __m512 hi1) {
  return AddQuarters<Batch>(AddHalves<Batch>(lo0, hi0), AddHalves<Batch>(lo1, hi1));
}
template <class Batch>
[[gnu::always_inline]] inline __m512 AddAll(const __m512 (&x)[16]) {
  return AddPairs<Batch>(AddBlocks<Batch>(AddFour<Batch>(x[0], x[1], x[4], x[5]),
                                          AddFour<Batch>(x[8], x[9], x[12], x[13])),
                         AddBlocks<Batch>(AddFour<Batch>(x[2], x[3], x[6], x[7]),
                                          AddFour<Batch>(x[10], x[11], x[14], x[15])));
}

[[gnu::always_inline]] inline F32 SumLanes(const F32* batches) {
  __m512 x[16];
  Unroll<16>([&](auto i) __attribute__((always_inline)) { x[i] = batches[i]; });
  return AddAll<F32>(x);
}
// Integers are added as such: additions of them have more units to go to, and one conversion is left.
[[gnu::always_inline]] inline F32 SumLanes(const I32* batches) {
  __m512 x[16];
  Unroll<16>([&](auto i)
                 __attribute__((always_inline)) { x[i] = _mm512_castsi512_ps(batches[i]); });
  return _mm512_cvtepi32_ps(_mm512_castps_si512(AddAll<I32>(x)));
}

#elif defined(__AVX2__)

// In 128-bit blocks: a0 + a1, b0 + b1.
inline __m256 AddHalves(__m256 a, __m256 b) {
  return _mm256_add_ps(_mm256_blend_ps(a, b, 0xF0), _mm256_permute2f128_ps(a, b, 0x21));
}
// In each 128-bit block: a0 + a2, a1 + a3, b0 + b2, b1 + b3.
inline __m256 AddQuarters(__m256 a, __m256 b) {
  return _mm256_add_ps(_mm256_blend_ps(a, b, 0xCC), _mm256_shuffle_ps(a, b, 0x4E));
}
// In each 128-bit block: a0 + a1, a2 + a3, b0 + b1, b2 + b3.
inline __m256 AddPairs(__m256 a, __m256 b) {
  return _mm256_add_ps(_mm256_shuffle_ps(a, b, 0x88), _mm256_shuffle_ps(a, b, 0xDD));
}

inline F32 SumLanes(const F32* x) {
  const __m256 lo = AddQuarters(AddHalves(x[0], x[4]), AddHalves(x[1], x[5]));
  const __m256 hi = AddQuarters(AddHalves(x[2], x[6]), AddHalves(x[3], x[7]));
  return AddPairs(lo, hi);
}

#elif defined(__SSE2__)

// a0 + a2, a1 + a3, b0 + b2, b1 + b3.
inline __m128 AddHalves(__m128 a, __m128 b) {
  return _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
}

inline F32 SumLanes(const F32* x) {
  const __m128 lo = AddHalves(x[0], x[1]);
  const __m128 hi = AddHalves(x[2], x[3]);
  return _mm_add_ps(_mm_shuffle_ps(lo, hi, 0x88), _mm_shuffle_ps(lo, hi, 0xDD));
}

#elif defined(__aarch64__)

inline F32 SumLanes(const F32* x) {
  return vpaddq_f32(vpaddq_f32(x[0], x[1]), vpaddq_f32(x[2], x[3]));
}

#endif

#if !defined(__AVX512F__)
inline F32 SumLanes(const I32* batches) {
  F32 x[F32::size];
  for (std::size_t i = 0; i < F32::size; ++i) x[i] = xsimd::to_float(batches[i]);
  return SumLanes(x);
}
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
