// INT8 matrix multiplication with exact 32-bit accumulation, weights packed ahead of time.
//
//   acc[m, n] = sum over k of A[m, k] * B[n, k]
//   s32 form:  C[m, n] = acc[m, n]
//   f32 form:  C[m, n] = float(acc[m, n] - a_zero_point * sum over k of B[n, k])
//                        * (a_scale * b_scales[n]) + bias[n]
//
// A  u8   M x K, row-major, row stride lda >= K   (activations: a_scale * (q - a_zero_point))
// B  s8   N x K, packed                           (weights: b_scales[n] * q)
// C  s32 or f32, M x N, row-major, row stride ldc >= N   (overwritten)
//
// Strides are in elements. Any alignment; `packed` 4-byte aligned. C must not overlap A or B; while
// the f32 form runs it may hold 32-bit sums.
// Every ISA gives bit-identical results in both forms: the sums are exact while K <= 65793
// (255 * 128 * K < 2^31), and the f32 form rounds after each of its operations, never fused.
// Source: Jacob et al., arXiv:1712.05877, equation 7.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

inline constexpr std::size_t kMaxDepthU8S8 = 65793;

// Number of bytes in the packed form of an N x K matrix: the weights in panels, then the N row sums
// that the zero point needs. The form depends on the ISA: pack and multiply with functions of one
// KernelTable.
using PackedS8SizeFn = std::size_t(std::size_t N, std::size_t K);

struct PackS8Args {
  std::size_t N, K;
  const std::int8_t* b;
  std::size_t ldb;  // >= K
  std::int8_t* packed;
};
using PackS8Fn = void(const PackS8Args&);

struct GemmU8S8S32Args {
  std::size_t M, N, K;
  const std::uint8_t* a;
  std::size_t lda;
  const std::int8_t* packed_b;
  std::int32_t* c;
  std::size_t ldc;
};
using GemmU8S8S32Fn = void(const GemmU8S8S32Args&);

struct GemmU8S8F32Args {
  std::size_t M, N, K;
  const std::uint8_t* a;
  std::size_t lda;
  float a_scale;
  std::int32_t a_zero_point;  // 0..255
  const std::int8_t* packed_b;
  const float* b_scales;  // N
  const float* bias;      // N, or null for none
  float* c;
  std::size_t ldc;
};
using GemmU8S8F32Fn = void(const GemmU8S8F32Args&);

}  // namespace podium
