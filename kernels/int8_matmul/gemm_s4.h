// Matrix multiplication with 4-bit weights in groups along K, each with a scale of its own: a quarter
// to a seventh of the bytes of FP32, for products that wait for memory, such as one token at a time.
//
//   S[m, n] = sum over groups g of b_scale[n, g] * sum over k in g of x[m, k] * q[n, k]
//   C[m, n] = act(S[m, n] + bias[n]) * factor[m, n] + residual[m, n]   (each where it is given:
//                                                  ElementwiseF32 and `act` in activation.h)
//
// x  either f32 as it is ("weight-only"), M x K, or s8 with a scale per row and group:
//    x[m, k] = a_scales[m, g] * A[m, k], as quantize_groups_s8 makes it with the same group_size
// q  N x K, -8..7, packed two to a byte; b_scale in bfloat16 (4.5 bits a weight in groups of 32, 4.125
//    in groups of 128, all told)
// C  f32, M x N, row-major, row stride ldc >= N   (overwritten; holds partial sums meanwhile)
//
// group_size is a multiple of 32, at most 4096; the last group of a row may be shorter. Strides are in
// elements. Any alignment; `packed` 4-byte aligned. C must not overlap an input; K = 0 gives S = 0. Takes
// 80 KiB of stack.
// Exactness: with s8 activations every ISA gives bit-identical S: each group's sum is an exact integer,
// and the groups are added in their order, in f32, never fused. With f32 activations S is within
// (K + 2 groups + 16) * 2^-24 * sum over k of b_scale[n, g] * 15 * |x[m, k]| of the reference, which adds
// in FP64. What follows S gives the bits of bias_activation_f32 on the same ISA
// (fused_activation/bias_activation.h), which are those of every ISA but for a GELU or SiLU. Sources:
// Frantar et al., arXiv:2210.17323 (weight-only, groups), and the Q4_0 format of ggml (groups of 32
// against 8-bit activations).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/fused_activation/activation.h"

namespace podium {

// Quantizes weights: b_scale[n, g] = max over k in g of |B[n, k]| / 7, rounded up to bfloat16 (1 where
// all of them are 0); q = round(B / b_scale), to nearest even. Weights are finite. Ahead of time, so
// plain scalar code on every machine.
struct QuantizeS4Args {
  std::size_t N, K, group_size;
  const float* b;
  std::size_t ldb;  // >= K
  std::int8_t* q;   // N x K, contiguous, one value a byte, -7..7
  float* scales;    // N x ceil(K / group_size)
};
void QuantizeS4(const QuantizeS4Args& args);

// Number of bytes in the packed form; it depends on the ISA. Channels from n0 on, n0 a multiple of
// kPackedChannels (dense/gemm_f32.h), begin PackedS4Size(n0, K, group_size) bytes into it.
using PackedS4SizeFn = std::size_t(std::size_t N, std::size_t K, std::size_t group_size);

struct PackS4Args {
  std::size_t N, K, group_size;
  const std::int8_t* q;  // N x K, contiguous, -8..7
  const float* scales;   // N x ceil(K / group_size), each one a bfloat16
  std::int8_t* packed;
};
using PackS4Fn = void(const PackS4Args&);

struct GemmF32S4Args {
  std::size_t M, N, K, group_size;
  const float* a;
  std::size_t lda;
  const std::int8_t* packed_b;
  float* c;
  std::size_t ldc;
  const float* bias = nullptr;  // N, or null for none
  Activation activation = Activation::kNone;
  ElementwiseF32 then = {};
};
using GemmF32S4Fn = void(const GemmF32S4Args&);

struct GemmS8S4Args {
  std::size_t M, N, K, group_size;
  const std::int8_t* a;  // -127..127
  std::size_t lda;
  const float* a_scales;  // M x ceil(K / group_size)
  const std::int8_t* packed_b;
  float* c;
  std::size_t ldc;
  const float* bias = nullptr;  // N, or null for none
  Activation activation = Activation::kNone;
  ElementwiseF32 then = {};
};
using GemmS8S4Fn = void(const GemmS8S4Args&);

}  // namespace podium
