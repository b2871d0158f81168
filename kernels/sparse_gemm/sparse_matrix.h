// Owning forms of the sparse matrices of gemm_sparse_f32.h, made from a dense one.
//
// B  f32  N x K, row-major, row stride ldb >= K
//
// A weight is stored if it is not +-0; a block if any of its weights is stored. N and K below 2^32,
// at most 2^32 - 1 weights or blocks. Done once, ahead of time, so plain scalar code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/sparse_gemm/gemm_sparse_f32.h"

namespace podium {

struct DenseView {
  std::size_t N, K;
  const float* b;
  std::size_t ldb;  // >= K
};

struct CsrMatrix {
  std::size_t N = 0, K = 0;
  std::vector<std::uint32_t> row_ptr;
  std::vector<std::uint32_t> col_idx;
  std::vector<float> values;

  CsrView view() const { return {N, K, row_ptr.data(), col_idx.data(), values.data()}; }
  std::size_t nnz() const { return values.size(); }  // weights stored
  std::size_t size_bytes() const;                    // values and all indices
};
CsrMatrix CsrFromDense(const DenseView& dense);

struct Block4x1Matrix {
  std::size_t N = 0, K = 0;
  std::vector<std::uint32_t> row_ptr;
  std::vector<std::uint32_t> col_idx;
  std::vector<float> values;

  Block4x1View view() const { return {N, K, row_ptr.data(), col_idx.data(), values.data()}; }
  std::size_t nnz() const { return values.size(); }  // weights stored, zeros within blocks too
  std::size_t size_bytes() const;                    // values and all indices
};
Block4x1Matrix Block4x1FromDense(const DenseView& dense);

}  // namespace podium
