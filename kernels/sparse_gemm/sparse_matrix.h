// Owning sparse matrices of sparse_view.h, made from dense ones.
//
// B  f32 or s8  N x K, row-major, row stride ldb >= K
//
// A block is stored if one of its weights is not +-0. K <= 2^32. Slices are as short as leaves
// segments long enough to be worth their start, given how many blocks there are. Done once, ahead
// of time, so plain scalar code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/sparse_gemm/sparse_view.h"

namespace podium {

template <class T>
struct DenseMatrix {
  std::size_t N, K;
  const T* b;
  std::size_t ldb;  // >= K
};
using DenseView = DenseMatrix<float>;

template <class View>
struct SparseMatrix {
  std::size_t N = 0, K = 0, slice_columns = 1;
  std::size_t nnz = 0;  // weights stored, zeros within blocks too
  std::vector<SparseSegment> segments;
  std::vector<std::uint16_t> col_idx;
  std::vector<typename View::Value> values;
  std::vector<std::uint16_t> masks;

  View view() const {
    return {N,
            K,
            slice_columns,
            segments.data(),
            col_idx.data(),
            values.data(),
            masks.empty() ? nullptr : masks.data()};
  }
  std::size_t size_bytes() const {  // values, indices, masks
    return segments.size() * sizeof(SparseSegment) +
           (col_idx.size() + masks.size()) * sizeof(std::uint16_t) +
           values.size() * sizeof(typename View::Value);
  }
};

using CsrMatrix = SparseMatrix<CsrView>;
using Block4x1Matrix = SparseMatrix<Block4x1View>;
using Block1x4S8Matrix = SparseMatrix<Block1x4S8View>;

CsrMatrix CsrFromDense(const DenseView& dense);
Block4x1Matrix Block4x1FromDense(const DenseView& dense);
Block1x4S8Matrix Block1x4S8FromDense(const DenseMatrix<std::int8_t>& dense);

// Of each row, the sum of its weights: what a zero point is multiplied by.
std::vector<std::int32_t> RowSums(const DenseMatrix<std::int8_t>& dense);

}  // namespace podium
