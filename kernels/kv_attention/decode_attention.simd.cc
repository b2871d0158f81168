// One pass over the cache per KV head, in chunks of tokens that stay in L1 between their scores and
// their values. Per query head a running maximum and a running sum of weights make the softmax
// "online" (Milakov and Gimelshein): where a chunk raises the maximum, what was summed before
// shrinks by exp(old maximum - new maximum). The sums of values wait in `out` between chunks.
#include "kernels/kv_attention/decode_attention.h"

#include <cassert>

#include "kernels/fused_activation/vector_math.h"
#include "kernels/kv_attention/attention_tile.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kMaxChunk = 64;
constexpr std::size_t kMaxHeads = 16;  // that one sweep over the cache serves

// 16 KiB of keys, then as much of values, at most; a multiple of every tile's tokens.
std::size_t ChunkTokens(std::size_t head_dim) {
  const std::size_t tokens = 4096 / head_dim / kTileScores * kTileScores;
  return tokens < kTileScores ? kTileScores : tokens < kMaxChunk ? tokens : kMaxChunk;
}

// 1, 2 or 4 query heads of one KV head. Lane i, of the kTileScores, belongs to head
// i / kTileTokens: its maximum is that of the head, its sum covers the tokens that met this lane.
struct Group {
  int n_heads;
  const float* q;
  float* out;
  alignas(64) float max[kTileScores];
  alignas(64) float sum[kTileScores];
};

struct Vecs {
  F32 vec[kTileVecs];

  void Load(const float* p) {
    Unroll<kTileVecs>([&](auto i) { vec[i] = F32::load_unaligned(p + i * F32::size); });
  }
  void Store(float* p) const {
    Unroll<kTileVecs>([&](auto i) { vec[i].store_unaligned(p + i * F32::size); });
  }
};

// Each lane becomes the largest of its head's lanes.
template <int kHeads>
void SpreadMax(float (&lanes)[kTileScores]) {
  constexpr int kTokens = kTileTokens<kHeads>;
  for (int h = 0; h < kHeads; ++h) {
    float max = lanes[h * kTokens];
    for (int t = 1; t < kTokens; ++t)
      max = lanes[h * kTokens + t] > max ? lanes[h * kTokens + t] : max;
    for (int t = 0; t < kTokens; ++t) lanes[h * kTokens + t] = max;
  }
}

// Turns the scores of a chunk into weights relative to the new maximum, and tells by what factor
// older weights shrink.
template <int kHeads>
void UpdateSoftmax(std::size_t tiles, float* scores, Group& group, float* old_factors) {
  Vecs max, old_max, sum;
  old_max.Load(group.max);
  max = old_max;
  for (std::size_t i = 0; i < tiles; ++i) {
    Unroll<kTileVecs>([&](auto v) __attribute__((always_inline)) {
      const F32 score = F32::load_unaligned(scores + i * kTileScores + v * F32::size);
      max.vec[v] = xsimd::max(max.vec[v], score);
    });
  }
  max.Store(group.max);
  SpreadMax<kHeads>(group.max);
  max.Load(group.max);
  sum.Load(group.sum);
  Unroll<kTileVecs>([&](auto v) __attribute__((always_inline)) {
    const F32 factor = ExpNonPositive(old_max.vec[v] - max.vec[v]);
    factor.store_unaligned(old_factors + v * F32::size);
    sum.vec[v] = sum.vec[v] * factor;
  });
  for (std::size_t i = 0; i < tiles; ++i) {
    Unroll<kTileVecs>([&](auto v) __attribute__((always_inline)) {
      float* at = scores + i * kTileScores + v * F32::size;
      const F32 weight = ExpNonPositive(F32::load_unaligned(at) - max.vec[v]);
      weight.store_unaligned(at);
      sum.vec[v] = sum.vec[v] + weight;
    });
  }
  sum.Store(group.sum);
}

template <int kHeads>
void AttendChunk(const DecodeAttentionF32Args& args, const Rows& k, const Rows& v, Group& group) {
  alignas(64) float scores[kHeads * kMaxChunk];
  alignas(64) float old_factors[kTileScores];
  ScoreTokens<kHeads>(group.q, args.ldq, k, args.scale, scores);
  UpdateSoftmax<kHeads>(Tiles<kHeads>(k.count), scores, group, old_factors);
  WeighValues<kHeads>({scores, old_factors, v, Prefetcher(v), group.out, args.ldo});
}

// out /= sum of the weights.
void Normalize(const DecodeAttentionF32Args& args, const Group& group) {
  const int tokens = kTileScores / group.n_heads;
  for (int h = 0; h < group.n_heads; ++h) {
    float sum = 0;
    for (int t = 0; t < tokens; ++t) sum += group.sum[h * tokens + t];
    float* out = group.out + h * args.ldo;
    for (std::size_t d = 0; d < args.cache.head_dim; ++d) out[d] /= sum;
  }
}

// n_heads <= kMaxHeads query heads of one KV head.
void AttendHeads(const DecodeAttentionF32Args& args, std::size_t n_heads, const float* q,
                 const float* k, const float* v, float* out) {
  const KvCacheF32& cache = args.cache;
  Group groups[5];  // 15 = 4 + 4 + 4 + 2 + 1
  std::size_t n_groups = 0;
  for (std::size_t h = 0; h < n_heads; h += groups[n_groups++].n_heads) {
    Group& group = groups[n_groups];
    group.n_heads = n_heads - h >= 4 ? 4 : n_heads - h >= 2 ? 2 : 1;
    group.q = q + h * args.ldq;
    group.out = out + h * args.ldo;
    for (int i = 0; i < kTileScores; ++i) {
      // Finite, so that a chunk in which every score is -infinity leaves weights of 0, not NaN.
      group.max[i] = -std::numeric_limits<float>::max();
      group.sum[i] = 0;
    }
  }
  const std::size_t chunk = ChunkTokens(cache.head_dim);
  for (std::size_t t = 0; t < cache.length; t += chunk) {
    const std::size_t count = cache.length - t < chunk ? cache.length - t : chunk;
    const std::size_t at = t * cache.token_stride;
    const Rows keys = {k + at, cache.token_stride, count, cache.head_dim};
    const Rows values = {v + at, cache.token_stride, count, cache.head_dim};
    for (std::size_t i = 0; i < n_groups; ++i) {
      switch (groups[i].n_heads) {
        case 4:
          AttendChunk<4>(args, keys, values, groups[i]);
          break;
        case 2:
          AttendChunk<2>(args, keys, values, groups[i]);
          break;
        default:
          AttendChunk<1>(args, keys, values, groups[i]);
      }
    }
  }
  for (std::size_t i = 0; i < n_groups; ++i) Normalize(args, groups[i]);
}

}  // namespace

void DecodeAttentionF32(const DecodeAttentionF32Args& args) {
  const KvCacheF32& cache = args.cache;
  if (args.n_heads == 0) return;
  assert(cache.n_kv_heads > 0 && args.n_heads % cache.n_kv_heads == 0);
  assert(cache.head_dim > 0 && args.ldq >= cache.head_dim && args.ldo >= cache.head_dim);
  for (std::size_t h = 0; h < args.n_heads; ++h) {
    for (std::size_t d = 0; d < cache.head_dim; ++d) args.out[h * args.ldo + d] = 0;
  }
  if (cache.length == 0) return;
  const std::size_t ratio = args.n_heads / cache.n_kv_heads;
  for (std::size_t g = 0; g < cache.n_kv_heads; ++g) {
    for (std::size_t i = 0; i < ratio; i += kMaxHeads) {
      const std::size_t h = g * ratio + i;
      const std::size_t n_heads = ratio - i < kMaxHeads ? ratio - i : kMaxHeads;
      AttendHeads(args, n_heads, args.q + h * args.ldq, cache.k + g * cache.head_stride,
                  cache.v + g * cache.head_stride, args.out + h * args.ldo);
    }
  }
}

}  // namespace podium::PODIUM_ISA
