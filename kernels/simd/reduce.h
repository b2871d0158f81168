// The sum and the largest of the lanes of a batch.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__SSE2__)

inline float ReduceAdd4(__m128 x) {
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}
inline float ReduceMax4(__m128 x) {
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_shuffle_ps(x, x, 1)));
}

#endif

#if defined(__AVX2__)

inline float ReduceAdd8(__m256 x) {
  return ReduceAdd4(_mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1)));
}
inline float ReduceMax8(__m256 x) {
  return ReduceMax4(_mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1)));
}

#endif

#if defined(__AVX512F__)

inline __m256 UpperHalf(__m512 x) {
  return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
}
inline float ReduceAdd(F32 x) {
  return ReduceAdd8(_mm256_add_ps(_mm512_castps512_ps256(x), UpperHalf(x)));
}
// A NaN among the lanes may or may not be the result.
inline float ReduceMax(F32 x) {
  return ReduceMax8(_mm256_max_ps(_mm512_castps512_ps256(x), UpperHalf(x)));
}

#elif defined(__AVX2__)

inline float ReduceAdd(F32 x) { return ReduceAdd8(x); }
inline float ReduceMax(F32 x) { return ReduceMax8(x); }

#elif defined(__SSE2__)

inline float ReduceAdd(F32 x) { return ReduceAdd4(x); }
inline float ReduceMax(F32 x) { return ReduceMax4(x); }

#elif defined(__aarch64__)

inline float ReduceAdd(F32 x) { return vaddvq_f32(x); }
inline float ReduceMax(F32 x) { return vmaxvq_f32(x); }

#endif

[[maybe_unused]] inline std::int32_t ReduceAdd(I32 x) {
  std::int32_t lanes[I32::size], sum = 0;
  x.store_unaligned(lanes);
  for (const std::int32_t lane : lanes) sum += lane;
  return sum;
}

}  // namespace
}  // namespace podium::PODIUM_ISA
