// The two products of attention, for 1, 2 or 4 query heads that share keys and values: each key and
// value is loaded once for all of them.
//
// Scores lie in tiles of kTileScores, [kHeads][kTileTokens<kHeads>]: what one tile of sums in
// registers leaves, and of one size whatever the number of heads, so that the softmax between the
// two products works on whole batches in which each lane belongs to one head.
#pragma once

#include <limits>

#include "kernels/simd/arch.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/sum_lanes.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// Sums that stay in registers, in either product; keys, values and weights need the others. 8 are
// enough chains for two units with a latency of 4.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kTileScores = 16;  // of 32 registers
#else
constexpr int kTileScores = 8;  // of 16 registers
#endif
constexpr int kTileVecs = kTileScores / static_cast<int>(F32::size);

template <int kHeads>
constexpr int kTileTokens = kTileScores / kHeads;

template <int kHeads>
constexpr std::size_t Tiles(std::size_t tokens) {
  return (tokens + kTileTokens<kHeads> - 1) / kTileTokens<kHeads>;
}

// Keys, or values, of `count` >= 1 consecutive tokens of one KV head.
struct Rows {
  const float* data;
  std::size_t stride;
  std::size_t count;
  std::size_t head_dim;
};

// Fetches into L2 what lies 8 KiB of rows ahead: further than the latency of memory, too little to
// be evicted again. Beyond the end of the cache it does nothing. The hardware's own prefetchers
// stop at a page and are slow to see rows that are not contiguous.
class Prefetcher {
 public:
  explicit Prefetcher(const Rows& rows)
      : distance_((kFloats + rows.head_dim - 1) / rows.head_dim * rows.stride * sizeof(float)) {}
  void operator()(const float* p) const {
    __builtin_prefetch(
        reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(p) + distance_),
        /*rw=*/0, /*locality=*/2);
  }

 private:
  static constexpr std::size_t kFloats = 2048;
  std::size_t distance_;
};

// Calls step(d, load) for each batch of columns; of the last one, `load` may take fewer lanes.
template <class Step>
[[gnu::always_inline]] inline void ForEachBatch(std::size_t head_dim, const Step& step) {
  std::size_t d = 0;
  for (; d + F32::size <= head_dim; d += F32::size) {
    step(
        d, [](const float* p) __attribute__((always_inline)) { return F32::load_unaligned(p); });
  }
  if (d < head_dim) {
    step(
        d, [rest = head_dim - d](const float* p)
               __attribute__((always_inline)) { return LoadPartial(p, rest); });
  }
}

// scores[h * kTileTokens + t] = scale * dot(q[h], k[t]), for a whole tile of tokens.
template <int kHeads>
[[gnu::always_inline]] inline void ScoreTile(const float* q, std::size_t ldq, const Rows& k,
                                             const Prefetcher& prefetch, F32 scale, float* scores) {
  constexpr int kTokens = kTileTokens<kHeads>;
  F32 sums[kTileScores];
  Unroll<kTileScores>([&](auto i) __attribute__((always_inline)) { sums[i] = F32(0.0f); });
  ForEachBatch(
      k.head_dim, [&](std::size_t d, const auto& load) __attribute__((always_inline)) {
        F32 x[kHeads];
        Unroll<kHeads>([&](auto h)
                           __attribute__((always_inline)) { x[h] = load(q + h * ldq + d); });
        Unroll<kTokens>([&](auto t) __attribute__((always_inline)) {
          const float* from = k.data + t * k.stride + d;
          prefetch(from);
          const F32 y = load(from);
          Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
            sums[h * kTokens + t] = Fma(x[h], y, sums[h * kTokens + t]);
          });
        });
      });
  Unroll<kTileVecs>([&](auto i) __attribute__((always_inline)) {
    (SumLanes(sums + i * F32::size) * scale).store_unaligned(scores + i * F32::size);
  });
}

// The same for the last tokens, too few for a tile; the others score -infinity.
template <int kHeads>
void ScoreLastTile(const float* q, std::size_t ldq, const Rows& k, float scale, float* scores) {
  constexpr std::size_t kTokens = kTileTokens<kHeads>;
  for (std::size_t t = 0; t < kTokens; ++t) {
    for (std::size_t h = 0; h < kHeads; ++h) {
      float& score = scores[h * kTokens + t];
      score = -std::numeric_limits<float>::infinity();
      if (t >= k.count) continue;
      F32 sum(0.0f);
      ForEachBatch(
          k.head_dim, [&](std::size_t d, const auto& load) __attribute__((always_inline)) {
            sum = Fma(load(q + h * ldq + d), load(k.data + t * k.stride + d), sum);
          });
      score = ReduceAdd(sum) * scale;
    }
  }
}

// Fills Tiles<kHeads>(k.count) tiles of scores.
template <int kHeads>
void ScoreTokens(const float* q, std::size_t ldq, const Rows& k, float scale, float* scores) {
  const Prefetcher prefetch(k);
  Rows rest = k;
  for (; rest.count >= kTileTokens<kHeads>; rest.count -= kTileTokens<kHeads>) {
    ScoreTile<kHeads>(q, ldq, rest, prefetch, F32(scale), scores);
    rest.data += kTileTokens<kHeads> * k.stride;
    scores += kTileScores;
  }
  if (rest.count > 0) ScoreLastTile<kHeads>(q, ldq, rest, scale, scores);
}

// out[h] = out[h] * old_factors[h * kTileTokens] + sum over t of weights[h, t] * v[t]
template <int kHeads>
struct Weighing {
  const float* weights;      // in tiles
  const float* old_factors;  // one tile, of which each head's first is used
  Rows v;
  Prefetcher prefetch;
  float* out;
  std::size_t ldo;
};

// The columns d .. d + kVecs * F32::size - 1; `load` and `store` may take fewer of the last batch.
template <int kHeads, int kVecs, class Load, class Store>
[[gnu::always_inline]] inline void WeighColumns(const Weighing<kHeads>& w, std::size_t d,
                                                const Load& load, const Store& store) {
  constexpr int kTokens = kTileTokens<kHeads>;
  F32 sums[kHeads][kVecs];
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    const F32 factor(w.old_factors[h * kTokens]);
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
      sums[h][i] = load(w.out + h * w.ldo + d + i * F32::size) * factor;
    });
  });
  const float* v = w.v.data + d;
  const float* weights = w.weights;
  for (std::size_t rest = w.v.count; rest > 0; weights += kTileScores) {
    const std::size_t tokens = rest < kTokens ? rest : kTokens;
    rest -= tokens;
    for (std::size_t t = 0; t < tokens; ++t, v += w.v.stride) {
      F32 weight[kHeads];
      Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
        weight[h] = F32(weights[h * kTokens + t]);
      });
      Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
        w.prefetch(v + i * F32::size);
        const F32 x = load(v + i * F32::size);
        Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
          sums[h][i] = Fma(weight[h], x, sums[h][i]);
        });
      });
    }
  }
  Unroll<kHeads>([&](auto h) __attribute__((always_inline)) {
    Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
      store(w.out + h * w.ldo + d + i * F32::size, sums[h][i]);
    });
  });
}

template <int kHeads, int kVecs>
void WeighWholeVecs(const Weighing<kHeads>& w, std::size_t d) {
  WeighColumns<kHeads, kVecs>(
      w, d, [](const float* p) __attribute__((always_inline)) { return F32::load_unaligned(p); },
      [](float* p, F32 x) __attribute__((always_inline)) { x.store_unaligned(p); });
}

template <int kHeads, int... i>
void WeighVecs(std::integer_sequence<int, i...>, std::size_t vecs, const Weighing<kHeads>& w,
               std::size_t d) {
  using Fn = void(const Weighing<kHeads>&, std::size_t);
  static constexpr Fn* kWeigh[] = {WeighWholeVecs<kHeads, i + 1>...};
  kWeigh[vecs - 1](w, d);
}

template <int kHeads>
void WeighValues(const Weighing<kHeads>& w) {
  constexpr std::size_t kMaxVecs = kTileScores / kHeads < 4 ? kTileScores / kHeads : 4;
  std::size_t d = 0;
  // Spread evenly: 6 batches where 4 fit are 3 and 3, not 4 and a slow 2.
  std::size_t vecs = w.v.head_dim / F32::size;
  for (std::size_t blocks = (vecs + kMaxVecs - 1) / kMaxVecs; blocks > 0; --blocks) {
    const std::size_t block = (vecs + blocks - 1) / blocks;
    WeighVecs(std::make_integer_sequence<int, kMaxVecs>(), block, w, d);
    vecs -= block;
    d += block * F32::size;
  }
  if (d < w.v.head_dim) {
    const std::size_t rest = w.v.head_dim - d;
    WeighColumns<kHeads, 1>(
        w,
        d, [rest](const float* p) __attribute__((always_inline)) { return LoadPartial(p, rest); },
        [rest](float* p, F32 x) __attribute__((always_inline)) { StorePartial(p, x, rest); });
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
