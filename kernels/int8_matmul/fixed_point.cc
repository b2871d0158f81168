#include "kernels/int8_matmul/fixed_point.h"

#include <cassert>
#include <cmath>

namespace podium {

FixedPoint FixedPointOf(double real) {
  assert(real >= 0 && std::isfinite(real));
  constexpr double kOne = 0x1p31;
  int shift = 0;
  double multiplier = std::round(std::frexp(real, &shift) * kOne);
  if (multiplier == kOne) {
    multiplier /= 2;
    ++shift;
  }
  if (multiplier == 0 || shift < -31) return {};
  if (shift > 30) return {.multiplier = INT32_MAX, .shift = 30};
  return {.multiplier = static_cast<std::int32_t>(multiplier), .shift = shift};
}

std::int32_t MultiplyFixedPoint(std::int32_t x, FixedPoint factor) {
  const int shift = 31 - factor.shift;
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return static_cast<std::int32_t>((std::int64_t{x} * factor.multiplier + half) >> shift);
}

}  // namespace podium
