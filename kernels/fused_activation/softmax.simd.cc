#include "kernels/fused_activation/softmax.h"

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

// y = exp(x - shift); returns the sum of y. Inlined, so that its constants are loaded once for all
// rows; with no more chains of additions than the bound on the sum's error asks for.
[[gnu::always_inline]] inline float ExpRow(const float* x, float shift, float* y, std::size_t N) {
  const auto exp = [&](std::size_t n, auto lanes, F32(&sum)[1]) __attribute__((always_inline)) {
    const F32 e = ExpNonPositive(lanes.Load(x + n) - F32(shift));
    lanes.Store(y + n, e);
    sum[0] = sum[0] + lanes.Keep(e);
  };
  constexpr int kFew = static_cast<int>(16 / F32::size);
  return SumOverRow<1, kFew>(N, exp).of[0];
}

inline void ScaleRow(float* y, float scale, std::size_t N) {
  ForEachBatch(
      N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
        lanes.Store(y + n, lanes.Load(y + n) * F32(scale));
      });
}

}  // namespace

void SoftmaxF32(const SoftmaxF32Args& args) {
  const std::size_t block = RowsPerBlock(args.N);
  float shift[kMostRows], scale[kMostRows];
  for (std::size_t m0 = 0; m0 < args.M; m0 += block) {
    const std::size_t rows = args.M - m0 < block ? args.M - m0 : block;
    const float* x = args.x + m0 * args.ldx;
    float* y = args.y + m0 * args.ldy;
    for (std::size_t r = 0; r < rows; ++r) shift[r] = Shift(RowMax(x + r * args.ldx, args.N));
    for (std::size_t r = 0; r < rows; ++r) {
      scale[r] = Scale(ExpRow(x + r * args.ldx, shift[r], y + r * args.ldy, args.N));
    }
    for (std::size_t r = 0; r < rows; ++r) ScaleRow(y + r * args.ldy, scale[r], args.N);
  }
}

void SoftmaxPassesF32(const SoftmaxPassesF32Args& args) {
  const SoftmaxF32Args& p = args.problem;
  for (std::size_t m = 0; m < p.M; ++m) args.row_max[m] = RowMax(p.x + m * p.ldx, p.N);
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
  for (std::size_t m = 0; m < p.M; ++m) ScaleRow(p.y + m * p.ldy, Scale(args.row_sum[m]), p.N);
}

}  // namespace podium::PODIUM_ISA
