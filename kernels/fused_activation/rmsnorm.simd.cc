#include "kernels/fused_activation/rmsnorm.h"

#include <cmath>

#include "kernels/fused_activation/row.h"

namespace podium::PODIUM_ISA {

void RmsnormF32(const RmsnormF32Args& args) {
  const std::size_t block = NormRowsPerBlock(args);
  float scale[kMostRows];
  for (std::size_t m0 = 0; m0 < args.M; m0 += block) {
    const std::size_t rows = args.M - m0 < block ? args.M - m0 : block;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto square = [](F32 h) __attribute__((always_inline)) { return h * h; };
      const float squares = SumOfSummands(args, m0 + r, square);
      scale[r] = 1 / std::sqrt(squares / static_cast<float>(args.N) + args.epsilon);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t m = m0 + r;
      const float* h = NormalizedRow(args, m);
      float* y = args.y + m * args.ldy;
      const float* ahead = RowAhead(args.x + m * args.ldx, args.ldx, m, args.M, args.N, block);
      const float* y_ahead = RowAhead(y, args.ldy, m, args.M, args.N, block);
      ForEachBatch(
          args.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
            __builtin_prefetch(ahead + n);
            __builtin_prefetch(y_ahead + n, 1);
            lanes.Store(y + n, lanes.Load(h + n) * F32(scale[r]) * lanes.Load(args.gamma + n));
          });
    }
  }
}

}  // namespace podium::PODIUM_ISA
