// The two products of attention, for 1, 2 or 4 query heads that share keys and values: each key and
// value is loaded, and converted, once for all of them.
//
// Scores, and weights, lie in rows of kChunkLd, one per head: each lane, in the first product and in
// the softmax after it, is a token. An FP32 or 16-bit cache meets FP32 queries and weights; an INT8
// cache meets them as 16-bit integers, four products in a lane, and loses next to nothing.
#pragma once

#include "kernels/kv_attention/chunk.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/dot_quads.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/storage.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kMaxChunk = 256;  // tokens
// 8 KiB of keys, then as much of values, in whole groups, but one at least (which is more in f32 beyond
// a head_dim of 128): with those of the next chunk, which are fetched meanwhile, they fill an L1 of 32
// KiB. (Zen 5, L1 48 KiB: 4, 12 or 16 KiB are slower from memory, by 2 to 11 %.)
template <class T>
std::size_t ChunkTokens(std::size_t head_dim) {
  const std::size_t tokens = 8192 / sizeof(T) / head_dim / kKvGroup * kKvGroup;
  return tokens < kKvGroup ? kKvGroup : tokens < kMaxChunk ? tokens : kMaxChunk;
}

// From a row of scores to the next: not a multiple of a line, or what is read of all rows at a time
// would lie in one bank of L1.
constexpr std::size_t kChunkLd = kMaxChunk + 8;

// Sums that stay in registers, in either product; keys, values and weights need the others. 8 are
// enough chains for two units with a latency of 4.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kTileSums = 16;  // of 32 registers
#else
constexpr int kTileSums = 8;  // of 16 registers
#endif

// One step of either product: kPack elements of each lane of batches of keys or values meet as many
// of a query, or weights, which are the same in all lanes.
template <class T>
struct Step {
  using Query = float;
  using Weight = float;
  using Sum = F32;
  static constexpr int kSumRegisters = 1;
  [[gnu::always_inline]] static F32 Start(std::int32_t) { return F32(0.0f); }
  template <class X>
  [[gnu::always_inline]] static F32 Load(const T* y) {
    return Opaque(LoadAsF32(y));
  }
  template <int kVecs>
  [[gnu::always_inline]] static void Add(F32 (&sums)[kVecs], const float* x,
                                         const F32 (&y)[kVecs]) {
    const F32 factor = Opaque(F32(*x));
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
      sums[i] = Opaque(Fma(factor, y[i], sums[i]));
    });
  }
  [[gnu::always_inline]] static F32 Merge(F32 a, F32 b) { return a + b; }
  [[gnu::always_inline]] static F32 Value(F32 sum) { return sum; }
};

template <>
struct Step<std::int8_t> {
  using Query = Quad;
  using Weight = PositiveQuad;
  using Sum = QuadSum;
  static constexpr int kSumRegisters = 2;
  [[gnu::always_inline]] static QuadSum Start(std::int32_t sum) { return StartQuads(sum); }
  template <class X>
  [[gnu::always_inline]] static S8Quads Load(const std::int8_t* y) {
    return LoadS8Quads<X>(y);
  }
  template <class X, int kVecs>
  [[gnu::always_inline]] static void Add(QuadSum (&sums)[kVecs], const X* x,
                                         const S8Quads (&y)[kVecs]) {
    AddQuads(sums, x, y);
  }
  [[gnu::always_inline]] static QuadSum Merge(const QuadSum& x, const QuadSum& y) {
    return {x.a + y.a, x.b + y.b};
  }
  [[gnu::always_inline]] static F32 Value(const QuadSum& sum) {
    return xsimd::to_float(Total(sum));
  }
};

// Elements of a batch.
template <class T>
constexpr std::size_t kBatch = kPack<T>* F32::size;

static_assert(kKvGroup % F32::size == 0);

// Queries of a group of heads: step by step, and in a step head by head.
template <class T>
struct Queries {
  const typename Step<T>::Query* x;
  const std::int32_t* sums;  // of s8: of each head's elements
};

// scores[h * kChunkLd + lane] = dot(q[h], key of the lane), for batches of lanes from k on.
template <class T, int kHeads, int kVecs>
[[gnu::always_inline]] inline void ScoreTile(const Queries<T>& q, const T* const (&k)[kVecs],
                                             std::size_t head_dim, Prefetcher<T>& prefetch,
                                             typename Prefetcher<T>::Streams& streams,
                                             float* scores) {
  using S = Step<T>;
  // Sums of every kSplit'th step, so that there are chains enough.
  constexpr int kFree = kTileSums / (kHeads * kVecs * S::kSumRegisters);
  constexpr int kSplit = kFree > 4 ? 4 : kFree > 1 ? kFree : 1;
  constexpr std::size_t kStepBytes = kSplit * kVecs * kBatch<T> * sizeof(T);
  constexpr std::size_t kFetched = Prefetcher<T>::kStep;
  constexpr int kUnroll = kStepBytes < kFetched ? kFetched / kStepBytes : 1;
  constexpr int kFetches = kStepBytes < kFetched ? 1 : kStepBytes / kFetched;
  typename S::Sum sums[kSplit][kHeads][kVecs];
  Unroll<kSplit>([&](auto i) __attribute__((always_inline)) {
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        sums[i][h][v] = S::Start(i == 0 ? q.sums[h] : 0);
      });
    });
  });
  const typename S::Query* x = q.x;
  std::size_t at = 0;
  const auto add = [&]() __attribute__((always_inline)) {
    Unroll<kSplit>([&](auto i) __attribute__((always_inline)) {
      decltype(S::template Load<typename S::Query>(k[0])) y[kVecs];
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        y[v] = S::template Load<typename S::Query>(k[v] + at + i * kKvGroup * kPack<T>);
      });
      Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
        S::Add(sums[i][h], x + i * kHeads + h, y);
      });
    });
    at += kSplit * kKvGroup * kPack<T>;
    x += kSplit * kHeads;
  };
  const bool rests = prefetch.StepsAhead() > 0;
  std::size_t steps = head_dim / kPack<T> / kSplit;
  for (; steps >= kUnroll; steps -= kUnroll) {
    if (!rests || steps % (kUnroll * Prefetcher<T>::kPeriod) != 0) {
      for (int i = 0; i < kFetches; ++i) prefetch.Step(streams);
    }
    Unroll<kUnroll>([&](auto) __attribute__((always_inline)) { add(); });
  }
  prefetch.Read(steps * kStepBytes, streams);
  for (; steps > 0; --steps) add();
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
      Unroll<kSplit - 1>([&](auto i) __attribute__((always_inline)) {
        sums[0][h][v] = S::Merge(sums[0][h][v], sums[i + 1][h][v]);
      });
      S::Value(sums[0][h][v]).store_unaligned(scores + h * kChunkLd + v * F32::size);
    });
  });
}

// Batches of keys at once: what they meet of the query is loaded once for all of them. The sums that
// are left take steps in turn.
template <class T, int kHeads>
constexpr int kScoreVecs = [] {
  constexpr int kSums = kTileSums / kHeads / Step<T>::kSumRegisters;
  return kSums >= 8 ? 4 : kSums > 2 ? 2 : kSums;
}();

// The same for `n_vecs` batches of lanes from i on, those of a group after those of another.
template <class T, int kHeads, int kVecs>
[[gnu::always_inline]] inline void ScoreVecs(const Queries<T>& q, const T* keys,
                                             std::size_t head_dim, std::size_t i,
                                             std::size_t n_vecs, Prefetcher<T>& prefetch,
                                             typename Prefetcher<T>::Streams& streams,
                                             float* scores) {
  constexpr std::size_t kVecsOfGroup = kKvGroup / F32::size;
  for (; i + kVecs <= n_vecs; i += kVecs) {
    const T* k[kVecs];
    Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
      k[v] =
          keys + (i + v) / kVecsOfGroup * kKvGroup * head_dim + (i + v) % kVecsOfGroup * kBatch<T>;
    });
    ScoreTile<T, kHeads, kVecs>(q, k, head_dim, prefetch, streams, scores + i * F32::size);
  }
  if constexpr (kVecsOfGroup % kVecs != 0) {
    ScoreVecs<T, kHeads, kVecs / 2>(q, keys, head_dim, i, n_vecs, prefetch, streams, scores);
  }
}

// The same for a chunk; whole groups are written.
// Not inlined: in a large function GCC 12 would leave values in memory.
template <class T, int kHeads>
[[gnu::noinline]] void ScoreTokens(const Queries<T>& q, const Chunk<T>& chunk, std::size_t head_dim,
                                   Prefetcher<T>& prefetch, float* scores) {
  auto streams = prefetch.Take();
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    const Run<T>& run = chunk.runs[r];
    const std::size_t groups = (run.count + kKvGroup - 1) / kKvGroup;
    ScoreVecs<T, kHeads, kScoreVecs<T, kHeads>>(
        q, run.k, head_dim, 0, groups * (kKvGroup / F32::size), prefetch, streams, scores);
    scores += run.count;
  }
  prefetch.Put(streams);
}

// out[h] = out[h] * old_factors[h] + sum over the lanes, but for the chunk's first `skip`, of
// weights[h] * v. With s8 values, weights are integers in units of units[h].
template <class T>
struct Weighing {
  const typename Step<T>::Weight* weights;  // rows of kWeightsLd
  const float* old_factors;
  const float* units;  // of s8
  const Run<T>* runs;
  std::size_t n_runs, skip, head_dim;
  float* out;
  std::size_t ldo;
};

template <class T>
constexpr std::size_t kWeightsLd = kChunkLd / kPack<T>;

// kVecs * F32::size columns at a time, as far as these go, from d on; returns how far that is. One of
// kPasses over the same values.
// Not inlined: in a large function GCC 12 would leave values in memory.
template <class T, int kHeads, int kVecs, int kPasses>
[[gnu::noinline]] std::size_t WeighColumns(const Weighing<T>& weighing, std::size_t d,
                                           Prefetcher<T>& prefetch) {
  const Weighing<T> w = weighing;  // a copy, which no store to `out` can change
  auto streams = prefetch.Take();
  using S = Step<T>;
  constexpr std::size_t kStepBytes = kVecs * kBatch<T> * sizeof(T) / kPasses;
  constexpr std::size_t kFetched = Prefetcher<T>::kStep;
  constexpr int kSteps = kStepBytes < kFetched ? kFetched / kStepBytes : 1;
  constexpr int kFetches = kStepBytes < kFetched ? 1 : kStepBytes / kFetched;
  constexpr int kUnroll = kSteps < 4 ? kSteps : 4;
  constexpr bool kExact = sizeof(T) == 1;  // integers, which meet `out` only at the end
  for (; d + kVecs * F32::size <= w.head_dim; d += kVecs * F32::size) {
    float* const out = w.out + d;
    typename S::Sum sums[kHeads][kVecs];
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
        if constexpr (kExact) {
          sums[h][i] = S::Start(0);
        } else {
          sums[h][i] = F32::load_unaligned(out + h * w.ldo + i * F32::size) * F32(w.old_factors[h]);
        }
      });
    });
    const bool rests = prefetch.StepsAhead() > 0;
    std::size_t skipped = w.skip / kPack<T>;
    const T* v = nullptr;
    const auto* weights = w.weights + skipped;
    const auto add = [&]() __attribute__((always_inline)) {
      using Weight = typename S::Weight;
      decltype(S::template Load<Weight>(v)) y[kVecs];
      Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
        y[i] = S::template Load<Weight>(v + i * kBatch<T>);
      });
      Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
        S::Add(sums[h], weights + h * kWeightsLd<T>, y);
      });
      v += kPack<T> * w.head_dim;
      ++weights;
    };
    for (std::size_t r = 0; r < w.n_runs; ++r) {
      v = w.runs[r].v + (skipped * w.head_dim + d) * kPack<T>;
      std::size_t rest = (w.runs[r].count + kPack<T> - 1) / kPack<T> - skipped;
      skipped = 0;
      for (; rest >= kSteps; rest -= kSteps) {
        for (int i = 0; i < kSteps; i += kUnroll) {
          Unroll<kUnroll>([&](auto) __attribute__((always_inline)) { add(); });
        }
        if (!rests || rest % (kSteps * Prefetcher<T>::kPeriod) != 0) {
          for (int i = 0; i < kFetches; ++i) prefetch.Step(streams);
        }
      }
      prefetch.Read(rest * kStepBytes, streams);
      for (; rest > 0; --rest) add();
    }
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
        float* const at = out + h * w.ldo + i * F32::size;
        if constexpr (kExact) {
          const F32 old = F32::load_unaligned(at) * F32(w.old_factors[h]);
          Fma(S::Value(sums[h][i]), F32(w.units[h]), old).store_unaligned(at);
        } else {
          sums[h][i].store_unaligned(at);
        }
      });
    });
  }
  prefetch.Put(streams);
  return d;
}

// Batches of columns at once: one sum of each head, enough for 8 chains.
template <class T, int kHeads>
constexpr int kWeighVecs =
    kTileSums / kHeads / Step<T>::kSumRegisters < 8 ? kTileSums / kHeads / Step<T>::kSumRegisters
                                                    : 8;

template <class T, int kHeads, int kVecs, int kPasses>
void WeighBlocks(const Weighing<T>& w, std::size_t d, Prefetcher<T>& prefetch) {
  d = WeighColumns<T, kHeads, kVecs, kPasses>(w, d, prefetch);
  if constexpr (kVecs * F32::size > kHeadDimUnit) {
    if (d < w.head_dim) WeighBlocks<T, kHeads, kVecs / 2, kPasses>(w, d, prefetch);
  }
}

template <class T, int kHeads>
void WeighValues(const Weighing<T>& w, Prefetcher<T>& prefetch) {
  // Where values need no conversion and there are registers for wide rows of them, two heads after two:
  // slower from L1, by 15 %, faster from memory, by 1 to 6 % (Zen 5).
  constexpr bool kInPairs = sizeof(T) == 4 && kHeads == 4 && kTileSums == 16;
  constexpr int kPasses = kInPairs ? 2 : 1, kAtOnce = kHeads / kPasses;
  Weighing<T> pass = w;
  for (int i = 0; i < kPasses; ++i) {
    WeighBlocks<T, kAtOnce, kWeighVecs<T, kAtOnce>, kPasses>(pass, 0, prefetch);
    pass.weights += kAtOnce * kWeightsLd<T>;
    pass.old_factors += kAtOnce;
    pass.units += kAtOnce;
    pass.out += kAtOnce * pass.ldo;
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
