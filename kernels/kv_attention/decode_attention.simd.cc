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

// The scales of a chunk's keys or values in a row: `row`, unless they are already.
template <class T>
const float* ScalesOf(const Chunk<T>& chunk, const float* Run<T>::*scales, float* row) {
  if (chunk.n_runs == 1) return chunk.runs[0].*scales;
  float* to = row;
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    const Run<T>& run = chunk.runs[r];
    __builtin_memcpy(to, run.*scales, run.count * sizeof(float));
    to += run.count;
  }
  return row;
}

// 4 bytes each, twice, beside the bytes of head_dim: worth fetching too.
template <class T>
void FetchScales(const Chunk<T>& chunk) {
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    for (std::size_t t = 0; t < chunk.runs[r].count; t += 16) {
      __builtin_prefetch(chunk.runs[r].k_scales + t, 0, 2);
      __builtin_prefetch(chunk.runs[r].v_scales + t, 0, 2);
    }
  }
}

template <class T, int kHeads>
void AttendChunk(const DecodeAttentionArgs& args, const Chunk<T>& now, Prefetcher<T>& prefetch,
                 Group<T>& group) {
  constexpr bool kScaled = sizeof(T) == 1;
  alignas(64) float scores[kHeads * kChunkLd];
  alignas(64) std::int16_t integers[kScaled ? kHeads * kChunkLd : 1];
  float scales[kScaled ? kMaxChunk : 1];
  float old_factors[kHeads], units[kHeads];
  const KvView& cache = args.cache;
  const std::size_t stride = cache.token_stride, head_dim = cache.head_dim;
  ScoreTokens<T, kHeads>(group.queries.q, now, stride, head_dim, prefetch, scores);
  ScoreRule rule = {
      .count = now.count,
      .first_distance = static_cast<float>(now.first) - static_cast<float>(cache.length - 1),
      .softcap = args.softcap,
      .k_scales = nullptr};
  if constexpr (kScaled) rule.k_scales = ScalesOf(now, &Run<T>::k_scales, scales);
  UpdateSoftmax<kHeads>(rule, scores, kChunkLd, group.heads, old_factors);
  Weighing<T> weighing = {.weights = nullptr,
                          .old_factors = old_factors,
                          .units = units,
                          .runs = now.runs,
                          .n_runs = now.n_runs,
                          .stride = stride,
                          .head_dim = head_dim,
                          .out = group.out,
                          .ldo = args.ldo};
  if constexpr (kScaled) {
    const float* v_scales = ScalesOf(now, &Run<T>::v_scales, scales);
    for (int h = 0; h < kHeads; ++h) {
      units[h] =
          QuantizeWeights(now.count, scores + h * kChunkLd, v_scales, integers + h * kChunkLd);
    }
    weighing.weights = integers;
  } else {
    weighing.weights = scores;
  }
  WeighValues<T, kHeads>(weighing, prefetch);
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

// The chunks of a cache, one KV head after the other, each head `sweeps` times; now, and what
// follows.
template <class T>
class Chunks {
 public:
  Chunks(const DecodeAttentionArgs& args, std::size_t sweeps)
      : cache_(args.cache),
        begin_(args.begin),
        end_(args.end),
        most_(ChunkTokens<T>(args.cache.head_dim)),
        sweeps_(sweeps),
        t_(args.begin) {
    for (Chunk<T>& chunk : chunks_) Find(chunk);
  }

  const Chunk<T>& operator[](std::size_t i) const { return chunks_[(now_ + i) % 3]; }
  void Advance() {
    Find(chunks_[now_]);
    now_ = (now_ + 1) % 3;
  }

 private:
  // The next one; none where there is no more.
  void Find(Chunk<T>& chunk) {
    if (t_ == end_) {
      t_ = begin_;
      ++sweep_;
    }
    chunk.count = chunk.n_runs = 0;
    if (sweep_ == cache_.n_kv_heads * sweeps_) return;
    FindChunk(cache_, sweep_ / sweeps_, t_, end_, most_, chunk);
    t_ += chunk.count;
  }

  const KvView& cache_;
  std::size_t begin_, end_, most_, sweeps_;
  std::size_t sweep_ = 0, t_, now_ = 0;  // of the next to be found
  Chunk<T> chunks_[3];
};

// n_heads <= kMaxHeads query heads from h0 on, of one KV head.
template <class T>
void AttendHeads(const DecodeAttentionArgs& args, std::size_t h0, std::size_t n_heads,
                 Chunks<T>& chunks, Prefetcher<T>& prefetch) {
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
  prefetch.SetSweeps(n_groups);
  for (bool last = false; !last; chunks.Advance()) {
    const Chunk<T>& now = chunks[0];
    last = now.first + now.count == args.end;
    prefetch.Follow(chunks[1], chunks[2]);
    if constexpr (sizeof(T) == 1) FetchScales(chunks[1]);
    for (std::size_t i = 0; i < n_groups; ++i) {
      switch (groups[i].n_heads) {
        case 4:
          AttendChunk<T, 4>(args, now, prefetch, groups[i]);
          break;
        case 2:
          AttendChunk<T, 2>(args, now, prefetch, groups[i]);
          break;
        default:
          AttendChunk<T, 1>(args, now, prefetch, groups[i]);
      }
    }
  }
  std::size_t h = h0;
  for (std::size_t i = 0; i < n_groups; h += groups[i++].n_heads) {
    Normalize(args, groups[i], args.sums == nullptr ? nullptr : args.sums + h);
  }
}

template <class T>
void Attend(const DecodeAttentionArgs& args) {
  const KvView& cache = args.cache;
  const std::size_t ratio = args.n_heads / cache.n_kv_heads;
  Chunks<T> chunks(args, (ratio + kMaxHeads - 1) / kMaxHeads);
  // Rows that do not touch each other would be fetched with what lies between them.
  const bool fetch = cache.token_stride == cache.head_dim;
  Prefetcher<T> prefetch(fetch ? Fetch::kBoth : Fetch::kNothing, cache.head_dim * sizeof(T));
  for (std::size_t g = 0; g < cache.n_kv_heads; ++g) {
    for (std::size_t i = 0; i < ratio; i += kMaxHeads) {
      const std::size_t n_heads = ratio - i < kMaxHeads ? ratio - i : kMaxHeads;
      AttendHeads<T>(args, g * ratio + i, n_heads, chunks, prefetch);
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
  WithElementsOf(cache, [&](auto type) { Attend<decltype(type)>(args); });
}

}  // namespace podium::PODIUM_ISA
