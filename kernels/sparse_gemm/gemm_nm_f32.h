// FP32 matrix multiplication by weights of which at most `keep` of each four neighbours along K are
// not zero (N:M sparsity; Mishra et al., arXiv:2104.08378), C = A * B^T.
//
//   C[m, n] = sum over k of A[m, k] * B[n, k]
//
// A  f32  activations of M tokens, K channels each
// B  f32  N x K, packed                           (weights, one row per output channel)
// C  f32  M tokens, N channels each               (overwritten)
//
// Layout of A and C, strides in elements:
//   kTokenMajor    A[m, k] = a[m * lda + k], C[m, n] = c[m * ldc + n]; lda >= K, ldc >= N
//   kFeatureMajor  A[m, k] = a[k * lda + m], C[m, n] = c[n * ldc + m]; lda, ldc >= M. With 16
//                  tokens or fewer the slower one.
//
// A weight takes 4 bytes and 2 bits, which say where in its group it stands. A group of fewer
// weights than `keep` is filled with zeros, which meet some activation of it; so an infinity or NaN
// in A reaches at least the rows that have a weight for it. Any alignment; `packed` 4-byte aligned. C
// must not overlap A or B. Takes 300 KiB of stack.
//
// Rounding: as gemm_csr_f32 of the same weights (gemm_sparse_f32.h), with z = keep * ceil(K / 4).
#pragma once

#include <cstddef>

#include "kernels/sparse_gemm/sparse_view.h"

namespace podium {

// Number of floats in the packed form. It depends on the ISA: pack and multiply with functions of
// one KernelTable.
using PackedNmF32SizeFn = std::size_t(std::size_t N, std::size_t K, std::size_t keep);

struct PackNmF32Args {
  std::size_t N, K, keep;  // keep: 1 or 2
  const float* b;          // at most `keep` weights in each group, as PruneOfFour leaves it
  std::size_t ldb;         // >= K
  float* packed;
};
using PackNmF32Fn = void(const PackNmF32Args&);

struct GemmNmF32Args {
  std::size_t M, N, K, keep;
  const float* a;
  std::size_t lda;
  const float* packed_b;
  float* c;
  std::size_t ldc;
  ActivationLayout layout = ActivationLayout::kTokenMajor;
};
using GemmNmF32Fn = void(const GemmNmF32Args&);

}  // namespace podium
