// FP32 matrix multiplication, C = A * B^T: the strong baseline every optimization is measured
// against.
//
//   C[m, n] = sum over k of A[m, k] * B[n, k]
//
// A  f32  M x K, row-major, row stride lda >= K   (activations, one row per token)
// B  f32  N x K, packed ahead of time             (weights, one row per output channel)
// C  f32  M x N, row-major, row stride ldc >= N   (overwritten)
//
// Strides are in elements. Any alignment. C must not overlap A or B; K = 0 gives zeros. Takes 270 KiB
// of stack.
// Rounding: the order of the K additions depends on the ISA and on M, so results agree with the
// reference (which adds in FP64) within K * 2^-24 * sum over k of |A[m, k] * B[n, k]|, the bound of
// Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
#pragma once

#include <cstddef>

namespace podium {

// Packed forms of all kinds can be cut at multiples of so many channels, for threads that each compute
// some of them.
inline constexpr std::size_t kPackedChannels = 64;

// Number of floats in the packed form of an N x K matrix. The form depends on the ISA: pack and
// multiply with functions of one KernelTable. Channels from n0 on, n0 a multiple of kPackedChannels,
// begin PackedF32Size(n0, K) floats into it.
using PackedF32SizeFn = std::size_t(std::size_t N, std::size_t K);

struct PackF32Args {
  std::size_t N, K;
  const float* b;
  std::size_t ldb;  // >= K
  float* packed;    // PackedF32Size(N, K) floats
};
using PackF32Fn = void(const PackF32Args&);

struct GemmF32Args {
  std::size_t M, N, K;
  const float* a;
  std::size_t lda;
  const float* packed_b;
  float* c;
  std::size_t ldc;
};
using GemmF32Fn = void(const GemmF32Args&);

}  // namespace podium
