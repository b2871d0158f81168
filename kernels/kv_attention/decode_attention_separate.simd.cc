#include <cassert>

#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/online_softmax.h"

namespace podium::PODIUM_ISA {
namespace {

// Calls each(chunk) for all tokens of a KV head, while keys or values of the next chunks are
// fetched.
template <class T, class Each>
void ForEachChunk(const DecodeAttentionArgs& args, std::size_t g, Prefetcher<T>& prefetch,
                  const Each& each) {
  Chunk<T> chunks[3];
  std::size_t t = args.begin;
  const auto find = [&](Chunk<T>& chunk) {
    FindChunk(args.cache, g, t, args.end, ChunkTokens<T>(args.cache.head_dim), chunk);
    t = chunk.first + chunk.count;
  };
  for (Chunk<T>& chunk : chunks) find(chunk);
  for (std::size_t i = 0; chunks[i].count > 0; i = (i + 1) % 3) {
    prefetch.Follow(chunks[(i + 1) % 3], chunks[(i + 2) % 3]);
    each(chunks[i]);
    find(chunks[i]);
  }
}

template <class T>
void Attend(const DecodeAttentionSeparateArgs& args) {
  const DecodeAttentionArgs& a = args.attention;
  const KvView& cache = a.cache;
  const std::size_t head_dim = cache.head_dim, skip = a.begin % kKvGroup, first = a.begin - skip;
  for (std::size_t h = 0; h < a.n_heads; ++h) {
    const std::size_t g = h / (a.n_heads / cache.n_kv_heads);
    const float* q = a.q + h * a.ldq;
    float* out = a.out + h * a.ldo;
    for (std::size_t d = 0; d < head_dim; ++d) out[d] = 0;
    HeadState head = HeadState::Empty(a.scale, a.alibi_slopes == nullptr ? 0 : a.alibi_slopes[h]);
    float* scores = args.scores;
    Prefetcher<T> keys(Fetch::kKeys, head_dim * sizeof(T));
    ForEachChunk<T>(a, g, keys, [&](const Chunk<T>& now) {
      constexpr std::int32_t kNoSum = 0;
      ScoreTokens<T, 1>({q, &kNoSum}, now, head_dim, keys, scores);
      scores += now.count;
    });
    const float distance = static_cast<float>(first) - static_cast<float>(cache.length - 1);
    if (a.begin < a.end) {
      float factor;
      UpdateSoftmax<1>({a.end - first, distance, a.softcap, nullptr, skip}, args.scores, 0, &head,
                       &factor, [] {});
    }
    scores = args.scores;
    Prefetcher<T> values(Fetch::kValues, head_dim * sizeof(T));
    ForEachChunk<T>(a, g, values, [&](const Chunk<T>& now) {
      const float factor = 1;
      WeighValues<T, 1>(
          {scores, &factor, nullptr, now.runs, now.n_runs, now.skip, head_dim, out, a.ldo}, values);
      scores += now.count;
    });
    if (head.sum != 0) {
      for (std::size_t d = 0; d < head_dim; ++d) out[d] /= head.sum;
    }
    if (a.sums != nullptr) a.sums[h] = {head.max, head.sum};
  }
}

}  // namespace

void DecodeAttentionSeparate(const DecodeAttentionSeparateArgs& args) {
  const DecodeAttentionArgs& a = args.attention;
  if (a.n_heads == 0) return;
  assert(a.cache.n_kv_heads > 0 && a.n_heads % a.cache.n_kv_heads == 0);
  assert(a.cache.head_dim % kHeadDimUnit == 0 && a.cache.head_dim <= kMaxHeadDim);
  assert(a.begin <= a.end && a.end <= a.cache.length);
  assert(a.cache.block_tokens % kKvGroup == 0 && a.cache.type != KvType::kS8);
  WithElementsOf(a.cache, [&](auto type) {
    if constexpr (sizeof(type) > 1) Attend<decltype(type)>(args);
  });
}

}  // namespace podium::PODIUM_ISA
