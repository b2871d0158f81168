// FP32 multiplication of a sparse weight matrix with dense activations, Y = W * X.
//
//   Y[n, m] = sum over the stored k of W[n, k] * X[k, m]
//
// W  f32  N x K, sparse, in one of the two forms below   (weights, one row per output channel)
// X  f32  K x M, row-major, row stride ldx >= M           (activations, one row per input channel)
// Y  f32  N x M, row-major, row stride ldy >= M           (overwritten)
//
// Activations are feature-major: the M tokens of a channel are contiguous, so that one stored
// weight meets a whole vector of them. Strides are in elements. Any alignment. Y must not overlap
// X.
//
// Weights that are not stored take no part, so an infinity or NaN in X reaches only those rows of Y
// that store a weight for its k. Rounding: a sum of z products agrees with the reference (which
// adds in FP64) within (z + 1) * 2^-24 * sum over the stored k of |W[n, k] * X[k, m]| (Higham,
// Accuracy and Stability of Numerical Algorithms, section 3.1) as long as nothing underflows.
//
// Both forms are the same on every ISA. sparse_matrix.h makes them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

// Compressed sparse rows: the stored weights of row n are values[i], in column col_idx[i], for
// row_ptr[n] <= i < row_ptr[n + 1]; columns ascend within a row. At most 2^32 - 1 weights.
struct CsrView {
  std::size_t N, K;
  const std::uint32_t* row_ptr;  // N + 1
  const std::uint32_t* col_idx;
  const float* values;
};

// The output channels a block of the block form spans.
inline constexpr std::size_t kBlockRows = 4;

// Blocks of 4 output channels x 1 input channel: block row b spans the channels 4 b .. 4 b + 3. Its
// blocks are those i with row_ptr[b] <= i < row_ptr[b + 1]; block i stands in column col_idx[i],
// ascending within a block row, and its weights are values[4 i .. 4 i + 3], one per channel. Where
// the last block row spans more than N channels, the weights beyond are stored, and ignored.
struct Block4x1View {
  std::size_t N, K;
  const std::uint32_t* row_ptr;  // ceil(N / 4) + 1
  const std::uint32_t* col_idx;
  const float* values;
};

struct GemmCsrF32Args {
  CsrView w;
  std::size_t M;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
};
using GemmCsrF32Fn = void(const GemmCsrF32Args&);

struct GemmBlock4x1F32Args {
  Block4x1View w;
  std::size_t M;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
};
using GemmBlock4x1F32Fn = void(const GemmBlock4x1F32Args&);

}  // namespace podium
