// Multiplication of an integer by a real number in fixed point, with one rounding: how the integer
// networks of TensorFlow Lite rescale their sums, bit for bit the same on every machine.
//
//   real                      ~= multiplier / 2^31 * 2^shift, 2^30 <= multiplier < 2^31
//   MultiplyFixedPoint(x, f)   = floor(x * f.multiplier / 2^(31 - f.shift) + 1/2)
//
// To the nearest integer, halves upwards; no other rounding, since the product has 64 bits. It is the
// rule of TensorFlow Lite's reference built with TFLITE_SINGLE_ROUNDING; without that option it
// rounds twice, after 31 bits and after the shift, and may differ by 1. gemm_u8s8u8 multiplies by a float
// of 24 bits and rounds halves to even: of a million results some differ from this.
// Source: Jacob et al., arXiv:1712.05877, section 2.2.
#pragma once

#include <bit>
#include <cstdint>

namespace podium {

struct FixedPoint {
  std::int32_t multiplier = 0;  // 0, or 2^30 .. 2^31 - 1
  std::int32_t shift = 0;       // -31..30
};

// The nearest to `real`, which is >= 0 and finite; 0 if it is below 2^-32, the largest if it is 2^30
// or more.
FixedPoint FixedPointOf(double real);

// Whether it is below a fourth, as what rescales a layer's sums mostly is: those are cheaper
// (simd/fixed_point.h).
constexpr bool IsSmall(FixedPoint factor) { return factor.multiplier == 0 || factor.shift <= -2; }

// The float nearest to it.
constexpr float RealOf(FixedPoint factor) {
  return static_cast<float>(factor.multiplier) *
         std::bit_cast<float>(static_cast<std::uint32_t>(factor.shift - 31 + 127) << 23);
}

// The result must fit an s32: |x| * real < 2^31.
std::int32_t MultiplyFixedPoint(std::int32_t x, FixedPoint factor);

}  // namespace podium
