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

inline void CopyRow(const float* from, float* to, std::size_t N) {
  ForEachBatch(
      N, [&](std::size_t n, auto lanes)
             __attribute__((always_inline)) { lanes.Store(to + n, lanes.Load(from + n)); });
}

// Rows of N <= kMost floats on the stack. In its page the first begins where y begins, others a
// little further on. For a load waits until earlier stores are done whose addresses agree with its
// own in the low 12 bits, and past the caches that takes long: where bias, gamma and beta lay some
// lines before y in their pages, a fifth was lost.
template <int kRows>
class RowsOnStack {
 public:
  static constexpr std::size_t kMost = 8192;

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
  alignas(64) float floats_[kRows * (kMost + kApart) + kPage];
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
// `waiting`, or if it is null in sum or, without one, where y will be.
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
  float* waiting;
  const float* gamma;
  const float* beta;
};

// Row m of what is normalized: h is where it lies once all of it was loaded.
struct GivenRow {
  const float* h;

  GivenRow(const Operands& o, std::size_t m) : h(o.x + m * o.ldx) {}
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    __builtin_prefetch(h + n + kPrefetchAhead);
    return lanes.Load(h + n);
  }
  template <bool kPastCaches, class Lanes>
  [[gnu::always_inline]] void KeepSum(std::size_t, F32, Lanes) const {}
};
template <bool kBias>
struct AddedRow {
  const float* x;
  const float* bias;
  const float* residual;
  float* sum;
  float* h;

  AddedRow(const Operands& o, std::size_t m)
      : x(o.x + m * o.ldx),
        bias(o.bias),
        residual(o.residual + m * o.ldr),
        sum(o.sum == nullptr ? nullptr : o.sum + m * o.lds),
        h(o.waiting != nullptr ? o.waiting
          : sum != nullptr     ? sum
                               : o.y + m * o.ldy) {}
  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    __builtin_prefetch(x + n + kPrefetchAhead / 2);
    __builtin_prefetch(residual + n + kPrefetchAhead / 2);
    F32 value = lanes.Load(x + n);
    if constexpr (kBias) value = value + lanes.Load(bias + n);
    value = value + lanes.Load(residual + n);
    lanes.Store(h + n, value);
    return value;
  }
  // Where h waits elsewhere.
  template <bool kPastCaches, class Lanes>
  [[gnu::always_inline]] void KeepSum(std::size_t n, F32 value, Lanes lanes) const {
    if (sum != nullptr) Write<kPastCaches>(sum + n, value, lanes);
  }
};

// While a row is added up, in the same loop, the one before it is normalized: so memory is read and
// written evenly, and what stands between the sums and the first result hides behind the next row.
template <class Row, int kSums, class Add, class Make, class Normalize>
[[gnu::always_inline]] inline void NormalizeRowsOf(const Operands& o, std::size_t M, std::size_t N,
                                                   bool past_caches, const Add& add,
                                                   const Make& make, const Normalize& normalize) {
  const Row first(o, 0);
  const auto add_up = [&](std::size_t n, auto lanes, F32(&sums)[kSums])
      __attribute__((always_inline)) {
    const F32 value = first.Load(n, lanes);
    if (past_caches) first.template KeepSum<false>(n, value, lanes);
    add(value, sums);
  };
  const float* h = first.h;
  auto made = make(h, SumOverRow<kSums, kChains>(N, add_up));
  float* y = o.y;
  for (std::size_t m = 1; m < M; ++m, y += o.ldy) {
    const Row row(o, m);
    const auto also_normalize = [&](auto past) __attribute__((always_inline)) {
      return SumOverRow<kSums, kChains>(
          N, [&](std::size_t n, auto lanes, F32(&sums)[kSums]) __attribute__((always_inline)) {
            const F32 before = lanes.Load(h + n);  // in whose place the row may come to wait
            const F32 value = row.Load(n, lanes);
            if constexpr (past()) row.template KeepSum<true>(n, value, lanes);
            add(value, sums);
            Write<past()>(y + n, normalize(o, before, n, lanes, made), lanes);
          });
    };
    const auto sums =
        past_caches ? also_normalize(std::true_type()) : also_normalize(std::false_type());
    h = row.h;
    made = make(h, sums);
  }
  ForEachBatch(
      N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
        lanes.Store(y + n, normalize(o, lanes.Load(h + n), n, lanes, made));
      });
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
  Operands o = {args.x,         args.ldx,       args.added.bias, args.added.residual,
                args.added.ldr, args.added.sum, args.added.lds,  args.y,
                args.ldy,       nullptr,        args.gamma,      beta};
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
  RowsOnStack<4> stack(o.y, N);
  const bool fits = N <= stack.kMost, past_caches = fits && WritesPastCaches(args);
  if (fits && (o.sum == nullptr || past_caches)) o.waiting = stack.Add();
  if (past_caches) {
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
