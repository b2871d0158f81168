#include "kernels/int8_matmul/requantize_s8.h"

#include "kernels/simd/convert.h"
#include "kernels/simd/fixed_point.h"
#include "kernels/simd/partial.h"

namespace podium::PODIUM_ISA {
namespace {

// Columns n to n + count, count <= I32::size: their factors stay in registers for all rows.
void RequantizeColumns(const RequantizeS8Args& args, std::size_t n, std::size_t count) {
  FixedPointLanes lanes;
  for (std::size_t i = 0; i < I32::size; ++i) {
    const std::size_t channel = n + (i < count ? i : 0);
    lanes.Set(i, args.factors[channel * args.factors_stride]);
  }
  const FixedPointFactors factors(lanes);
  const I32 bias = args.bias == nullptr ? I32(0) : LoadLanes<I32>(args.bias + n, count);
  const I32 zero_point(args.zero_point), lo(args.y_min), hi(args.y_max);
  for (std::size_t m = 0; m < args.M; ++m) {
    const I32 sums = LoadLanes<I32>(args.x + m * args.ldx + n, count) + bias;
    const I32 q = xsimd::min(xsimd::max(factors.Multiply(sums) + zero_point, lo), hi);
    StoreLowBytes(args.y + m * args.ldy + n, q, count);
  }
}

// One factor for all channels: they stay in registers along a row.
void RequantizeRows(const RequantizeS8Args& args) {
  FixedPointLanes lanes;
  for (std::size_t i = 0; i < I32::size; ++i) lanes.Set(i, args.factors[0]);
  const FixedPointFactors factors(lanes);
  const I32 zero_point(args.zero_point), lo(args.y_min), hi(args.y_max);
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; n += I32::size) {
      const std::size_t count = args.N - n;
      I32 sums = LoadLanes<I32>(args.x + m * args.ldx + n, count);
      if (args.bias != nullptr) sums = sums + LoadLanes<I32>(args.bias + n, count);
      const I32 q = xsimd::min(xsimd::max(factors.Multiply(sums) + zero_point, lo), hi);
      StoreLowBytes(args.y + m * args.ldy + n, q, count);
    }
  }
}

}  // namespace

void RequantizeS8(const RequantizeS8Args& args) {
  if (args.factors_stride == 0) return RequantizeRows(args);
  for (std::size_t n = 0; n < args.N; n += I32::size) {
    RequantizeColumns(args, n, args.N - n);
  }
}

}  // namespace podium::PODIUM_ISA
