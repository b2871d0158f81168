// SparseDot(values, col_idx, count, x): the sum over i < count of values[i] * x[col_idx[i]], where
// one token leaves no vector of tokens to work on.
//
// Gathers are worth it on AVX-512 only: elsewhere they cost as much as the loads they stand for.
#pragma once

#include "kernels/simd/arch.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

inline __m512i LoadIndices(const std::uint16_t* p, __mmask16 lanes) {
  return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, p));
}

inline float SparseDot(const float* values, const std::uint16_t* col_idx, std::size_t count,
                       const float* x) {
  __m512 sum[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  const auto step = [&](__m512 & acc, std::size_t i, __mmask16 lanes)
      __attribute__((always_inline)) {
    const __m512 gathered =
        _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, LoadIndices(col_idx + i, lanes), x, 4);
    acc = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, values + i), gathered, acc);
  };
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    step(sum[0], i, 0xFFFF);
    step(sum[1], i + 16, 0xFFFF);
  }
  for (; i < count; i += 16) step(sum[0], i, count - i < 16 ? FirstLanes(count - i) : 0xFFFF);
  return ReduceAdd(_mm512_add_ps(sum[0], sum[1]));
}

#else

inline float SparseDot(const float* values, const std::uint16_t* col_idx, std::size_t count,
                       const float* x) {
  float sum[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t j = 0; j < 4; ++j) sum[j] += values[i + j] * x[col_idx[i + j]];
  }
  for (; i < count; ++i) sum[0] += values[i] * x[col_idx[i]];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

#endif

#if defined(__AVX512VNNI__)

// Of blocks of four s8 weights and words of four u8 activations.
inline std::int32_t SparseDot(const std::int8_t* values, const std::uint16_t* col_idx,
                              std::size_t count, const std::int32_t* x) {
  __m512i sum = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = count - i < 16 ? FirstLanes(count - i) : 0xFFFF;
    const __m512i gathered = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes,
                                                         LoadIndices(col_idx + i, lanes), x, 4);
    sum = _mm512_dpbusd_epi32(sum, gathered, _mm512_maskz_loadu_epi32(lanes, values + 4 * i));
  }
  return _mm512_reduce_add_epi32(sum);
}

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
