// INT8 matrix multiplication with exact 32-bit accumulation, weights packed ahead of time.
//
//   acc[m, n] = sum over k of (A[m, k] - zero_point[m]) * B[n, k]
//   s32 form:  C[m, n] = acc[m, n], with zero_point = 0
//   f32 form:  C[m, n] = act(float(acc[m, n]) * (a_scale[m] * b_scales[n]) + bias[n])
//                        * factor[m, n] + residual[m, n]   (each where it is given: activation.h)
//   8-bit forms, "requantized":
//     u8       C[m, n] = clamp(round(float(acc[m, n] + bias[n]) * multipliers[n]) + c_zero_point)
//     s8       C[m, n] = clamp(MultiplyFixedPoint(acc[m, n] + bias[n], multipliers[n]) + c_zero_point),
//              as TensorFlow Lite's reference does (fixed_point.h); every multiplier IsSmall
//     either, with an activation, factor or residual, or a c_multiplier other than 1:
//              y[m, n] = act(float(acc[m, n] + bias[n]) * float(multipliers[n])) * factor[m, n]
//                        + residual[m, n]
//              C[m, n] = clamp(round(y[m, n] * c_multiplier) + c_zero_point)
//
// A  u8 or s8  M x K, row-major, row stride lda >= K   (activations: scale * (q - zero_point))
// B  s8        N x K, packed                           (weights: b_scales[n] * q)
// C  s32, f32, or the type of A; M x N, row-major, row stride ldc >= N   (overwritten)
//
// Strides are in elements. Any alignment; `packed` 4-byte aligned. C must not overlap A or B. Takes 270
// KiB of stack.
//
// Every ISA gives bit-identical results in all forms (with a GELU or SiLU: within the bound of
// activation.h, which in the 8-bit forms is seldom more than a tie decided the other way). The sums are
// exact while |acc + bias| < 2^31, whatever the order, so at least while K <= 65793
// (255 * 128 * K < 2^31) in the s32 form. f32 values are rounded after each operation, never fused; the
// u8 form and y round their last product once, to the nearest integer and ties to even. `float` above
// is exact below 2^24. Source: Jacob et al., arXiv:1712.05877, equation 7.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/fused_activation/activation.h"
#include "kernels/int8_matmul/fixed_point.h"
#include "kernels/int8_matmul/quantize_u8.h"

namespace podium {

inline constexpr std::size_t kMaxDepthInt8 = 65793;

// Number of bytes in the packed form of an N x K matrix: panels of weights, each with the sums of its
// rows, which zero points need. The form depends on the ISA: pack and multiply with functions of one
// KernelTable. Channels from n0 on, n0 a multiple of kPackedChannels (dense/gemm_f32.h), begin
// PackedS8Size(n0, K) bytes into it.
using PackedS8SizeFn = std::size_t(std::size_t N, std::size_t K);

struct PackS8Args {
  std::size_t N, K;
  const std::int8_t* b;
  std::size_t ldb;  // >= K
  std::int8_t* packed;
};
using PackS8Fn = void(const PackS8Args&);

template <class A>
struct GemmInt8S32Args {
  std::size_t M, N, K;
  const A* a;
  std::size_t lda;
  const std::int8_t* packed_b;
  std::int32_t* c;
  std::size_t ldc;
};

template <class A>
struct GemmInt8F32Args {
  std::size_t M, N, K;
  const A* a;
  std::size_t lda;
  const AffineParams* a_params;  // of row m: a_params[m * a_params_stride]
  std::size_t a_params_stride;   // 0: one for the whole of A; 1: one per row
  const std::int8_t* packed_b;
  const float* b_scales;  // N
  const float* bias;      // N, or null for none
  Activation activation;
  float* c;
  std::size_t ldc;
  ElementwiseF32 then = {};
};

// A and Multiplier: std::uint8_t and float, or std::int8_t and FixedPoint.
template <class A, class Multiplier>
struct GemmInt8RequantizedArgs {
  std::size_t M, N, K;
  const A* a;
  std::size_t lda;
  std::int32_t a_zero_point;
  const std::int8_t* packed_b;
  const std::int32_t* bias;  // N, in units of a_scale * b_scales[n]; or null for none
  // N: a_scale * b_scales[n] / c_scale; where there is a y, a_scale * b_scales[n]
  const Multiplier* multipliers;
  std::int32_t c_zero_point;
  A c_min, c_max;  // the clamp: the type's range, or such as c_zero_point up for a ReLU
  A* c;
  std::size_t ldc;
  Activation activation = Activation::kNone;
  ElementwiseF32 then = {};  // finite values
  float c_multiplier = 1;    // where y is: 1 / c_scale
};
using GemmU8S8U8Args = GemmInt8RequantizedArgs<std::uint8_t, float>;
using GemmS8S8S8Args = GemmInt8RequantizedArgs<std::int8_t, FixedPoint>;

using GemmU8S8S32Fn = void(const GemmInt8S32Args<std::uint8_t>&);
using GemmS8S8S32Fn = void(const GemmInt8S32Args<std::int8_t>&);
using GemmU8S8F32Fn = void(const GemmInt8F32Args<std::uint8_t>&);
using GemmS8S8F32Fn = void(const GemmInt8F32Args<std::int8_t>&);
using GemmU8S8U8Fn = void(const GemmU8S8U8Args&);
using GemmS8S8S8Fn = void(const GemmS8S8S8Args&);

}  // namespace podium
