#include <cassert>

#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/online_softmax.h"

namespace podium::PODIUM_ISA {
namespace {

static_assert(kScoreBlock % F32::size == 0, "scores are written in whole batches");

// Calls each(chunk, next) for all tokens.
template <class T, class Each>
void ForEachChunk(const DecodeAttentionArgs& args, std::size_t g, const Each& each) {
  Chunk<T> now = ChunkAt<T>(args.cache, g, args.begin, args.end, kMaxChunk);
  for (std::size_t t = args.begin; t < args.end;) {
    t += now.count;
    const Chunk<T> next = t < args.end ? ChunkAt<T>(args.cache, g, t, args.end, kMaxChunk) : now;
    each(now, next);
    now = next;
  }
}

template <class T>
void Attend(const DecodeAttentionSeparateArgs& args) {
  const DecodeAttentionArgs& a = args.attention;
  const KvView& cache = a.cache;
  const std::size_t stride = cache.token_stride, head_dim = cache.head_dim;
  const auto prefetcher = [&](const T* rows, std::size_t count) {
    return Prefetcher(rows, stride == head_dim ? count * head_dim * sizeof(T) : 0, 0, 1);
  };
  for (std::size_t h = 0; h < a.n_heads; ++h) {
    const std::size_t g = h / (a.n_heads / cache.n_kv_heads);
    const float* q = a.q + h * a.ldq;
    float* out = a.out + h * a.ldo;
    for (std::size_t d = 0; d < head_dim; ++d) out[d] = 0;
    HeadState head = HeadState::Empty(a.scale, a.alibi_slopes == nullptr ? 0 : a.alibi_slopes[h]);
    float* scores = args.scores;
    ForEachChunk<T>(a, g, [&](const Chunk<T>& now, const Chunk<T>& next) {
      ScoreTokens<T, 1>(q, {now.k, stride, head_dim}, now.count, prefetcher(next.k, next.count),
                        scores);
      scores += now.count;
    });
    const float distance = static_cast<float>(a.begin) - static_cast<float>(cache.length - 1);
    if (a.begin < a.end) {
      UpdateSoftmax({a.end - a.begin, distance, a.softcap, nullptr}, args.scores, head);
    }
    scores = args.scores;
    ForEachChunk<T>(a, g, [&](const Chunk<T>& now, const Chunk<T>& next) {
      const float factor = 1;
      WeighValues<T, 1>({scores, &factor, nullptr, now.v, stride, head_dim, now.count, out, a.ldo},
                        prefetcher(next.v, next.count));
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
  switch (a.cache.type) {
    case KvType::kF32:
      return Attend<float>(args);
    case KvType::kF16:
      return Attend<F16>(args);
    case KvType::kBf16:
      return Attend<Bf16>(args);
    case KvType::kS8:
      assert(false);
  }
}

}  // namespace podium::PODIUM_ISA
