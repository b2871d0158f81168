// The softmax between the two products of attention: dot products of a row of tokens become scores,
// then weights relative to the largest score so far.
#pragma once

#include <limits>

#include "kernels/fused_activation/vector_math.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/dot_s16.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"

namespace podium::PODIUM_ISA {
namespace {

// What a query head remembers from chunk to chunk.
struct HeadState {
  float max, sum;
  float scale;  // of dot products
  float slope;  // of ALiBi

  // The maximum is finite, so that a chunk in which every score is -infinity leaves weights of 0, not
  // NaN.
  static HeadState Empty(float scale, float slope) {
    return {-std::numeric_limits<float>::max(), 0, scale, slope};
  }
};

struct ScoreRule {
  std::size_t count;
  float first_distance;   // from the query's token to the first of these: <= 0
  float softcap;          // 0: none
  const float* k_scales;  // one per token, or null
};

// tanh(x) = 1 - 2 / (exp(2x) + 1), absolute error below 4 * 2^-24; NaN remains.
inline F32 Tanh(F32 x) {
  const F32 t = AtMost(127, x * F32(2.88539008f));
  return F32(1.0f) - F32(2.0f) / (Exp2(t) + F32(1.0f));
}

inline F32 FirstIntegers() {
  alignas(64) float lanes[F32::size];
  for (std::size_t i = 0; i < F32::size; ++i) lanes[i] = static_cast<float>(i);
  return F32::load_aligned(lanes);
}

// Whole batches are written: `row` has room for them. Returns by what factor older weights shrink.
[[gnu::noinline, maybe_unused]] float UpdateSoftmax(const ScoreRule& rule, float* row,
                                                    HeadState& head) {
  const std::size_t count = rule.count;
  const auto score = [&](std::size_t i) __attribute__((always_inline)) {
    F32 s = F32::load_unaligned(row + i) * F32(head.scale);
    if (rule.k_scales != nullptr) s = s * LoadLanes<F32>(rule.k_scales + i, count - i);
    if (rule.softcap > 0) s = F32(rule.softcap) * Tanh(s / F32(rule.softcap));
    if (head.slope != 0) {
      const F32 distance = FirstIntegers() + F32(rule.first_distance + static_cast<float>(i));
      s = Fma(F32(head.slope), distance, s);
    }
    s.store_unaligned(row + i);
    return s;
  };
  F32 max(head.max);
  std::size_t i = 0;
  for (; i + F32::size <= count; i += F32::size) max = xsimd::max(max, score(i));
  if (i < count) {
    score(i);
    for (std::size_t t = count; t < i + F32::size; ++t) {
      row[t] = -std::numeric_limits<float>::infinity();
    }
    max = xsimd::max(max, F32::load_unaligned(row + i));
  }
  const float old_max = head.max;
  head.max = ReduceMax(max);
  F32 sum(0.0f);
  for (i = 0; i < count; i += F32::size) {
    const F32 weight = ExpNonPositive(F32::load_unaligned(row + i) - F32(head.max));
    weight.store_unaligned(row + i);
    sum = sum + weight;
  }
  float factors[F32::size];
  ExpNonPositive(F32(old_max - head.max)).store_unaligned(factors);
  head.sum = head.sum * factors[0] + ReduceAdd(sum);
  return factors[0];
}

// weights[t] = round(row[t] * v_scales[t] / unit), s16, whole batches; returns the unit.
[[gnu::noinline, maybe_unused]] float QuantizeWeights(std::size_t count, float* row,
                                                      const float* v_scales,
                                                      std::int16_t* weights) {
  F32 largest(0.0f);
  for (std::size_t i = 0; i < count; i += F32::size) {
    const F32 x = F32::load_unaligned(row + i) * LoadLanes<F32>(v_scales + i, count - i);
    x.store_unaligned(row + i);
    largest = xsimd::max(largest, x);
  }
  const float unit = ReduceMax(largest) / 32767;
  const F32 inverse(unit >= std::numeric_limits<float>::min() ? 1 / unit : 0.0f);
  for (std::size_t i = 0; i < count; i += F32::size) {
    // At most 32767, but for rounding; NaN becomes anything, and the sum of weights tells.
    const F32 x = xsimd::min(F32::load_unaligned(row + i) * inverse, F32(32767.0f));
    StoreAsS16(weights + i, RoundToInt(x));
  }
  return unit;
}

}  // namespace
}  // namespace podium::PODIUM_ISA
