#include "kernels/int8_matmul/quantize_u8.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace podium {

AffineParams AffineParamsOfRange(float lo, float hi) {
  assert(std::isfinite(lo) && std::isfinite(hi) && lo <= 0 && hi >= 0);
  // The quotients cannot overflow where hi - lo would.
  const float scale = (hi / 255) - (lo / 255);
  if (!(scale > 0)) return {1, 0};
  return {scale, static_cast<std::int32_t>(std::clamp(std::nearbyint(-lo / scale), 0.0f, 255.0f))};
}

AffineParams ChooseAffineParams(const float* x, std::size_t count) {
  float lo = 0, hi = 0;
  for (std::size_t i = 0; i < count; ++i) {
    lo = std::min(lo, x[i]);
    hi = std::max(hi, x[i]);
  }
  return AffineParamsOfRange(lo, hi);
}

namespace reference {

void QuantizeU8(const QuantizeU8Args& args) {
  assert(args.params.scale > 0);
  for (std::size_t i = 0; i < args.count; ++i) {
    const float q = std::nearbyint(args.x[i] / args.params.scale) + args.params.zero_point;
    args.q[i] = static_cast<std::uint8_t>(std::clamp(q, 0.0f, 255.0f));
  }
}

}  // namespace reference
}  // namespace podium
