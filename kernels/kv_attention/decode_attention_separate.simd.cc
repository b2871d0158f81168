#include <cassert>

#include "kernels/fused_activation/vector_math.h"
#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/simd/reduce.h"

namespace podium::PODIUM_ISA {
namespace {

static_assert(kScoreBlock % kTileScores == 0, "scores are written in whole tiles");

// Turns whole batches of scores into weights; returns their sum.
float Softmax(float* scores, std::size_t count) {
  F32 max(-std::numeric_limits<float>::max());
  for (std::size_t i = 0; i < count; i += F32::size) {
    max = xsimd::max(max, F32::load_unaligned(scores + i));
  }
  const F32 largest(ReduceMax(max));
  F32 sum(0.0f);
  for (std::size_t i = 0; i < count; i += F32::size) {
    const F32 weight = ExpNonPositive(F32::load_unaligned(scores + i) - largest);
    weight.store_unaligned(scores + i);
    sum = sum + weight;
  }
  return ReduceAdd(sum);
}

}  // namespace

void DecodeAttentionSeparateF32(const DecodeAttentionSeparateF32Args& args) {
  const DecodeAttentionF32Args& a = args.attention;
  const KvCacheF32& cache = a.cache;
  if (a.n_heads == 0) return;
  assert(cache.n_kv_heads > 0 && a.n_heads % cache.n_kv_heads == 0);
  assert(cache.head_dim > 0 && a.ldq >= cache.head_dim && a.ldo >= cache.head_dim);
  for (std::size_t h = 0; h < a.n_heads; ++h) {
    float* out = a.out + h * a.ldo;
    for (std::size_t d = 0; d < cache.head_dim; ++d) out[d] = 0;
    if (cache.length == 0) continue;
    const std::size_t kv = h / (a.n_heads / cache.n_kv_heads) * cache.head_stride;
    const Rows k = {cache.k + kv, cache.token_stride, cache.length, cache.head_dim};
    const Rows v = {cache.v + kv, cache.token_stride, cache.length, cache.head_dim};
    ScoreTokens<1>(a.q + h * a.ldq, a.ldq, k, a.scale, args.scores);
    const float sum = Softmax(args.scores, Tiles<1>(cache.length) * kTileScores);
    const float no_factor = 0;
    WeighValues<1>({args.scores, &no_factor, v, Prefetcher(v), out, a.ldo});
    for (std::size_t d = 0; d < cache.head_dim; ++d) out[d] /= sum;
  }
}

}  // namespace podium::PODIUM_ISA
