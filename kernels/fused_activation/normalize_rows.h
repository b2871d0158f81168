// What layernorm and RMSNorm have in common: sums over each row of x, or of h = x + bias +
// residual, and then a result for each of its elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/fused_activation/layernorm.h"
#include "kernels/fused_activation/row.h"
#include "kernels/simd/stream.h"

namespace podium::PODIUM_ISA {
namespace {

inline bool Adds(const AddedF32& added) {
  return added.bias != nullptr || added.residual != nullptr || added.sum != nullptr;
}

// Whether to write results past the caches, for an ordinary store first reads the line that it
// changes. They must be too many to be in a cache still when they are read: 16 MiB and more, for
// beside them stands at least one operand of that size, and a core's share of the last cache is
// some 32 MiB. Not where they replace an operand, whose lines are in cache, and in whole lines
// only.
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

// Rows of at most so many elements are added up while the row before is normalized. Two longer ones
// no longer fit into L1 beside gamma and beta: a tenth was lost with 3072.
constexpr std::size_t kMostPipelined = 2048;

inline void CopyRow(const float* from, float* to, std::size_t N) {
  ForEachBatch(
      N, [&](std::size_t n, auto lanes)
             __attribute__((always_inline)) { lanes.Store(to + n, lanes.Load(from + n)); });
}

// Up to four rows of N <= kMostPipelined floats on the stack, or one of N <= kMost. In its page the
// first begins where y begins, others a little further on. For a load waits until earlier stores
// are done whose addresses agree with its own in the low 12 bits, and past the caches that takes
// long: where bias, gamma and beta lay some lines before y in their pages, a fifth was lost.
class RowsOnStack {
 public:
  static constexpr std::size_t kMost = 4 * kMostPipelined;

  RowsOnStack(const float* y, std::size_t N) : N_(N) {
    const auto distance =
        reinterpret_cast<std::uintptr_t>(y) - reinterpret_cast<std::uintptr_t>(floats_);
    next_ = floats_ + distance / 64 * 16 % kPage;  // on a line in any case
  }
  float* Add() {
    float* const row = next_;
    next_ += (N_ + kPage - 1) / kPage * kPage + kApart;
    return row;
  }
  // A copy of v, or null if it is.
  const float* Copy(const float* v) {
    if (v == nullptr) return nullptr;
    float* const copy = Add();
    CopyRow(v, copy, N_);
    return copy;
  }

 private:
  static constexpr std::size_t kPage = 4096 / sizeof(float), kApart = 128;

  std::size_t N_;
  float* next_;
  alignas(64) float floats_[4 * (kMostPipelined + kApart) + kPage];
};

// So many elements ahead, shared among what is read: rows mostly follow one another without a gap,
// so that what lies ahead of one is the next.
constexpr std::size_t kPrefetchAhead = 1536;

template <bool kPastCaches, class Lanes>
inline void Write(float* p, F32 x, Lanes lanes) {
  if constexpr (kPastCaches && std::is_same_v<Lanes, AllLanes>) {
    StreamStore(p, x);
  } else {
    lanes.Store(p, x);
  }
}

// What rows are made of and where they go: x, or x + residual, or x + bias + residual. h waits in
// `waiting` or, if that is null, where y will be.
struct Operands {
  const float* x;
  std::size_t ldx;
  const float* bias;
  const float* residual;
  std::size_t ldr;
  float* sum;
  std::size_t lds;
  float* y;
  std::size_t ldy;
  const float* gamma;
  const float* beta;
  float* waiting;
};

// Row m of what is normalized: h is where it lies once all of it was loaded.
struct GivenRow {
  const float* h;
  float* y;

  GivenRow(const Operands& o, std::size_t m) : h(o.x + m * o.ldx), y(o.y + m * o.ldy) {}
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    return lanes.Load(h + n);
  }
  template <bool kPastCaches, class Lanes>
  [[gnu::always_inline]] void KeepSum(std::size_t, F32, Lanes) const {}
  [[gnu::always_inline]] void Prefetch(std::size_t n) const { __builtin_prefetch(h + n); }
  [[gnu::always_inline]] void PrefetchAhead(std::size_t n) const { Prefetch(n + kPrefetchAhead); }
};
template <bool kBias>
struct AddedRow {
  const float* x;
  const float* bias;
  const float* residual;
  float* sum;
  float* y;
  float* h;

  AddedRow(const Operands& o, std::size_t m)
      : x(o.x + m * o.ldx),
        bias(o.bias),
        residual(o.residual + m * o.ldr),
        sum(o.sum == nullptr ? nullptr : o.sum + m * o.lds),
        y(o.y + m * o.ldy),
        h(o.waiting != nullptr ? o.waiting : y) {}
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    F32 value = lanes.Load(x + n);
    if constexpr (kBias) value = value + lanes.Load(bias + n);
    value = value + lanes.Load(residual + n);
    lanes.Store(h + n, value);
    return value;
  }
  // Where the caller wants it.
  template <bool kPastCaches, class Lanes>
  [[gnu::always_inline]] void KeepSum(std::size_t n, F32 value, Lanes lanes) const {
    if (sum != nullptr) Write<kPastCaches>(sum + n, value, lanes);
  }
  [[gnu::always_inline]] void Prefetch(std::size_t n) const {
    __builtin_prefetch(x + n);
    __builtin_prefetch(residual + n);
  }
  [[gnu::always_inline]] void PrefetchAhead(std::size_t n) const {
    Prefetch(n + kPrefetchAhead / 2);
  }
};

// A long row is normalized in two passes, the second of which prefetches the next row: hardware
// prefetchers stop at the end of a page, which is where rows tend to end, and the first pass over a
// row in memory would be all waiting.
//
// Of shorter rows one loop adds up a row and normalizes the one before: so memory is read and
// written evenly, and what stands between the sums and the first result hides behind the next row.
template <class Row, int kSums, class Add, class Make, class Normalize>
[[gnu::always_inline]] inline void NormalizeRowsOf(const Operands& o, std::size_t M, std::size_t N,
                                                   bool past_caches, const Add& add,
                                                   const Make& make, const Normalize& normalize) {
  const auto write = [&](auto past, const Row& row, F32 h, std::size_t n, auto lanes,
                         const auto& made) __attribute__((always_inline)) {
    row.template KeepSum<past()>(n, h, lanes);
    Write<past()>(row.y + n, normalize(o, h, n, lanes, made), lanes);
  };
  const auto add_up_row = [&](const Row& row) __attribute__((always_inline)) {
    return make(row.h, SumOverRow<kSums, kChains>(
                           N, [&](std::size_t n, auto lanes, F32(&sums)[kSums]) __attribute__((
                                  always_inline)) { add(row.Load(n, lanes), sums); }));
  };
  const auto write_row = [&](const Row& row, const Row& next, const auto& made)
      __attribute__((always_inline)) {
    const auto in = [&](auto past) __attribute__((always_inline)) {
      ForEachBatch<4>(
          N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
            next.Prefetch(n);
            write(past, row, lanes.Load(row.h + n), n, lanes, made);
          });
    };
    past_caches ? in(std::true_type()) : in(std::false_type());
  };
  const bool pipelined = N <= kMostPipelined;
  decltype(make(o.x, Sums<kSums>())) made = {};
  for (std::size_t m = 0; m < M; ++m) {
    const Row row(o, m);
    if (pipelined && m > 0) {
      const Row before(o, m - 1);
      const auto also_write = [&](auto past) __attribute__((always_inline)) {
        return SumOverRow<kSums, kChains>(
            N, [&](std::size_t n, auto lanes, F32(&sums)[kSums]) __attribute__((always_inline)) {
              row.PrefetchAhead(n);
              const F32 h_before = lanes.Load(before.h + n);  // where the row may come to wait
              add(row.Load(n, lanes), sums);
              write(past, before, h_before, n, lanes, made);
            });
      };
      made =
          make(row.h, past_caches ? also_write(std::true_type()) : also_write(std::false_type()));
    } else {
      made = add_up_row(row);
    }
    if (!pipelined || m + 1 == M) write_row(row, Row(o, m + 1 < M ? m + 1 : m), made);
  }
  if (past_caches) StreamFence();
}

// Normalizes all rows: add(h, sums) adds a batch to kSums sums, absent lanes of h being 0;
// make(h, sums) makes of a row and its sums what normalize(operands, h, n, lanes, made) makes a
// batch of y with.
template <int kSums, class Args, class Add, class Make, class Normalize>
inline void NormalizeRows(const Args& args, const float* beta, const Add& add, const Make& make,
                          const Normalize& normalize) {
  const std::size_t M = args.M, N = args.N;
  if (M == 0) return;
  Operands o = {args.x,
                args.ldx,
                args.added.bias,
                args.added.residual,
                args.added.ldr,
                args.added.sum,
                args.added.lds,
                args.y,
                args.ldy,
                args.gamma,
                beta,
                nullptr};
  if (o.residual == nullptr) {  // a bias is one, of the same row again and again
    o.residual = o.bias;
    o.ldr = 0;
    o.bias = nullptr;
  }
  if (o.residual == nullptr && o.sum != nullptr) {
    for (std::size_t m = 0; m < M; ++m) CopyRow(o.x + m * o.ldx, o.sum + m * o.lds, N);
    o.x = o.sum;
    o.ldx = o.lds;
  }
  RowsOnStack stack(o.y, N);
  if (N <= stack.kMost) o.waiting = stack.Add();
  // Not in place of sums, whose lines are in cache.
  const bool past_caches =
      (o.residual == nullptr || o.waiting != nullptr) && WritesPastCaches(args);
  if (past_caches && N <= kMostPipelined) {
    o.bias = stack.Copy(o.bias);
    o.gamma = stack.Copy(o.gamma);
    o.beta = stack.Copy(o.beta);
  }
  if (o.residual == nullptr) {
    NormalizeRowsOf<GivenRow, kSums>(o, M, N, past_caches, add, make, normalize);
  } else if (o.bias == nullptr) {
    NormalizeRowsOf<AddedRow<false>, kSums>(o, M, N, past_caches, add, make, normalize);
  } else {
    NormalizeRowsOf<AddedRow<true>, kSums>(o, M, N, past_caches, add, make, normalize);
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
