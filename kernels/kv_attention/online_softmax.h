// The softmax between the two products of attention: dot products of a row of tokens become scores,
// then weights relative to the largest score so far.
#pragma once

#include <limits>

#include "kernels/fused_activation/vector_math.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/dot_quads.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/unroll.h"

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
  std::size_t skip = 0;   // the first tokens, whose weights are 0
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

// Of kHeads rows, `ld` apart, at once: what one row waits for, the others do meanwhile. Whole batches
// are written: rows have room for them. factors[h] is by what older weights of head h shrink. Twice a
// batch, meanwhile().
template <int kHeads, class Meanwhile>
[[gnu::noinline]] void UpdateSoftmax(const ScoreRule& of, float* rows, std::size_t ld,
                                     HeadState* heads, float* factors, const Meanwhile& meanwhile) {
  const ScoreRule rule = of;  // a copy, which no store to `rows` can change
  const std::size_t count = rule.count;
  F32 max[kHeads], sum[kHeads];
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    max[h] = F32(heads[h].max);
    sum[h] = F32(0.0f);
  });
  const auto score = [&](auto h, std::size_t i) __attribute__((always_inline)) {
    F32 s = F32::load_unaligned(rows + h * ld + i) * F32(heads[h].scale);
    if (rule.k_scales != nullptr) s = s * LoadLanes<F32>(rule.k_scales + i, count - i);
    if (rule.softcap > 0) s = F32(rule.softcap) * Tanh(s / F32(rule.softcap));
    if (heads[h].slope != 0) {
      const F32 distance = FirstIntegers() + F32(rule.first_distance + static_cast<float>(i));
      s = Fma(F32(heads[h].slope), distance, s);
    }
    s.store_unaligned(rows + h * ld + i);
    return s;
  };
  const auto edge = [&](std::size_t i) __attribute__((always_inline)) {
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      score(h, i);
      float* const row = rows + h * ld;
      for (std::size_t t = i; t < i + F32::size; ++t) {
        if (t < rule.skip || t >= count) row[t] = -std::numeric_limits<float>::infinity();
      }
      max[h] = xsimd::max(max[h], F32::load_unaligned(row + i));
    });
  };
  std::size_t i = 0;
  for (; i < rule.skip; i += F32::size) edge(i);
  for (; i + F32::size <= count; i += F32::size) {
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      max[h] = xsimd::max(max[h], score(h, i));
    });
    meanwhile();
  }
  if (i < count) edge(i);
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    const float old_max = heads[h].max;
    heads[h].max = ReduceMax(max[h]);
    max[h] = F32(heads[h].max);
    factors[h] = old_max - heads[h].max;
  });
  for (i = 0; i < count; i += F32::size) {
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      float* const at = rows + h * ld + i;
      const F32 weight = ExpNonPositive(F32::load_unaligned(at) - max[h]);
      weight.store_unaligned(at);
      sum[h] = sum[h] + weight;
    });
    meanwhile();
  }
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    float lanes[F32::size];
    ExpNonPositive(F32(factors[h])).store_unaligned(lanes);
    factors[h] = lanes[0];
    heads[h].sum = heads[h].sum * factors[h] + ReduceAdd(sum[h]);
  });
}

// weights[h, t] = round(rows[h, t] * v_scales[t] / units[h]), in quads, whole batches; rows of weights are
// ld / 4 apart. Several heads at once, for the same reason.
template <int kHeads>
[[gnu::noinline]] void QuantizeWeights(std::size_t count, float* rows, std::size_t ld,
                                       const float* v_scales, PositiveQuad* weights, float* units) {
  F32 largest[kHeads];
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) { largest[h] = F32(0.0f); });
  for (std::size_t i = 0; i < count; i += F32::size) {
    const F32 scales = LoadLanes<F32>(v_scales + i, count - i);
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      const F32 x = F32::load_unaligned(rows + h * ld + i) * scales;
      x.store_unaligned(rows + h * ld + i);
      largest[h] = xsimd::max(largest[h], x);
    });
  }
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    const float unit = ReduceMax(largest[h]) / kMaxQuad;
    units[h] = unit;
    largest[h] = F32(unit >= std::numeric_limits<float>::min() ? 1 / unit : 0.0f);
  });
  for (std::size_t i = 0; i < count; i += F32::size) {
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      // At most kMaxQuad, but for rounding; NaN becomes anything, and the sum of weights tells.
      const F32 x = F32::load_unaligned(rows + h * ld + i) * largest[h];
      StoreQuads(weights + (h * ld + i) / 4, 1, RoundToInt(xsimd::min(x, F32(kMaxQuad))));
    });
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
