#include "kernels/int8_matmul/quantize_u8.h"

#include <cassert>

#include "kernels/simd/convert.h"
#include "kernels/simd/partial.h"

namespace podium::PODIUM_ISA {
namespace {

I32 Quantize(F32 x, F32 scale, I32 zero_point) {
  // +-512 is beyond what any zero point brings back into 0..255, and fits the conversion.
  const F32 steps = xsimd::min(xsimd::max(x / scale, F32(-512.0f)), F32(512.0f));
  return RoundToInt(steps) + zero_point;
}

}  // namespace

void QuantizeU8(const QuantizeU8Args& args) {
  assert(args.params.scale > 0);
  const F32 scale(args.params.scale);
  const I32 zero_point(args.params.zero_point);
  std::size_t i = 0;
  for (; i + F32::size <= args.count; i += F32::size) {
    StoreClampedU8(args.q + i, Quantize(F32::load_unaligned(args.x + i), scale, zero_point));
  }
  const std::size_t rest = args.count - i;
  if (rest == 0) return;
  std::uint8_t tail[F32::size];
  StoreClampedU8(tail, Quantize(LoadPartial(args.x + i, rest), scale, zero_point));
  for (std::size_t j = 0; j < rest; ++j) args.q[i + j] = tail[j];
}

}  // namespace podium::PODIUM_ISA
