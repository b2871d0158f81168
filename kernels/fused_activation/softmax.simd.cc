#include "kernels/fused_activation/softmax.h"

#include <cassert>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

// What is subtracted from each x. For a row that is masked throughout, or empty, 0: then
// exp(-infinity - 0) is 0 and not NaN.
inline float Shift(float row_max) {
  return row_max == -std::numeric_limits<float>::infinity() ? 0 : row_max;
}
inline float Scale(float row_sum) { return row_sum == 0 ? 0 : 1 / row_sum; }

// Row m of z.
struct Scores {
  const float* x;
  const float* mask;
  float scale;

  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    const F32 scaled = lanes.Load(x + n) * F32(scale);
    return mask == nullptr ? scaled : scaled + lanes.Load(mask + n);
  }
};
// The same without scale and mask.
struct PlainScores {
  const float* x;

  template <class Lanes>
  [[gnu::always_inline]] F32 Load(std::size_t n, Lanes lanes) const {
    return lanes.Load(x + n);
  }
};

template <class Row>
[[gnu::always_inline]] inline float LargestOf(const Row& z, std::size_t N) {
  return LargestOfRow(
      N, [&](std::size_t n, auto lanes)
             __attribute__((always_inline)) { return z.Load(n, lanes); });
}

// y = exp(z - shift); returns the sum of y. Inlined, so that its constants are loaded once for all
// rows; with no more chains of additions than the bound on the sum's error asks for. While it is at
// it, calls also(n, lanes) for each batch.
template <class Row, class Also>
[[gnu::always_inline]] inline float ExpRow(const Row& z, float shift, float* y, std::size_t N,
                                           const Also& also) {
  const auto exp = [&](std::size_t n, auto lanes, F32(&sum)[1]) __attribute__((always_inline)) {
    also(n, lanes);
    const F32 e = ExpNonPositive(z.Load(n, lanes) - F32(shift));
    lanes.Store(y + n, e);
    sum[0] = sum[0] + lanes.Keep(e);
  };
  constexpr int kFew = static_cast<int>(16 / F32::size);
  return SumOverRow<1, kFew>(N, exp).of[0];
}

// y = scale * e
inline void ScaleRow(const float* e, float scale, float* y, std::size_t N) {
  ForEachBatch(
      N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
        lanes.Store(y + n, lanes.Load(e + n) * F32(scale));
      });
}

// row_of(m) is the row of z.
template <class RowOf>
[[gnu::always_inline]] inline void SoftmaxRowByRow(const SoftmaxF32Args& args,
                                                   const RowOf& row_of) {
  const auto nothing = [](std::size_t, auto) __attribute__((always_inline)){};
  for (std::size_t m = 0; m < args.M; ++m) {
    const bool whole = args.lengths == nullptr || args.lengths[m] > args.N;
    const std::size_t length = whole ? args.N : args.lengths[m];
    float* y = args.y + m * args.ldy;
    const float shift = Shift(LargestOf(row_of(m), length));
    ScaleRow(y, Scale(ExpRow(row_of(m), shift, y, length, nothing)), y, length);
    if (length < args.N) std::memset(y + length, 0, (args.N - length) * sizeof(float));
  }
}

// Whole rows, so short that all of this stays in L1: the loop that takes the exponentials of a row also
// scales the row before it and finds the largest of the second after it. So nothing waits for the
// latency at the end of a maximum or a sum, and memory is read and written evenly. It is prefetched a
// row ahead, for hardware prefetchers stop at the end of a page, which is where rows tend to end.
// Exponentials wait on the stack, not in y, whose lines are still on their way.
constexpr std::size_t kMostWaiting = 4096;

template <class RowOf>
[[gnu::always_inline]] inline void SoftmaxOfWholeRows(const SoftmaxF32Args& args,
                                                      const RowOf& row_of) {
  const std::size_t M = args.M, N = args.N;
  if (M == 0) return;
  alignas(64) float waiting[2][kMostWaiting];
  const auto row_or_last = [M](std::size_t m) { return m < M ? m : M - 1; };
  // Of this row and the next.
  float shift[2] = {Shift(LargestOf(row_of(0), N)), Shift(LargestOf(row_of(row_or_last(1)), N))};
  float scale = 0;  // of the row before
  for (std::size_t m = 0; m < M; ++m) {
    const auto second = row_of(row_or_last(m + 2));
    const float* x_ahead = args.x + row_or_last(m + 3) * args.ldx;
    float* y = args.y + m * args.ldy;
    float* y_before = m == 0 ? y : y - args.ldy;
    const float* before = waiting[(m + 1) % 2];
    F32 largest(-std::numeric_limits<float>::infinity());
    const auto look_ahead = [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
      __builtin_prefetch(x_ahead + n);
      __builtin_prefetch(y + n, 1);
      if constexpr (std::is_same_v<decltype(lanes), AllLanes>) {
        largest = xsimd::max(largest, second.Load(n, lanes));
      }
    };
    const auto also_scale = [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
      look_ahead(n, lanes);
      lanes.Store(y_before + n, lanes.Load(before + n) * F32(scale));
    };
    float* e = waiting[m % 2];
    scale = Scale(m == 0 ? ExpRow(row_of(m), shift[0], e, N, look_ahead)
                         : ExpRow(row_of(m), shift[0], e, N, also_scale));
    // The last batch overlaps the one before: to compare a value twice does no harm.
    largest = xsimd::max(largest, second.Load(N - F32::size, AllLanes()));
    shift[0] = shift[1];
    shift[1] = Shift(ReduceMax(largest));
  }
  ScaleRow(waiting[(M - 1) % 2], scale, args.y + (M - 1) * args.ldy, N);
}

template <class RowOf>
[[gnu::always_inline]] inline void Softmax(const SoftmaxF32Args& args, const RowOf& row_of) {
  if (args.lengths == nullptr && args.N >= F32::size && args.N <= kMostWaiting) {
    SoftmaxOfWholeRows(args, row_of);
  } else {
    SoftmaxRowByRow(args, row_of);
  }
}

}  // namespace

void SoftmaxF32(const SoftmaxF32Args& args) {
  if (args.scale == 1 && args.mask == nullptr) {
    Softmax(args, [&](std::size_t m) { return PlainScores{args.x + m * args.ldx}; });
  } else {
    Softmax(args, [&](std::size_t m) {
      const float* mask = args.mask == nullptr ? nullptr : args.mask + m * args.ldm;
      return Scores{args.x + m * args.ldx, mask, args.scale};
    });
  }
}

void SoftmaxPassesF32(const SoftmaxPassesF32Args& args) {
  const SoftmaxF32Args& p = args.problem;
  assert(p.scale == 1 && p.mask == nullptr && p.lengths == nullptr);
  for (std::size_t m = 0; m < p.M; ++m)
    args.row_max[m] = LargestOf(PlainScores{p.x + m * p.ldx}, p.N);
  for (std::size_t m = 0; m < p.M; ++m) {
    const float* x = p.x + m * p.ldx;
    float* y = p.y + m * p.ldy;
    const F32 shift(Shift(args.row_max[m]));
    ForEachBatch(
        p.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          lanes.Store(y + n, ExpNonPositive(lanes.Load(x + n) - shift));
        });
  }
  for (std::size_t m = 0; m < p.M; ++m) args.row_sum[m] = RowSum(p.y + m * p.ldy, p.N);
  for (std::size_t m = 0; m < p.M; ++m) {
    float* y = p.y + m * p.ldy;
    ScaleRow(y, Scale(args.row_sum[m]), y, p.N);
  }
}

}  // namespace podium::PODIUM_ISA
