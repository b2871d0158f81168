// The two products of attention, for 1, 2 or 4 query heads that share keys and values: each key and
// value is loaded, and converted, once for all of them.
//
// Scores, and weights, lie in rows of kChunkLd, one per head, so that each lane of the softmax
// between the two products is a token. An FP32 or 16-bit cache meets FP32 queries and weights; an
// INT8 cache meets them as 16-bit integers, which take half the instructions and lose next to
// nothing.
#pragma once

#include "kernels/kv_attention/chunk.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/dot_s16.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/storage.h"
#include "kernels/simd/sum_lanes.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kMaxChunk = 256;  // tokens
// 8 KiB of keys, then as much of values, but not too few tokens: with those of the next chunk, which
// are fetched meanwhile, they fill an L1 of 32 KiB.
template <class T>
std::size_t ChunkTokens(std::size_t head_dim) {
  const std::size_t tokens = 8192 / sizeof(T) / head_dim;
  return tokens < 8 ? 8 : tokens < kMaxChunk ? tokens : kMaxChunk;
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

// One step of a dot product of a query and a key.
template <class T>
struct ScoreStep {
  using Q = float;
  using Sum = F32;
  static constexpr std::size_t kElements = F32::size;
  static F32 LoadQ(const float* q) { return F32::load_unaligned(q); }
  static F32 LoadK(const T* k) { return LoadAsF32(k); }
  static F32 LoadLastK(const T* k) { return LoadAsF32(k); }
  static F32 Add(F32 sum, F32 q, F32 k) { return Fma(q, k, sum); }
};

template <>
struct ScoreStep<std::int8_t> {
  using Q = std::int16_t;
  using Sum = I32;
  static constexpr std::size_t kElements = 2 * I32::size;
  static I32 LoadQ(const std::int16_t* q) {
    return I32::load_unaligned(reinterpret_cast<const std::int32_t*>(q));
  }
  static I32 LoadK(const std::int8_t* k) { return LoadS8AsS16(k); }
  static I32 LoadLastK(const std::int8_t* k) { return LoadHalfS8AsS16(k); }
  static I32 Add(I32 sum, I32 q, I32 k) { return DotS16(sum, q, k); }
};

// Room that a query takes among those of its group: a key's last step may be longer than the key,
// which continues in zeros.
constexpr std::size_t PaddedDim(std::size_t head_dim) { return (head_dim + 31) / 32 * 32; }
static_assert(32 % ScoreStep<std::int8_t>::kElements == 0);

// Puts a head's query among those of its group. Elements of a step of a query, of all heads, then of
// the next step: loads of several heads at a time then find different banks of L1, as they would not
// in rows that are a multiple of a line apart.
template <class T>
void SetQuery(const typename ScoreStep<T>::Q* row, std::size_t head_dim, int head, int n_heads,
              typename ScoreStep<T>::Q* group) {
  using Q = typename ScoreStep<T>::Q;
  constexpr std::size_t kElements = ScoreStep<T>::kElements;
  for (std::size_t d = 0; d < head_dim; d += kElements) {
    Q* const to = group + d * n_heads + head * kElements;
    if (d + kElements <= head_dim) {
      __builtin_memcpy(to, row + d, kElements * sizeof(Q));
      continue;
    }
    for (std::size_t i = 0; i < kElements; ++i) to[i] = d + i < head_dim ? row[d + i] : Q(0);
  }
}

template <class T>
struct Keys {
  const T* k;
  std::size_t stride, head_dim;
};

// scores[h * kChunkLd + t] = dot(q[h], k[t]).
template <class T, int kHeads, int kTokens>
[[gnu::always_inline]] inline void ScoreTile(const typename ScoreStep<T>::Q* q, const Keys<T>& keys,
                                             Prefetcher<T>& prefetch,
                                             typename Prefetcher<T>::Streams& streams,
                                             float* scores) {
  using Step = ScoreStep<T>;
  constexpr std::size_t kStepBytes = kTokens * Step::kElements * sizeof(T);
  constexpr std::size_t kFetches = kStepBytes / Prefetcher<T>::kStep;  // 0: after the whole tile
  constexpr int kUnroll = kFetches > 0 ? 1 : kTokens == 1 ? 4 : 2;
  typename Step::Sum sums[kHeads * kTokens];
  Unroll<kHeads * kTokens>([&](auto i)
                               __attribute__((always_inline)) { sums[i] = typename Step::Sum(0); });
  const auto add = [&](std::size_t d, const auto& load) __attribute__((always_inline)) {
    typename Step::Sum y[kTokens];
    Unroll<kTokens>([&](auto t) __attribute__((always_inline)) {
      y[t] = Opaque(load(keys.k + t * keys.stride + d));
    });
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      const auto x = Opaque(Step::LoadQ(q + d * kHeads + h * Step::kElements));
      Unroll<kTokens>([&](auto t) __attribute__((always_inline)) {
        sums[h * kTokens + t] = Opaque(Step::Add(sums[h * kTokens + t], x, y[t]));
      });
      KeepAlive(x);
    });
  };
  const auto load = [](const T* k) __attribute__((always_inline)) { return Step::LoadK(k); };
  std::size_t d = 0;
  for (; d + kUnroll * Step::kElements <= keys.head_dim; d += kUnroll * Step::kElements) {
    for (std::size_t i = 0; i < kFetches; ++i) prefetch.Step(streams);
    Unroll<kUnroll>([&](auto i)
                        __attribute__((always_inline)) { add(d + i * Step::kElements, load); });
  }
  for (; d + Step::kElements <= keys.head_dim; d += Step::kElements) add(d, load);
  if (Step::kElements > kHeadDimUnit && d < keys.head_dim) {
    add(
        d, [](const T* k) __attribute__((always_inline)) { return Step::LoadLastK(k); });
  }
  if (kFetches == 0) prefetch.Read(kTokens * keys.head_dim * sizeof(T), streams);
  constexpr int kLanes = static_cast<int>(F32::size), kSums = kHeads * kTokens;
  constexpr int kVecs = (kSums + kLanes - 1) / kLanes;
  // With zeros for the sums that a tile of one token lacks.
  typename Step::Sum products[kVecs * kLanes];
  Unroll<kVecs * kLanes>([&](auto i) __attribute__((always_inline)) {
    if constexpr (i < kSums) {
      products[i] = sums[i];
    } else {
      products[i] = typename Step::Sum(0);
    }
  });
  float lanes[kVecs * kLanes];
  Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
    SumLanes(products + v * kLanes).store_unaligned(lanes + v * kLanes);
  });
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    __builtin_memcpy(scores + h * kChunkLd, lanes + h * kTokens, kTokens * sizeof(float));
  });
}

// The same for `count` tokens.
template <class T, int kHeads>
[[gnu::always_inline]] inline void ScoreRun(const typename ScoreStep<T>::Q* q, Keys<T> keys,
                                            std::size_t count, Prefetcher<T>& prefetch,
                                            float* scores) {
  constexpr std::size_t kTokens = kTileSums / kHeads;
  auto streams = prefetch.Take();
  std::size_t t = 0;
  for (; t + kTokens <= count; t += kTokens, keys.k += kTokens * keys.stride) {
    ScoreTile<T, kHeads, kTokens>(q, keys, prefetch, streams, scores + t);
  }
  for (; t < count; ++t, keys.k += keys.stride) {
    ScoreTile<T, kHeads, 1>(q, keys, prefetch, streams, scores + t);
  }
  prefetch.Put(streams);
}

// The same for a chunk, whose rows are `stride` apart.
// Not inlined: in a large function GCC 12 would leave values in memory.
template <class T, int kHeads>
[[gnu::noinline]] void ScoreTokens(const typename ScoreStep<T>::Q* q, const Chunk<T>& chunk,
                                   std::size_t stride, std::size_t head_dim,
                                   Prefetcher<T>& prefetch, float* scores) {
  for (std::size_t r = 0; r < chunk.n_runs; ++r) {
    const Run<T>& run = chunk.runs[r];
    ScoreRun<T, kHeads>(q, {run.k, stride, head_dim}, run.count, prefetch, scores);
    scores += run.count;
  }
}

// out[h] = out[h] * old_factors[h] + sum over t of weights[h, t] * v[t]. With s8 values, weights
// are s16 in units of unit[h].
template <class T>
struct Weighing {
  using Weight = typename ScoreStep<T>::Q;
  const Weight* weights;  // rows of kChunkLd
  const float* old_factors;
  const float* units;  // of s8
  const Run<T>* runs;
  std::size_t n_runs, stride, head_dim;
  float* out;
  std::size_t ldo;
};

// One step of a sum of weighted values.
template <class T>
struct WeighStep {
  using Sum = F32;
  static constexpr std::size_t kTokens = 1;
  static F32 LoadWeight(const float* weight) { return F32(*weight); }
  static F32 LoadLastWeight(const float* weight) { return F32(*weight); }
  template <int kVecs>
  [[gnu::always_inline]] static void LoadV(const T* v, std::size_t, F32 (&x)[kVecs]) {
    Unroll<kVecs>([&](auto i)
                      __attribute__((always_inline)) { x[i] = LoadAsF32(v + i * F32::size); });
  }
  static F32 Add(F32 sum, F32 weight, F32 v) { return Fma(weight, v, sum); }
};

template <>
struct WeighStep<std::int8_t> {
  using Sum = I32;
  static constexpr std::size_t kTokens = 2;
  static I32 LoadWeight(const std::int16_t* pair) { return BroadcastPair(pair); }
  // The odd token's; the other of the pair is 0.
  static I32 LoadLastWeight(const std::int16_t* weight) {
    return I32(static_cast<std::int32_t>(static_cast<std::uint16_t>(*weight)));
  }
  template <int kVecs>
  [[gnu::always_inline]] static void LoadV(const std::int8_t* v, std::size_t to_second,
                                           I32 (&x)[kVecs]) {
    LoadS8Pairs(v, v + to_second, x);
  }
  static I32 Add(I32 sum, I32 weight, I32 v) { return DotS16(sum, weight, v); }
};

// The columns d .. d + kVecs * F32::size - 1.
// Not inlined: in a large function GCC 12 would leave values in memory.
template <class T, int kHeads, int kVecs>
[[gnu::noinline]] void WeighColumns(const Weighing<T>& weighing, std::size_t d,
                                    Prefetcher<T>& prefetch) {
  const Weighing<T> w = weighing;  // a copy, which no store to `out` can change
  auto streams = prefetch.Take();
  using Step = WeighStep<T>;
  constexpr std::size_t kStepBytes = Step::kTokens * kVecs * F32::size * sizeof(T);
  constexpr std::size_t kFetched = Prefetcher<T>::kStep;
  constexpr int kSteps = kStepBytes < kFetched ? kFetched / kStepBytes : 1;
  constexpr int kFetches = kStepBytes < kFetched ? 1 : kStepBytes / kFetched;
  constexpr int kUnroll = kSteps < 4 ? kSteps : 4;
  constexpr bool kExact = sizeof(T) == 1;  // integers, which meet `out` only at the end
  float* const out = w.out + d;
  typename Step::Sum sums[kHeads][kVecs];
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
      if constexpr (kExact) {
        sums[h][i] = I32(0);
      } else {
        sums[h][i] = F32::load_unaligned(out + h * w.ldo + i * F32::size) * F32(w.old_factors[h]);
      }
    });
  });
  const T* v = nullptr;
  using Weight = typename Weighing<T>::Weight;
  const Weight* weights = w.weights;
  const auto add = [&](std::size_t to_second, const auto& load) __attribute__((always_inline)) {
    typename Step::Sum x[kVecs];
    Step::LoadV(v, to_second, x);
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) { x[i] = Opaque(x[i]); });
    Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
      const auto weight = Opaque(load(weights + h * kChunkLd));
      Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
        sums[h][i] = Opaque(Step::Add(sums[h][i], weight, x[i]));
      });
      KeepAlive(weight);
    });
    v += Step::kTokens * w.stride;
    weights += Step::kTokens;
  };
  const auto load = [](const Weight* x) __attribute__((always_inline)) {
    return Step::LoadWeight(x);
  };
  for (std::size_t r = 0; r < w.n_runs; ++r) {
    v = w.runs[r].v + d;
    std::size_t rest = w.runs[r].count;
    for (; rest >= kSteps * Step::kTokens; rest -= kSteps * Step::kTokens) {
      for (int i = 0; i < kSteps; i += kUnroll) {
        Unroll<kUnroll>([&](auto) __attribute__((always_inline)) { add(w.stride, load); });
      }
      for (int i = 0; i < kFetches; ++i) prefetch.Step(streams);
    }
    prefetch.Read(rest * kVecs * F32::size * sizeof(T), streams);
    for (; rest >= Step::kTokens; rest -= Step::kTokens) add(w.stride, load);
    if (Step::kTokens == 1 || rest == 0) continue;
    add(
        0, [](const Weight* x) __attribute__((always_inline)) { return Step::LoadLastWeight(x); });
    weights -= Step::kTokens - 1;
  }
  prefetch.Put(streams);
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    if constexpr (kExact) OrderPairs(sums[h]);
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
      float* const at = out + h * w.ldo + i * F32::size;
      if constexpr (kExact) {
        const F32 old = F32::load_unaligned(at) * F32(w.old_factors[h]);
        Fma(xsimd::to_float(sums[h][i]), F32(w.units[h]), old).store_unaligned(at);
      } else {
        sums[h][i].store_unaligned(at);
      }
    });
  });
}

// Batches of columns at once: one sum of each head, enough for 8 chains, a line of memory or more.
template <int kHeads>
constexpr int kWeighVecs = kTileSums / kHeads < 8 ? kTileSums / kHeads : 8;

template <class T, int kHeads, int kVecs>
void WeighBlocks(const Weighing<T>& w, std::size_t d, Prefetcher<T>& prefetch) {
  for (; d + kVecs * F32::size <= w.head_dim; d += kVecs * F32::size) {
    WeighColumns<T, kHeads, kVecs>(w, d, prefetch);
  }
  if constexpr (kVecs * F32::size > kHeadDimUnit) {
    WeighBlocks<T, kHeads, kVecs / 2>(w, d, prefetch);
  }
}

template <class T, int kHeads>
void WeighValues(const Weighing<T>& w, Prefetcher<T>& prefetch) {
  WeighBlocks<T, kHeads, kWeighVecs<kHeads>>(w, 0, prefetch);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
