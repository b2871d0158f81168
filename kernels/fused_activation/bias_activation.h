// Bias, activation, product and sum over a matrix: in one pass, and as the passes of a graph
// without fusion, which are the baseline.
//
//   bias_activation_f32   y[m, n] = act(x[m, n] + bias[n]) * factor[m, n] + residual[m, n]
//   bias_f32              y[m, n] = x[m, n] + bias[n]
//   activation_f32        y[m, n] = act(x[m, n])
//
// x                 f32  M x N, row-major, row stride ldx >= N
// bias              f32  N; null for none, in bias_activation_f32
// factor, residual  f32  M x N each, or null for none: ElementwiseF32 in activation.h
// y                 f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between
//                        rows are not)
//
// Strides are in elements. Any alignment. y may be x, factor or residual (with the same stride);
// otherwise it must not overlap any input. Each operation rounds once, so one pass and several give
// the same bits on one ISA; with bias or activation alone, or factor or residual alone,
// bias_activation_f32 is itself such a pass. act and how exact it is: activation.h.
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
  ElementwiseF32 then = {};
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
