// Requantization of 32-bit sums to 8 bits, in fixed point (fixed_point.h): what follows gemm_s8s8s32
// where a result has to be that of TensorFlow Lite, bit for bit.
//
//   Y[m, n] = clamp(MultiplyFixedPoint(X[m, n] + bias[n], factors[n]) + zero_point, y_min, y_max)
//
// X        s32  M x N, row-major, row stride ldx >= N
// bias     s32  N, or null for none   (with the zero point of what was multiplied folded in)
// factors       N of them, or one for all channels
// Y        s8   M x N, row-major, row stride ldy >= N   (overwritten; elements between rows are not)
//
// Strides are in elements. Any alignment. Y must not overlap an input. Every ISA gives bit-identical
// results. X + bias must not overflow, nor a scaled sum be 2^30 or more in magnitude.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/int8_matmul/fixed_point.h"

namespace podium {

struct RequantizeS8Args {
  std::size_t M, N;
  const std::int32_t* x;
  std::size_t ldx;
  const std::int32_t* bias;
  const FixedPoint* factors;
  std::size_t factors_stride;  // 1: one per channel; 0: one for all
  std::int32_t zero_point;
  std::int8_t y_min, y_max;
  std::int8_t* y;
  std::size_t ldy;
};
using RequantizeS8Fn = void(const RequantizeS8Args&);

}  // namespace podium
