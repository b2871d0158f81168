#include "kernels/int8_matmul/quantize_rows.h"

#include "kernels/simd/convert.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"

namespace podium::PODIUM_ISA {

QuantizeU8Fn QuantizeU8;

namespace {

struct Range {
  float lo, hi;  // lo <= 0 <= hi
};

Range RangeOf(const float* x, std::size_t count) {
  F32 lo(0.0f), hi(0.0f);  // of -x and of x: two maxima
  std::size_t i = 0;
  for (; i + F32::size <= count; i += F32::size) {
    const F32 v = F32::load_unaligned(x + i);
    lo = xsimd::max(lo, -v);
    hi = xsimd::max(hi, v);
  }
  const F32 v = LoadPartial(x + i, count - i);
  return {-ReduceMax(xsimd::max(lo, -v)), ReduceMax(xsimd::max(hi, v))};
}

}  // namespace

void QuantizeRowsU8(const QuantizeRowsU8Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* row = args.x + m * args.ldx;
    const Range range = RangeOf(row, args.K);
    args.params[m] = AffineParamsOfRange(range.lo, range.hi);
    QuantizeU8({args.K, row, args.params[m], args.q + m * args.ldq});
  }
}

void QuantizeGroupsS8(const QuantizeGroupsS8Args& args) {
  float* scale = args.scales;
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* row = args.x + m * args.ldx;
    std::int8_t* q = args.q + m * args.ldq;
    for (std::size_t k0 = 0; k0 < args.K; k0 += args.group_size, ++scale) {
      const std::size_t count = args.K - k0 < args.group_size ? args.K - k0 : args.group_size;
      const Range range = RangeOf(row + k0, count);
      const float largest = range.hi > -range.lo ? range.hi : -range.lo;
      *scale = largest / 127 > 0 ? largest / 127 : 1;
      for (std::size_t i = 0; i < count; i += F32::size) {
        const F32 v = LoadLanes<F32>(row + k0 + i, count - i) / F32(*scale);
        // |v| may be above 127.5 where the scale is a denormal.
        const F32 steps = xsimd::min(xsimd::max(v, F32(-127.0f)), F32(127.0f));
        StoreLowBytes(q + k0 + i, RoundToInt(steps), count - i);
      }
    }
  }
}

}  // namespace podium::PODIUM_ISA
