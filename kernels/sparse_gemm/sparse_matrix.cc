#include "kernels/sparse_gemm/sparse_matrix.h"

#include <cassert>
#include <limits>

namespace podium {
namespace {

// Both forms are rows of blocks of `kRows` weights; `Matrix` is one of the two.
template <std::size_t kRows, class Matrix>
Matrix FromDense(const DenseView& dense) {
  [[maybe_unused]] constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max();
  assert(dense.K <= kMax);
  Matrix matrix;
  matrix.N = dense.N;
  matrix.K = dense.K;
  matrix.row_ptr.push_back(0);
  for (std::size_t n = 0; n < dense.N; n += kRows) {
    for (std::size_t k = 0; k < dense.K; ++k) {
      float block[kRows];
      bool stored = false;
      for (std::size_t r = 0; r < kRows; ++r) {
        block[r] = n + r < dense.N ? dense.b[(n + r) * dense.ldb + k] : 0;
        stored = stored || block[r] != 0;
      }
      if (!stored) continue;
      matrix.col_idx.push_back(static_cast<std::uint32_t>(k));
      matrix.values.insert(matrix.values.end(), block, block + kRows);
    }
    assert(matrix.col_idx.size() <= kMax);
    matrix.row_ptr.push_back(static_cast<std::uint32_t>(matrix.col_idx.size()));
  }
  return matrix;
}

template <class Matrix>
std::size_t SizeBytes(const Matrix& matrix) {
  return (matrix.row_ptr.size() + matrix.col_idx.size()) * sizeof(std::uint32_t) +
         matrix.values.size() * sizeof(float);
}

}  // namespace

std::size_t CsrMatrix::size_bytes() const { return SizeBytes(*this); }
std::size_t Block4x1Matrix::size_bytes() const { return SizeBytes(*this); }

CsrMatrix CsrFromDense(const DenseView& dense) { return FromDense<1, CsrMatrix>(dense); }

Block4x1Matrix Block4x1FromDense(const DenseView& dense) {
  return FromDense<kBlockRows, Block4x1Matrix>(dense);
}

}  // namespace podium
