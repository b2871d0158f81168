// Loops over one row of floats, a batch at a time, the last batch perhaps partial.
//
// They call f(n, lanes): n is the first column; lanes.Load(p) and lanes.Store(p, x) touch what
// there is of the batch at p, and lanes.Keep(x) is x with zeros elsewhere, for sums.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/fused_activation/layernorm.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/stream.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

struct AllLanes {
  static F32 Load(const float* p) { return F32::load_unaligned(p); }
  static void Store(float* p, F32 x) { x.store_unaligned(p); }
  static F32 Keep(F32 x) { return x; }
};

struct AllLanesPastCaches : AllLanes {
  static void Store(float* p, F32 x) { StreamStore(p, x); }
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

template <class Whole = AllLanes, int kUnroll = 1, class F>
[[gnu::always_inline]] inline void ForEachBatch(std::size_t N, const F& f) {
  std::size_t n = 0;
  if constexpr (kUnroll > 1) {
    for (; n + kUnroll * F32::size <= N; n += kUnroll * F32::size) {
      Unroll<kUnroll>([&](auto i)
                          __attribute__((always_inline)) { f(n + i * F32::size, Whole()); });
    }
  }
  for (; n + F32::size <= N; n += F32::size) f(n, Whole());
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

inline bool Adds(const AddedF32& added) {
  return added.bias != nullptr || added.residual != nullptr || added.sum != nullptr;
}

// Row m of what is normalized: x, or h, the sum of what is added to it. h is added up anew in each pass
// over a row, whose operands are in L1: that costs no more than to keep it.
struct GivenRow {
  const float* x;

  template <class Args>
  GivenRow(const Args& args, std::size_t m) : x(args.x + m * args.ldx) {}
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    return lanes.Load(x + n);
  }
  template <class Lanes>
  [[gnu::always_inline]] void Keep(std::size_t, F32, Lanes) const {}
  [[gnu::always_inline]] void Prefetch(std::size_t n) const { __builtin_prefetch(x + n); }
};
struct AddedRow {
  const float* x;
  const float* bias;
  const float* residual;
  float* sum;

  template <class Args>
  AddedRow(const Args& args, std::size_t m)
      : x(args.x + m * args.ldx),
        bias(args.added.bias),
        residual(args.added.residual),
        sum(args.added.sum) {
    if (residual != nullptr) residual += m * args.added.ldr;
    if (sum != nullptr) sum += m * args.added.lds;
  }
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    F32 h = lanes.Load(x + n);
    if (bias != nullptr) h = h + lanes.Load(bias + n);
    if (residual != nullptr) h = h + lanes.Load(residual + n);
    return h;
  }
  // h, where the caller wants it.
  template <class Lanes>
  [[gnu::always_inline]] void Keep(std::size_t n, F32 h, Lanes lanes) const {
    if (sum != nullptr) lanes.Store(sum + n, h);
  }
  [[gnu::always_inline]] void Prefetch(std::size_t n) const {
    __builtin_prefetch(x + n);
    if (residual != nullptr) __builtin_prefetch(residual + n);
  }
};

// Whether to write results past the caches, for an ordinary store first reads the line that it changes.
// They must be too many to be in a cache still when they are read: 16 MiB and more, for beside them
// stands at least one operand of that size, and a core's share of the last cache is some 32 MiB. Not
// where they replace an operand, whose lines are in cache, and in whole lines only.
//
// Measured on a Zen 5 core, an eighth is gained here, where a pass writes that reads nothing from
// memory. Activations and softmax have none such, and lost up to a fifth when memory was slow.
template <class Args>
inline bool WritesPastCaches(const Args& args) {
  const auto fits = [&](const float* to, std::size_t ld) {
    const auto is_line = [](const float* p) {
      return reinterpret_cast<std::uintptr_t>(p) % 64 == 0;
    };
    return is_line(to) && is_line(to + ld) && to != args.x && to != args.added.residual;
  };
  constexpr std::size_t kMany = std::size_t{16} << 20;  // bytes
  return args.M * args.N * sizeof(float) >= kMany && fits(args.y, args.ldy) &&
         (args.added.sum == nullptr || fits(args.added.sum, args.added.lds));
}

// Normalizes all rows, each in two passes, the second of which prefetches the next row: hardware
// prefetchers stop at the end of a page, which is where rows tend to end, and the first pass over a row
// in memory would be all waiting. add(h, sums) adds a batch to kSums sums, absent lanes of h being 0;
// make(row, sums) makes of the sums what normalize(h, n, lanes, made) makes a batch of y with.
template <class Row, int kSums, class Args, class Add, class Make, class Normalize>
[[gnu::always_inline]] inline void NormalizeRowsOf(const Args& args, const Add& add,
                                                   const Make& make, const Normalize& normalize) {
  const std::size_t M = args.M, N = args.N;
  const bool past_caches = WritesPastCaches(args);
  for (std::size_t m = 0; m < M; ++m) {
    const Row row(args, m), next(args, m + 1 < M ? m + 1 : m);
    float* y = args.y + m * args.ldy;
    const auto made =
        make(row, SumOverRow<kSums, kChains>(
                      N, [&](std::size_t n, auto lanes, F32(&sums)[kSums])
                             __attribute__((always_inline)) { add(row.Load(n, lanes), sums); }));
    const auto write = [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
      next.Prefetch(n);
      const F32 h = row.Load(n, lanes);
      row.Keep(n, h, lanes);
      lanes.Store(y + n, normalize(h, n, lanes, made));
    };
    constexpr int kUnroll = 4;
    if (past_caches) {
      ForEachBatch<AllLanesPastCaches, kUnroll>(N, write);
    } else {
      ForEachBatch<AllLanes, kUnroll>(N, write);
    }
  }
  if (past_caches) StreamFence();
}
template <int kSums, class Args, class Add, class Make, class Normalize>
[[gnu::always_inline]] inline void NormalizeRows(const Args& args, const Add& add, const Make& make,
                                                 const Normalize& normalize) {
  if (Adds(args.added)) {
    NormalizeRowsOf<AddedRow, kSums>(args, add, make, normalize);
  } else {
    NormalizeRowsOf<GivenRow, kSums>(args, add, make, normalize);
  }
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
