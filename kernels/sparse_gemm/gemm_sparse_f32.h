// FP32 multiplication of a sparse weight matrix with dense activations.
//
//   Y[n, m] = sum over the stored k of W[n, k] * X[k, m]
//
// W  f32  N x K, sparse (sparse_view.h)    (weights, one row per output channel)
// X  f32  activations of M tokens, K channels each
// Y  f32  M tokens, N channels each        (overwritten)
//
// Layout of X and Y, strides in elements:
//   kFeatureMajor  X[k, m] = x[k * ldx + m], Y[n, m] = y[n * ldy + m]; ldx, ldy >= M. The tokens of
//                  a channel are contiguous, so that one stored weight meets a whole vector of them.
//   kTokenMajor    X[k, m] = x[m * ldx + k], Y[n, m] = y[m * ldy + n]; ldx >= K, ldy >= N. As the
//                  dense kernels have it; transposed on the way in and out, tile by tile.
//
// Any alignment. Y must not overlap X. Takes 550 KiB of stack. Fastest are 64 feature-major tokens with
// ldx = ldy = 64 and X at a multiple of 64 bytes, which is read where it is.
//
// Weights that are not stored take no part, so an infinity or NaN in X reaches only those rows of Y
// that store a weight for its k. Rounding: a sum of z products agrees with the reference (which
// adds in FP64) within (z + 1) * 2^-24 * sum over the stored k of |W[n, k] * X[k, m]| (Higham,
// Accuracy and Stability of Numerical Algorithms, section 3.1) as long as nothing underflows.
//
// The form of W is the same on every ISA. sparse_matrix.h makes it. On tiling such products for reuse
// in caches: Hong et al., "Adaptive sparse tiling for sparse matrix multiplication", PPoPP 2019.
#pragma once

#include <cstddef>

#include "kernels/sparse_gemm/sparse_view.h"

namespace podium {

template <class View>
struct GemmSparseF32Args {
  View w;
  std::size_t M;
  ActivationLayout layout;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
};

using GemmCsrF32Args = GemmSparseF32Args<CsrView>;
using GemmCsrF32Fn = void(const GemmCsrF32Args&);

using GemmBlock4x1F32Args = GemmSparseF32Args<Block4x1View>;
using GemmBlock4x1F32Fn = void(const GemmBlock4x1F32Args&);

}  // namespace podium
