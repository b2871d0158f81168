#include "kernels/fused_activation/softmax.h"

#include <cassert>
#include <cstring>
#include <limits>

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
// rows; with no more chains of additions than the bound on the sum's error asks for.
template <class Row>
[[gnu::always_inline]] inline float ExpRow(const Row& z, float shift, float* y, std::size_t N,
                                           const float* ahead) {
  const auto exp = [&](std::size_t n, auto lanes, F32(&sum)[1]) __attribute__((always_inline)) {
    __builtin_prefetch(ahead + n);
    const F32 e = ExpNonPositive(z.Load(n, lanes) - F32(shift));
    lanes.Store(y + n, e);
    sum[0] = sum[0] + lanes.Keep(e);
  };
  constexpr int kFew = static_cast<int>(16 / F32::size);
  return SumOverRow<1, kFew>(N, exp).of[0];
}

inline void ScaleRow(float* y, float scale, std::size_t N, const float* ahead) {
  ForEachBatch(
      N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
        __builtin_prefetch(ahead + n, 1);
        lanes.Store(y + n, lanes.Load(y + n) * F32(scale));
      });
}

// row_of(m) is the row of z.
template <class RowOf>
[[gnu::always_inline]] inline void SoftmaxRows(const SoftmaxF32Args& args, const RowOf& row_of) {
  const std::size_t block = RowsPerBlock(args.N);
  float shift[kMostRows], scale[kMostRows];
  std::size_t length[kMostRows];
  for (std::size_t m0 = 0; m0 < args.M; m0 += block) {
    const std::size_t rows = args.M - m0 < block ? args.M - m0 : block;
    float* y = args.y + m0 * args.ldy;
    for (std::size_t r = 0; r < rows; ++r) {
      length[r] =
          args.lengths == nullptr || args.lengths[m0 + r] > args.N ? args.N : args.lengths[m0 + r];
      shift[r] = Shift(LargestOf(row_of(m0 + r), length[r]));
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t m = m0 + r;
      const float* ahead = RowAhead(args.x + m * args.ldx, args.ldx, m, args.M, args.N, block);
      scale[r] = Scale(ExpRow(row_of(m), shift[r], y + r * args.ldy, length[r], ahead));
    }
    for (std::size_t r = 0; r < rows; ++r) {
      float* row = y + r * args.ldy;
      ScaleRow(row, scale[r], length[r], RowAhead(row, args.ldy, m0 + r, args.M, args.N, block));
      const std::size_t masked = args.N - length[r];
      if (masked > 0) std::memset(row + length[r], 0, masked * sizeof(float));
    }
  }
}

}  // namespace

void SoftmaxF32(const SoftmaxF32Args& args) {
  if (args.scale == 1 && args.mask == nullptr) {
    SoftmaxRows(args, [&](std::size_t m) { return PlainScores{args.x + m * args.ldx}; });
  } else {
    SoftmaxRows(args, [&](std::size_t m) {
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
    ScaleRow(y, Scale(args.row_sum[m]), p.N, y);
  }
}

}  // namespace podium::PODIUM_ISA
