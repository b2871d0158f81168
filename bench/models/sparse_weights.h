// Pruned weights of a matrix multiplication: in which form they are stored, how many bytes that takes, and
// whether a product by that form is faster than by all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "bench/models/graph.h"
#include "kernels/kernel_table.h"
#include "kernels/sparse_gemm/sparse_matrix.h"

namespace podium::models {

// Bytes of N x K weights, N the first dimension, as `weights.sparse` says; without their scales.
std::size_t StoredBytes(const Tensor& weights);

// `format`, or kNone where that takes no fewer bytes.
SparseFormat SmallerFormat(Tensor weights, SparseFormat format);

// Whether the sparse kernel is taken to be faster than the dense one with M rows of activations: a rule from
// measured break-evens, so that what runs does not depend on the moment.
bool SparsePays(const Tensor& weights, std::size_t M);

// Ready to be multiplied by. y[m, n] = sum over k of a[m, k] * w[n, k], exactly in s8.
class SparseWeights {
 public:
  SparseWeights(const Tensor& weights, const KernelTable& kernels);

  std::size_t bytes() const { return bytes_; }
  void Multiply(std::size_t M, const float* a, std::size_t lda, float* y) const;
  void Multiply(std::size_t M, const std::int8_t* a, std::size_t lda, std::int32_t* y) const;

 private:
  struct OfFour {
    std::size_t keep;
    std::vector<float> packed;
  };

  const KernelTable& kernels_;
  std::size_t N_, K_, bytes_;
  std::variant<CsrMatrix, Block4x1Matrix, OfFour, Block1x4S8Matrix> form_;
  std::vector<std::int32_t> row_sums_;  // of s8
};

}  // namespace podium::models
