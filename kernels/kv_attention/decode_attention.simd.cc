// One pass over the cache per KV head, in chunks of tokens that stay in L1 between their scores and
// their values. Per query head a running maximum and a running sum of weights make the softmax
// "online" (Milakov and Gimelshein): where a chunk raises the maximum, what was summed before
// shrinks by exp(old maximum - new maximum). The sums of values wait in `out` between chunks.
#include "kernels/kv_attention/decode_attention.h"

#include <cassert>
#include <limits>

#include "kernels/fused_activation/vector_math.h"
#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/online_softmax.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kMaxHeads = 16;  // that one sweep over the cache serves

// 16 KiB of keys, then as much of values, at most.
template <class T>
std::size_t ChunkTokens(std::size_t head_dim) {
  const std::size_t tokens = 16384 / sizeof(T) / head_dim;
  return tokens < kMaxChunk ? tokens : kMaxChunk;
}

// 1, 2 or 4 query heads of one KV head.
template <class T>
struct Group {
  int n_heads;
  Queries<T> queries;
  float* out;
  HeadState heads[4];
};

// q as 16-bit integers, in units of the result.
float QuantizeQuery(const float* q, std::size_t head_dim, std::int16_t* to) {
  F32 largest(0.0f), zero(0.0f);
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    const F32 x = F32::load_unaligned(q + d);
    largest = xsimd::max(largest, xsimd::abs(x));
    zero = Fma(x, F32(0.0f), zero);  // NaN where x is none or infinite
  }
  const float unit = ReduceMax(largest) / 32767 + ReduceAdd(zero);
  const F32 inverse(unit > 0 ? 1 / unit : 0.0f);
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    const F32 x = F32::load_unaligned(q + d) * inverse;
    StoreAsS16(to + d, RoundToInt(xsimd::min(xsimd::max(x, F32(-32767.0f)), F32(32767.0f))));
  }
  return unit;
}

template <class T, int kHeads>
void AttendChunk(const DecodeAttentionArgs& args, const Chunk<T>& now, const Chunk<T>& next,
                 std::size_t part, std::size_t parts, Group<T>& group) {
  alignas(64) float scores[kHeads * kChunkLd];
  alignas(64) std::int16_t integers[sizeof(T) == 1 ? kHeads * kChunkLd : 1];
  float old_factors[kHeads], units[kHeads];
  const KvView& cache = args.cache;
  const std::size_t stride = cache.token_stride, head_dim = cache.head_dim;
  // Rows that do not touch each other would be fetched with what lies between them.
  const bool fetch = stride == head_dim;
  const std::size_t bytes = fetch ? next.count * head_dim * sizeof(T) : 0;
  const Prefetcher keys(fetch ? next.k : now.k, bytes, part, parts);
  const Prefetcher values(fetch ? next.v : now.v, bytes, part, parts);
  ScoreTokens<T, kHeads>(group.queries.q, {now.k, stride, head_dim}, now.count, keys, scores);
  const ScoreRule rule = {
      .count = now.count,
      .first_distance = static_cast<float>(now.first) - static_cast<float>(cache.length - 1),
      .softcap = args.softcap,
      .k_scales = now.k_scales};
  for (int h = 0; h < kHeads; ++h) {
    old_factors[h] = UpdateSoftmax(rule, scores + h * kChunkLd, group.heads[h]);
  }
  if constexpr (sizeof(T) == 1) {
    for (int h = 0; h < kHeads; ++h) {
      units[h] =
          QuantizeWeights(now.count, scores + h * kChunkLd, now.v_scales, integers + h * kChunkLd);
    }
    // 4 bytes each, twice, beside the bytes of head_dim: worth fetching too.
    for (std::size_t t = 0; t < next.count; t += 16) {
      __builtin_prefetch(next.k_scales + t, 0, 2);
      __builtin_prefetch(next.v_scales + t, 0, 2);
    }
    WeighValues<T, kHeads>(
        {integers, old_factors, units, now.v, stride, head_dim, now.count, group.out, args.ldo},
        values);
  } else {
    WeighValues<T, kHeads>(
        {scores, old_factors, nullptr, now.v, stride, head_dim, now.count, group.out, args.ldo},
        values);
  }
}

// out /= sum of the weights.
template <class T>
void Normalize(const DecodeAttentionArgs& args, const Group<T>& group, SoftmaxSum* sums) {
  for (int h = 0; h < group.n_heads; ++h) {
    const float sum = group.heads[h].sum;
    float* out = group.out + h * args.ldo;
    if (sum != 0) {
      for (std::size_t d = 0; d < args.cache.head_dim; ++d) out[d] /= sum;
    }
    if (sums != nullptr) sums[h] = {group.heads[h].max, sum};
  }
}

// n_heads <= kMaxHeads query heads from h0 on, of KV head g; `next_head` follows it.
template <class T>
void AttendHeads(const DecodeAttentionArgs& args, std::size_t g, std::size_t h0,
                 std::size_t n_heads, std::size_t next_head) {
  const KvView& cache = args.cache;
  Group<T> groups[5];  // 15 = 4 + 4 + 4 + 2 + 1
  std::size_t n_groups = 0;
  for (std::size_t h = 0; h < n_heads; h += groups[n_groups++].n_heads) {
    Group<T>& group = groups[n_groups];
    group.n_heads = n_heads - h >= 4 ? 4 : n_heads - h >= 2 ? 2 : 1;
    group.out = args.out + (h0 + h) * args.ldo;
    const float* q = args.q + (h0 + h) * args.ldq;
    for (int i = 0; i < group.n_heads; ++i, q += args.ldq) {
      float scale = args.scale;
      if constexpr (sizeof(T) == 1) {
        std::int16_t integers[kMaxHeadDim];
        scale *= QuantizeQuery(q, cache.head_dim, integers);
        group.queries.Set(i, group.n_heads, integers, cache.head_dim);
      } else {
        group.queries.Set(i, group.n_heads, q, cache.head_dim);
      }
      const float slope = args.alibi_slopes == nullptr ? 0 : args.alibi_slopes[h0 + h + i];
      group.heads[i] = HeadState::Empty(scale, slope);
    }
  }
  const std::size_t most = ChunkTokens<T>(cache.head_dim);
  Chunk<T> now = ChunkAt<T>(cache, g, args.begin, args.end, most);
  while (now.count > 0) {
    const std::size_t after = now.first + now.count;
    const Chunk<T> next = after < args.end
                              ? ChunkAt<T>(cache, g, after, args.end, most)
                              : ChunkAt<T>(cache, next_head, args.begin, args.end, most);
    for (std::size_t i = 0; i < n_groups; ++i) {
      switch (groups[i].n_heads) {
        case 4:
          AttendChunk<T, 4>(args, now, next, i, n_groups, groups[i]);
          break;
        case 2:
          AttendChunk<T, 2>(args, now, next, i, n_groups, groups[i]);
          break;
        default:
          AttendChunk<T, 1>(args, now, next, i, n_groups, groups[i]);
      }
    }
    if (after >= args.end) break;
    now = next;
  }
  std::size_t h = h0;
  for (std::size_t i = 0; i < n_groups; h += groups[i++].n_heads) {
    Normalize(args, groups[i], args.sums == nullptr ? nullptr : args.sums + h);
  }
}

template <class T>
void Attend(const DecodeAttentionArgs& args) {
  const std::size_t n_kv_heads = args.cache.n_kv_heads, ratio = args.n_heads / n_kv_heads;
  for (std::size_t g = 0; g < n_kv_heads; ++g) {
    for (std::size_t i = 0; i < ratio; i += kMaxHeads) {
      const std::size_t n_heads = ratio - i < kMaxHeads ? ratio - i : kMaxHeads;
      const bool last = i + kMaxHeads >= ratio && g + 1 < n_kv_heads;
      AttendHeads<T>(args, g, g * ratio + i, n_heads, last ? g + 1 : g);
    }
  }
}

}  // namespace

void DecodeAttention(const DecodeAttentionArgs& args) {
  const KvView& cache = args.cache;
  if (args.n_heads == 0) return;
  assert(cache.n_kv_heads > 0 && args.n_heads % cache.n_kv_heads == 0);
  assert(cache.head_dim % kHeadDimUnit == 0 && cache.head_dim <= kMaxHeadDim);
  assert(args.ldq >= cache.head_dim && args.ldo >= cache.head_dim);
  assert(args.begin <= args.end && args.end <= cache.length);
  for (std::size_t h = 0; h < args.n_heads; ++h) {
    for (std::size_t d = 0; d < cache.head_dim; ++d) args.out[h * args.ldo + d] = 0;
  }
  if (args.begin == args.end) {
    if (args.sums == nullptr) return;
    for (std::size_t h = 0; h < args.n_heads; ++h) {
      args.sums[h] = {HeadState::Empty(0, 0).max, 0};
    }
    return;
  }
  switch (cache.type) {
    case KvType::kF32:
      return Attend<float>(args);
    case KvType::kF16:
      return Attend<F16>(args);
    case KvType::kBf16:
      return Attend<Bf16>(args);
    case KvType::kS8:
      return Attend<std::int8_t>(args);
  }
}

}  // namespace podium::PODIUM_ISA
