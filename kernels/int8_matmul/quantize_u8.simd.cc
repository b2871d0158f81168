#include "kernels/int8_matmul/quantize_u8.h"

#include <cassert>

#include "kernels/simd/partial.h"

namespace podium::PODIUM_ISA {
namespace {

I32 Quantize(F32 x, F32 scale, F32 zero_point) {
  // nearbyint rounds to nearest even; the clamp comes before the conversion, which would overflow.
  const F32 q = xsimd::nearbyint(x / scale) + zero_point;
  return xsimd::to_int(xsimd::min(xsimd::max(q, F32(0.0f)), F32(255.0f)));
}

void StoreBytes(std::uint8_t* q, I32 x, std::size_t count) {
  std::int32_t lanes[I32::size];
  x.store_unaligned(lanes);
  for (std::size_t i = 0; i < count; ++i) q[i] = static_cast<std::uint8_t>(lanes[i]);
}

}  // namespace

void QuantizeU8(const QuantizeU8Args& args) {
  assert(args.params.scale > 0);
  const F32 scale(args.params.scale);
  const F32 zero_point(static_cast<float>(args.params.zero_point));
  std::size_t i = 0;
  for (; i + F32::size <= args.count; i += F32::size) {
    StoreBytes(args.q + i, Quantize(F32::load_unaligned(args.x + i), scale, zero_point), F32::size);
  }
  const std::size_t rest = args.count - i;
  StoreBytes(args.q + i, Quantize(LoadPartial(args.x + i, rest), scale, zero_point), rest);
}

}  // namespace podium::PODIUM_ISA
