// Depthwise convolution: each channel with a filter of its own, the layer between the matrix
// multiplications of MobileNet-like networks.
//
//   sum[i, j, c] = sum over p < KH, q < KW of X[i * stride_h - pad_top + p, j * stride_w - pad_left + q, c]
//                                             * W[p, q, c]
//   f32 form:  Y = act(bias[c] + sum), X outside of the image is 0, act is kNone or kRelu
//   s8 form:   Y = clamp(MultiplyFixedPoint(bias[c] + sum, factors[c]) + zero_point, y_min, y_max),
//              X outside of the image is `padding`, that is X's zero point, whose part of the sum the
//              caller has folded into the bias
//
// X  H x W x C, Y  OH x OW x C (overwritten), W  KH x KW x C, all contiguous, channels innermost
//
// Any alignment. Y must not overlap an input. (KH + 1) * KW <= 2 * kMaxDepthwiseTaps. The s8 form takes
// 34 KiB of stack; it is bit-identical on every ISA while the sums fit as requantize_s8.h says. The f32
// form adds taps in order, in FP32: within (taps + 1) * 2^-24 * sum |X W| + |bias| of the reference, which adds in FP64.
// Source: Howard et al., arXiv:1704.04861, section 3.1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/fused_activation/activation.h"
#include "kernels/int8_matmul/fixed_point.h"

namespace podium {

inline constexpr std::size_t kMaxDepthwiseTaps = 128;

struct DepthwiseShape {
  std::size_t H, W, C;
  std::size_t KH, KW;
  std::size_t stride_h, stride_w;
  std::size_t pad_top, pad_left;
  std::size_t OH, OW;
};

struct DepthwiseF32Args {
  DepthwiseShape shape;
  const float* x;
  const float* w;
  const float* bias;  // C
  Activation activation;
  float* y;
};
using DepthwiseF32Fn = void(const DepthwiseF32Args&);

// Weights, bias and factors in the order in which the s8 form wants them, which depends on the ISA: pack
// and compute with functions of one KernelTable. 64-byte aligned.
struct PackDepthwiseS8Args {
  std::size_t KH, KW, C;
  const std::int8_t* w;
  const std::int32_t* bias;   // C
  const FixedPoint* factors;  // C
  std::byte* packed;          // PackedDepthwiseS8Size(KH, KW, C) bytes
};
using PackedDepthwiseS8SizeFn = std::size_t(std::size_t KH, std::size_t KW, std::size_t C);
using PackDepthwiseS8Fn = void(const PackDepthwiseS8Args&);

struct DepthwiseS8Args {
  DepthwiseShape shape;
  const std::int8_t* x;
  std::int8_t padding;
  const std::byte* packed;
  std::int32_t zero_point;
  std::int8_t y_min, y_max;
  std::int8_t* y;
};
using DepthwiseS8Fn = void(const DepthwiseS8Args&);

}  // namespace podium
