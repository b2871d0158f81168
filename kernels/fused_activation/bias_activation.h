// Bias and activation over a matrix: in one pass, and as the two passes of a graph without fusion,
// which are the baseline.
//
//   bias_activation_f32   y[m, n] = act(x[m, n] + bias[n])
//   bias_f32              y[m, n] = x[m, n] + bias[n]
//   activation_f32        y[m, n] = act(x[m, n])
//
// x     f32  M x N, row-major, row stride ldx >= N
// bias  f32  N
// y     f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows are not)
//
// Strides are in elements. Any alignment. y may be x (with ldy = ldx); otherwise it must not
// overlap any input. The sum is rounded to f32 once, so one pass and two give the same bits on one
// ISA. act and how exact it is: activation.h.
#pragma once

#include <cstddef>

#include "kernels/fused_activation/activation.h"

namespace podium {

struct BiasActivationF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  const float* bias;
  Activation activation;
  float* y;
  std::size_t ldy;
};
using BiasActivationF32Fn = void(const BiasActivationF32Args&);

struct BiasF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  const float* bias;
  float* y;
  std::size_t ldy;
};
using BiasF32Fn = void(const BiasF32Args&);

struct ActivationF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  Activation activation;
  float* y;
  std::size_t ldy;
};
using ActivationF32Fn = void(const ActivationF32Args&);

}  // namespace podium
