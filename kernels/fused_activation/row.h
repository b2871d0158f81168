// Loops over one row of floats, a batch at a time, the last batch perhaps partial.
//
// They call f(n, lanes): n is the first column; lanes.Load(p) and lanes.Store(p, x) touch what
// there is of the batch at p, and lanes.Keep(x) is x with zeros elsewhere, for sums.
#pragma once

#include <cstddef>
#include <limits>

#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

struct AllLanes {
  static F32 Load(const float* p) { return F32::load_unaligned(p); }
  static void Store(float* p, F32 x) { x.store_unaligned(p); }
  static F32 Keep(F32 x) { return x; }
};

struct SomeLanes {
  std::size_t count;

  F32 Load(const float* p) const { return LoadPartial(p, count); }
  void Store(float* p, F32 x) const { StorePartial(p, x, count); }
  F32 Keep(F32 x) const {
    float lanes[F32::size] = {};
    StorePartial(lanes, x, count);
    return F32::load_unaligned(lanes);
  }
};

template <int kUnroll = 1, class F>
[[gnu::always_inline]] inline void ForEachBatch(std::size_t N, const F& f) {
  std::size_t n = 0;
  if constexpr (kUnroll > 1) {
    for (; n + kUnroll * F32::size <= N; n += kUnroll * F32::size) {
      Unroll<kUnroll>([&](auto i)
                          __attribute__((always_inline)) { f(n + i * F32::size, AllLanes()); });
    }
  }
  for (; n + F32::size <= N; n += F32::size) f(n, AllLanes());
  if (n < N) f(n, SomeLanes{N - n});
}

// Four chains of additions or comparisons hide their latency where a step does little else.
constexpr int kChains = 4;

template <int kSums>
struct Sums {
  float of[kSums];
};

// kSums sums over the row: f(n, lanes, sums) adds its summands to the batches sums[0 .. kSums-1].
// Each errs by at most (N / 16 + 8) * 2^-24 times the sum of the magnitudes of its summands, for a
// chain adds at most one value in 16.
template <int kSums, int kSumChains, class F>
[[gnu::always_inline]] inline Sums<kSums> SumOverRow(std::size_t N, const F& f) {
  static_assert(kSumChains * F32::size >= 16);
  F32 chains[kSumChains][kSums];
  Unroll<kSumChains * kSums>([&](auto i) __attribute__((always_inline)) {
    chains[i / kSums][i % kSums] = F32(0.0f);
  });
  std::size_t n = 0;
  for (; n + kSumChains * F32::size <= N; n += kSumChains * F32::size) {
    Unroll<kSumChains>([&](auto i) __attribute__((always_inline)) {
      f(n + i * F32::size, AllLanes(), chains[i]);
    });
  }
  for (; n + F32::size <= N; n += F32::size) f(n, AllLanes(), chains[0]);
  if (n < N) f(n, SomeLanes{N - n}, chains[kSumChains - 1]);
  Sums<kSums> sums;
  Unroll<kSums>([&](auto i) __attribute__((always_inline)) {
    F32 sum = chains[0][i];
    Unroll<kSumChains - 1>([&](auto chain) __attribute__((always_inline)) {
      sum = sum + chains[chain + 1][i];
    });
    sums.of[i] = ReduceAdd(sum);
  });
  return sums;
}

inline float RowSum(const float* x, std::size_t N) {
  const auto add = [x](std::size_t n, auto lanes, F32(&sum)[1]) __attribute__((always_inline)) {
    sum[0] = sum[0] + lanes.Load(x + n);
  };
  return SumOverRow<1, kChains>(N, add).of[0];
}

// The largest of N values, load(n, lanes) a batch of them; -infinity if N = 0. NaNs may be ignored.
template <class F>
[[gnu::always_inline]] inline float LargestOfRow(std::size_t N, const F& load) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  if (N < F32::size) {
    float lanes[F32::size], largest = kLowest;
    load(0, SomeLanes{N}).store_unaligned(lanes);
    for (std::size_t n = 0; n < N; ++n) largest = lanes[n] > largest ? lanes[n] : largest;
    return largest;
  }
  F32 max[kChains] = {F32(kLowest), F32(kLowest), F32(kLowest), F32(kLowest)};
  std::size_t n = 0;
  for (; n + kChains * F32::size <= N; n += kChains * F32::size) {
    Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
      max[i] = xsimd::max(max[i], load(n + i * F32::size, AllLanes()));
    });
  }
  for (; n + F32::size <= N; n += F32::size) max[0] = xsimd::max(max[0], load(n, AllLanes()));
  // The last batch overlaps the one before: to compare a value twice does no harm.
  max[1] = xsimd::max(max[1], load(N - F32::size, AllLanes()));
  return ReduceMax(xsimd::max(xsimd::max(max[0], max[1]), xsimd::max(max[2], max[3])));
}

}  // namespace
}  // namespace podium::PODIUM_ISA
