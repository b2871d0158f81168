// One pass over the cache, in chunks of tokens that stay in L1 between their scores and their values.
// Per query head a running maximum and a running sum of weights make the softmax "online" (Milakov
// and Gimelshein): where a chunk raises the maximum, what was summed before shrinks by
// exp(old maximum - new maximum). The sums of values wait in `out` between chunks.
//
// Memory is read in the order in which it lies, or the CPU's prefetchers would begin anew all the
// time: of a contiguous cache KV head by KV head, of a paged one block by block, in each block KV head
// by KV head. (Zen 5, blocks of 64 tokens, against head by head: f32 1.04 to 1.06, f16 1.14 to 1.23, s8
// 1.03 to 1.09.) In one pool of memory, blocks in a row then cost nothing in f32 and f16, .03 in s8. Each
// jump to a block elsewhere costs some .3 to .6 us, .03 in f32 to .11 in s8: there, software prefetches
// have to do alone. Tried in vain: keys and values side by side, four streams, 2 to 8 blocks of a head in
// a row, 4 to 16 KiB fetched into L1 or L2 one to four chunks ahead of a jump.
#include "kernels/kv_attention/decode_attention.h"

#include <cassert>
#include <limits>

#include "kernels/kv_attention/attention_tile.h"
#include "kernels/kv_attention/online_softmax.h"
#include "kernels/kv_attention/query_group.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// Query heads that one sweep over the cache serves, and elements of all their queries.
constexpr std::size_t kMaxHeads = 64, kMaxQueries = 8192;
static_assert(kMaxQueries >= 16 * kMaxHeadDim);

// What sweeps serve: so many KV heads at once, so many query heads of each.
struct Sweep {
  std::size_t kv_heads, ratio;

  Sweep(std::size_t all_ratio, std::size_t head_dim) {
    const std::size_t fit = kMaxQueries / head_dim;
    const std::size_t heads = fit < kMaxHeads ? fit : kMaxHeads;
    ratio = all_ratio < heads ? all_ratio : heads;
    kv_heads = heads / ratio;
  }
};

// The scales of a chunk's keys or values in a row, zeros for those skipped: `row`, unless they are one
// already.
template <class T>
const float* ScalesOf(const Chunk<T>& chunk, const float* Run<T>::*scales, float* row) {
  if (chunk.n_runs == 1 && chunk.skip == 0) return chunk.runs[0].*scales;
  float* to = row;
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    const Run<T>& run = chunk.runs[r];
    __builtin_memcpy(to, run.*scales, run.count * sizeof(float));
    to += run.count;
  }
  for (std::size_t i = 0; i < chunk.skip; ++i) row[i] = 0;
  return row;
}

// 4 bytes each, twice, beside the bytes of head_dim: worth fetching too. Into L1: where the page is new,
// a prefetch into L2 alone fetches only its address (Zen 5), and the scales of blocks lie pages apart.
template <class T>
void FetchScales(const Chunk<T>& chunk) {
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    for (std::size_t t = 0; t < chunk.runs[r].count; t += 16) {
      __builtin_prefetch(chunk.runs[r].k_scales + t);
      __builtin_prefetch(chunk.runs[r].v_scales + t);
    }
  }
}

// The queries and sums of a KV head, which chunks of the others have pushed out of L1 meanwhile.
template <class T>
[[gnu::noinline]] void FetchGroups(const DecodeAttentionArgs& args, const Group<T>* groups,
                                   std::size_t n_groups) {
  constexpr std::size_t kLine = Prefetcher<T>::kLine, kFloats = kLine / sizeof(float);
  for (std::size_t i = 0; i < n_groups; ++i) {
    const Group<T>& group = groups[i];
    const std::size_t n_heads = static_cast<std::size_t>(group.n_heads);
    const auto* const q = reinterpret_cast<const char*>(group.q);
    const std::size_t q_bytes = n_heads * args.cache.head_dim / kPack<T> * sizeof(*group.q);
    for (std::size_t b = 0; b < q_bytes; b += kLine) __builtin_prefetch(q + b);
    for (std::size_t h = 0; h < n_heads; ++h) {
      for (std::size_t d = 0; d < args.cache.head_dim; d += kFloats) {
        __builtin_prefetch(group.out + h * args.ldo + d, 1);
      }
    }
  }
}

template <class T, int kHeads>
void AttendChunk(const DecodeAttentionArgs& args, const Chunk<T>& now, Prefetcher<T>& prefetch,
                 Group<T>& group) {
  constexpr bool kScaled = sizeof(T) == 1;
  alignas(64) float scores[kHeads * kChunkLd];
  alignas(64) PositiveQuad quads[kScaled ? kHeads * kWeightsLd<T> : 1];
  float scales[kScaled ? kMaxChunk : 1];
  float old_factors[kHeads], units[kHeads];
  const KvView& cache = args.cache;
  ScoreTokens<T, kHeads>({group.q, group.q_sums}, now, cache.head_dim, prefetch, scores);
  ScoreRule rule = {
      .count = now.count,
      .first_distance = static_cast<float>(now.first) - static_cast<float>(cache.length - 1),
      .softcap = args.softcap,
      .k_scales = nullptr,
      .skip = now.skip};
  if constexpr (kScaled) rule.k_scales = ScalesOf(now, &Run<T>::k_scales, scales);
  const auto update = [&](auto steps) {
    auto streams = prefetch.Take();
    UpdateSoftmax<kHeads>(rule, scores, kChunkLd, group.heads, old_factors,
                          [&] { Unroll<steps>([&](auto) { prefetch.Step(streams); }); });
    prefetch.Put(streams);
  };
  constexpr int kMost = Prefetcher<T>::kMostAhead;
  switch (prefetch.StepsAhead()) {
    case kMost:
      update(Index<kMost>());
      break;
    case kMost / 2:
      update(Index<kMost / 2>());
      break;
    default:
      update(Index<0>());
  }
  Weighing<T> weighing = {.weights = nullptr,
                          .old_factors = old_factors,
                          .units = units,
                          .runs = now.runs,
                          .n_runs = now.n_runs,
                          .skip = now.skip,
                          .head_dim = cache.head_dim,
                          .out = group.out,
                          .ldo = args.ldo};
  if constexpr (kScaled) {
    const float* v_scales = ScalesOf(now, &Run<T>::v_scales, scales);
    QuantizeWeights<kHeads>(now.count, scores, kChunkLd, v_scales, quads, units);
    weighing.weights = quads;
  } else {
    weighing.weights = scores;
  }
  WeighValues<T, kHeads>(weighing, prefetch);
}

// out /= sum of the weights.
template <class T>
void Normalize(const DecodeAttentionArgs& args, const Group<T>& group) {
  for (int h = 0; h < group.n_heads; ++h) {
    const float sum = group.heads[h].sum;
    float* out = group.out + h * args.ldo;
    if (sum != 0) {
      for (std::size_t d = 0; d < args.cache.head_dim; ++d) out[d] /= sum;
    }
    if (group.sums != nullptr) group.sums[h] = {group.heads[h].max, sum};
  }
}

// The chunks of a cache in the order in which sweeps meet them; now, and what follows.
template <class T>
class Chunks {
 public:
  // Each KV head is met in so many sweeps.
  Chunks(const DecodeAttentionArgs& args, std::size_t kv_heads, std::size_t repeats)
      : cache_(args.cache),
        begin_(args.begin),
        end_(args.end),
        most_(ChunkTokens<T>(args.cache.head_dim)),
        kv_heads_(kv_heads),
        repeats_(repeats) {
    BeginSpan(begin_);
    for (Chunk<T>& chunk : chunks_) Find(chunk);
  }

  const Chunk<T>& operator[](std::size_t i) const { return chunks_[(now_ + i) % 3]; }
  void Advance() {
    Find(chunks_[now_]);
    now_ = (now_ + 1) % 3;
  }

 private:
  // The tokens of a block, or of as many as a chunk has, from `first` on.
  void BeginSpan(std::size_t first) {
    const std::size_t block = cache_.block_tokens, blocks = block < most_ ? most_ / block : 1;
    const std::size_t rest = blocks * block - first % block;
    g_ = first_g_;
    t_ = span_begin_ = first;
    span_end_ = end_ - first < rest ? end_ : first + rest;
  }

  // The next one; none where there is no more.
  void Find(Chunk<T>& chunk) {
    chunk.count = chunk.n_runs = 0;
    if (first_g_ >= cache_.n_kv_heads) return;
    FindChunk(cache_, g_, t_, span_end_, most_, chunk);
    t_ = chunk.first + chunk.count;
    if (t_ < span_end_) return;
    t_ = span_begin_;
    if (++g_ < cache_.n_kv_heads && g_ < first_g_ + kv_heads_) return;
    if (span_end_ < end_) return BeginSpan(span_end_);
    if (++repeat_ == repeats_) {
      repeat_ = 0;
      first_g_ += kv_heads_;
    }
    BeginSpan(begin_);
  }

  const KvView& cache_;
  std::size_t begin_, end_, most_, kv_heads_, repeats_;
  // Of the next to be found: how often its sweep has been made already, the sweep's first KV head, the
  // span, the KV head, the token.
  std::size_t repeat_ = 0, first_g_ = 0, span_begin_ = 0, span_end_ = 0, g_ = 0, t_ = 0;
  std::size_t now_ = 0;
  Chunk<T> chunks_[3];
};

// One sweep: over the KV heads that have groups, as many each.
template <class T>
void AttendChunks(const DecodeAttentionArgs& args, std::size_t first_g, std::size_t kv_heads,
                  Group<T>* groups, std::size_t n_groups, Chunks<T>& chunks,
                  Prefetcher<T>& prefetch) {
  prefetch.SetSweeps(n_groups);
  for (bool last = false; !last; chunks.Advance()) {
    const Chunk<T>& now = chunks[0];
    last = now.g + 1 == first_g + kv_heads && now.first + now.count == args.end;
    prefetch.Follow(chunks[1], chunks[2]);
    if constexpr (sizeof(T) == 1) FetchScales(chunks[2]);
    if (const Chunk<T>& next = chunks[1]; !last && next.g != now.g) {
      FetchGroups(args, groups + (next.g - first_g) * n_groups, n_groups);
    }
    Group<T>* const of_head = groups + (now.g - first_g) * n_groups;
    for (std::size_t i = 0; i < n_groups; ++i) {
      switch (of_head[i].n_heads) {
        case 4:
          AttendChunk<T, 4>(args, now, prefetch, of_head[i]);
          break;
        case 2:
          AttendChunk<T, 2>(args, now, prefetch, of_head[i]);
          break;
        default:
          AttendChunk<T, 1>(args, now, prefetch, of_head[i]);
      }
    }
  }
}

template <class T>
void Attend(const DecodeAttentionArgs& args) {
  const KvView& cache = args.cache;
  const std::size_t ratio = args.n_heads / cache.n_kv_heads;
  const Sweep sweep(ratio, cache.head_dim);
  Chunks<T> chunks(args, sweep.kv_heads, (ratio + sweep.ratio - 1) / sweep.ratio);
  Prefetcher<T> prefetch(Fetch::kBoth, cache.head_dim * sizeof(T));
  alignas(64) typename Step<T>::Query queries[kMaxQueries / kPack<T>];
  Group<T> groups[kMaxHeads];
  for (std::size_t g = 0; g < cache.n_kv_heads; g += sweep.kv_heads) {
    const std::size_t rest = cache.n_kv_heads - g;
    const std::size_t kv_heads = rest < sweep.kv_heads ? rest : sweep.kv_heads;
    for (std::size_t i = 0; i < ratio; i += sweep.ratio) {
      const std::size_t n_heads = ratio - i < sweep.ratio ? ratio - i : sweep.ratio;
      std::size_t n_groups = 0;
      for (std::size_t j = 0; j < kv_heads; ++j) {
        n_groups =
            MakeGroups(args, (g + j) * ratio + i, n_heads,
                       queries + j * n_heads * cache.head_dim / kPack<T>, groups + j * n_groups);
      }
      AttendChunks(args, g, kv_heads, groups, n_groups, chunks, prefetch);
      for (std::size_t k = 0; k < kv_heads * n_groups; ++k) Normalize(args, groups[k]);
    }
  }
}

}  // namespace

void DecodeAttention(const DecodeAttentionArgs& args) {
  const KvView& cache = args.cache;
  if (args.n_heads == 0) return;
  assert(cache.n_kv_heads > 0 && args.n_heads % cache.n_kv_heads == 0);
  assert(cache.head_dim % kHeadDimUnit == 0 && cache.head_dim <= kMaxHeadDim);
  assert(cache.block_tokens % kKvGroup == 0);
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
