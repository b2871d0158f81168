// FP32 matrix multiplication with the layer's bias and activation, and a product and a sum after
// them, applied to each tile of the result while it is in L1.
//
//   C[m, n] = act(bias[n] + sum over k of A[m, k] * B[n, k]) * factor[m, n] + residual[m, n]
//
// A                 f32  M x K, row-major, row stride lda >= K   (activations, one row per token)
// B                 f32  N x K, packed by pack_f32 of the same KernelTable (dense/gemm_f32.h)
// bias              f32  N, or null for none
// factor, residual  f32  M x N each, or null for none: ElementwiseF32 in activation.h
// C                 f32  M x N, row-major, row stride ldc >= N   (overwritten; holds partial sums
//                        meanwhile)
//
// Strides are in elements. Any alignment. C must not overlap an input; K = 0 gives act(bias). Takes
// 272 KiB of stack, gemm_f32 270 of them.
// The sum is bit for bit what gemm_f32 computes on the same ISA, and so is the whole that of
// gemm_f32 followed by bias_activation_f32. act and how exact it is: activation.h.
#pragma once

#include <cstddef>

#include "kernels/fused_activation/activation.h"

namespace podium {

struct GemmBiasActivationF32Args {
  std::size_t M, N, K;
  const float* a;
  std::size_t lda;
  const float* packed_b;
  const float* bias;
  Activation activation;
  float* c;
  std::size_t ldc;
  ElementwiseF32 then = {};
};
using GemmBiasActivationF32Fn = void(const GemmBiasActivationF32Args&);

}  // namespace podium
