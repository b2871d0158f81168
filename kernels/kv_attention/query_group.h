// The query heads of a decoding step in groups of 1, 2 or 4 that share keys and values, and their
// queries in the order in which ScoreTile meets them.
#pragma once

#include <limits>

#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/online_softmax.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/transpose.h"

namespace podium::PODIUM_ISA {
namespace {

// 1, 2 or 4 query heads of one KV head.
template <class T>
struct Group {
  int n_heads;
  const typename Step<T>::Query* q;
  float* out;
  SoftmaxSum* sums;
  HeadState heads[4];
  std::int32_t q_sums[4] = {};  // of s8: of a query's integers
};

// q as integers, in every `step`th quad; their sum. `scale` takes in their unit.
[[maybe_unused]] std::int32_t QuantizeQuery(const float* q, std::size_t head_dim, Quad* to,
                                            std::size_t step, float& scale) {
  F32 largest(0.0f), zero(0.0f);
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    const F32 x = F32::load_unaligned(q + d);
    largest = xsimd::max(largest, xsimd::abs(x));
    zero = Fma(x, F32(0.0f), zero);  // NaN where x is none or infinite
  }
  const float unit = ReduceMax(largest) / kMaxQuad + ReduceAdd(zero);
  const F32 inverse(unit >= std::numeric_limits<float>::min() ? 1 / unit : 0.0f), most(kMaxQuad);
  I32 sum(0);
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    const F32 x = F32::load_unaligned(q + d) * inverse;
    const I32 integers = RoundToInt(xsimd::min(xsimd::max(x, -most), most));
    StoreQuads(to + d / 4 * step, step, integers);
    sum = sum + integers;
  }
  scale *= unit;
  return ReduceAdd(sum);
}

// The queries of a group's heads, rows ldq apart, in the order of Queries.
template <class T>
void SetQueries(const float* q, std::size_t ldq, std::size_t head_dim, typename Step<T>::Query* to,
                Group<T>& group) {
  const auto n_heads = static_cast<std::size_t>(group.n_heads);
  if constexpr (sizeof(T) == 1) {
    for (std::size_t h = 0; h < n_heads; ++h) {
      group.q_sums[h] = QuantizeQuery(q + h * ldq, head_dim, to + h, n_heads, group.heads[h].scale);
    }
  } else if (n_heads == 4) {
    for (std::size_t d = 0; d < head_dim; d += 4) {
      Words4 rows[4];
      for (std::size_t h = 0; h < 4; ++h) rows[h] = LoadWords4(q + h * ldq + d);
      Transpose4x4(rows);
      for (std::size_t i = 0; i < 4; ++i) StoreWords4(to + (d + i) * 4, rows[i]);
    }
  } else {
    for (std::size_t i = 0; i < n_heads * head_dim; ++i) to[i] = q[i % n_heads * ldq + i / n_heads];
  }
}

// n_heads query heads from h on, of one KV head, whose queries go to q. Returns how many groups.
template <class T>
std::size_t MakeGroups(const DecodeAttentionArgs& args, std::size_t h, std::size_t n_heads,
                       typename Step<T>::Query* q, Group<T>* groups) {
  const std::size_t head_dim = args.cache.head_dim;
  std::size_t n_groups = 0;
  while (n_heads > 0) {
    Group<T>& group = groups[n_groups++];
    group.n_heads = n_heads >= 4 ? 4 : n_heads >= 2 ? 2 : 1;
    group.q = q;
    group.out = args.out + h * args.ldo;
    group.sums = args.sums == nullptr ? nullptr : args.sums + h;
    const auto heads = static_cast<std::size_t>(group.n_heads);
    for (std::size_t i = 0; i < heads; ++i) {
      const float slope = args.alibi_slopes == nullptr ? 0 : args.alibi_slopes[h + i];
      group.heads[i] = HeadState::Empty(args.scale, slope);
    }
    SetQueries(args.q + h * args.ldq, args.ldq, head_dim, q, group);
    q += heads * head_dim / kPack<T>;
    h += heads;
    n_heads -= heads;
  }
  return n_groups;
}

}  // namespace
}  // namespace podium::PODIUM_ISA
