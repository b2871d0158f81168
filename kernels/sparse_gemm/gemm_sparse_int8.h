// INT8 multiplication of a block-sparse weight matrix with dense activations, exact in 32 bits:
// pruning and quantization in one.
//
//   acc[m, n] = sum over the stored k of (A[m, k] - zero_point[m]) * W[n, k]
//   s32 form:  C[m, n] = acc[m, n], with zero_point = 0
//   f32 form:  C[m, n] = float(acc[m, n]) * (a_scale[m] * w_scales[n]) + bias[n]
//
// A  u8 or s8    activations of M tokens, K channels each: scale * (q - zero_point)
// W  s8          N x K, blocks of 1 output x 4 input channels   (sparse_view.h; w_scales[n] * q)
// C  s32 or f32  M tokens, N channels each   (overwritten)
//
// Layout of A and C, strides in elements:
//   kTokenMajor    A[m, k] = a[m * lda + k], C[m, n] = c[m * ldc + n]; lda >= K, ldc >= N
//   kFeatureMajor  A[m, k] = a[k * lda + m], C[m, n] = c[n * ldc + m]; lda, ldc >= M
//
// A block is what one lane of a dot-product instruction takes. Any
// alignment. C must not overlap A or W. K at most kMaxDepthInt8 (int8_matmul/gemm_int8.h). Takes
// 550 KiB of stack.
//
// Every ISA gives bit-identical results in both forms: what is not stored is a zero, so those of the
// dense kernels (int8_matmul/gemm_int8.h) of the same weights.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/int8_matmul/quantize_u8.h"
#include "kernels/sparse_gemm/sparse_view.h"

namespace podium {

template <class A>
struct GemmBlock1x4S32Args {
  Block1x4S8View w;
  const std::int32_t* row_sums;  // N: of the weights of each output channel
  std::size_t M;
  const A* a;
  std::size_t lda;
  std::int32_t* c;
  std::size_t ldc;
  ActivationLayout layout = ActivationLayout::kTokenMajor;
};

template <class A>
struct GemmBlock1x4F32Args {
  Block1x4S8View w;
  const std::int32_t* row_sums;  // N
  std::size_t M;
  const A* a;
  std::size_t lda;
  const AffineParams* a_params;  // of row m: a_params[m * a_params_stride]
  std::size_t a_params_stride;   // 0: one for the whole of A; 1: one per row
  const float* w_scales;         // N
  const float* bias;             // N, or null for none
  float* c;
  std::size_t ldc;
  ActivationLayout layout = ActivationLayout::kTokenMajor;
};

using GemmBlock1x4U8S8S32Fn = void(const GemmBlock1x4S32Args<std::uint8_t>&);
using GemmBlock1x4S8S8S32Fn = void(const GemmBlock1x4S32Args<std::int8_t>&);
using GemmBlock1x4U8S8F32Fn = void(const GemmBlock1x4F32Args<std::uint8_t>&);
using GemmBlock1x4S8S8F32Fn = void(const GemmBlock1x4F32Args<std::int8_t>&);

}  // namespace podium
