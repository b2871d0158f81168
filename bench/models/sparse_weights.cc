#include "bench/models/sparse_weights.h"

#include <utility>

namespace podium::models {
namespace {

template <class T>
DenseMatrix<T> Dense(const Tensor& t) {
  const std::size_t N = t.shape[0], K = t.size() / N;
  return {N, K, t.values<T>().data(), K};
}

std::size_t KeptOfFour(SparseFormat format) { return format == SparseFormat::kTwoOfFour ? 2 : 1; }

}  // namespace

std::size_t StoredBytes(const Tensor& t) {
  switch (t.sparse) {
    case SparseFormat::kNone:
      break;
    case SparseFormat::kCsr:
      return CsrFromDense(Dense<float>(t)).size_bytes();
    case SparseFormat::kBlock4x1:
      return Block4x1FromDense(Dense<float>(t)).size_bytes();
    case SparseFormat::kTwoOfFour:
    case SparseFormat::kOneOfFour: {
      // 4 bytes and 2 bits each.
      const auto [N, K, b, ldb] = Dense<float>(t);
      const std::size_t kept = N * ((K + 3) / 4) * KeptOfFour(t.sparse);
      return kept * sizeof(float) + (kept + 3) / 4;
    }
    case SparseFormat::kBlock1x4:
      return Block1x4S8FromDense(Dense<std::int8_t>(t)).size_bytes();
  }
  return t.data.size();
}

SparseFormat SmallerFormat(Tensor weights, SparseFormat format) {
  weights.sparse = format;
  return StoredBytes(weights) < weights.data.size() ? format : SparseFormat::kNone;
}

// From the break-evens of kernels/README.md, and a few measured on layers of 128 x 256 and less: the
// share that pays on every CPU measured, less a margin.
bool SparsePays(const Tensor& t, std::size_t M) {
  const double share = static_cast<double>(StoredBytes(t)) / static_cast<double>(t.data.size());
  const bool few = M < 8, some = M < 32;
  switch (t.sparse) {
    case SparseFormat::kNone:
      return false;
    case SparseFormat::kTwoOfFour:
    case SparseFormat::kOneOfFour:
      return true;            // lanes along N: with one row as with many
    case SparseFormat::kCsr:  // 6 bytes a weight, dense 4
      return !few && share < 1.5 * (some ? 0.25 : 0.40);
    case SparseFormat::kBlock4x1:  // 4.5
      return share < 1.13 * (few ? 0.30 : some ? 0.45 : 0.70);
    case SparseFormat::kBlock1x4:  // 1.5, dense 1; of small layers little is known
      return !some && share < 1.5 * (t.data.size() >= (1u << 18) ? 0.35 : 0.15);
  }
  return false;
}

SparseWeights::SparseWeights(const Tensor& t, const KernelTable& kernels)
    : kernels_(kernels), N_(t.shape[0]), K_(t.size() / N_), bytes_(StoredBytes(t)) {
  switch (t.sparse) {
    case SparseFormat::kNone:
    case SparseFormat::kCsr:
      form_ = CsrFromDense(Dense<float>(t));
      break;
    case SparseFormat::kBlock4x1:
      form_ = Block4x1FromDense(Dense<float>(t));
      break;
    case SparseFormat::kTwoOfFour:
    case SparseFormat::kOneOfFour: {
      const std::size_t keep = KeptOfFour(t.sparse);
      OfFour form = {keep, std::vector<float>(kernels.packed_nm_f32_size(N_, K_, keep))};
      kernels.pack_nm_f32({N_, K_, keep, t.values<float>().data(), K_, form.packed.data()});
      form_ = std::move(form);
      break;
    }
    case SparseFormat::kBlock1x4:
      form_ = Block1x4S8FromDense(Dense<std::int8_t>(t));
      row_sums_ = RowSums(Dense<std::int8_t>(t));
      bytes_ += row_sums_.size() * sizeof(std::int32_t);
      break;
  }
}

void SparseWeights::Multiply(std::size_t M, const float* a, std::size_t lda, float* y) const {
  constexpr ActivationLayout kLayout = ActivationLayout::kTokenMajor;
  if (const auto* csr = std::get_if<CsrMatrix>(&form_)) {
    kernels_.gemm_csr_f32({csr->view(), M, kLayout, a, lda, y, N_});
  } else if (const auto* blocks = std::get_if<Block4x1Matrix>(&form_)) {
    kernels_.gemm_block4x1_f32({blocks->view(), M, kLayout, a, lda, y, N_});
  } else {
    const auto& of_four = std::get<OfFour>(form_);
    kernels_.gemm_nm_f32({M, N_, K_, of_four.keep, a, lda, of_four.packed.data(), y, N_});
  }
}

void SparseWeights::Multiply(std::size_t M, const std::int8_t* a, std::size_t lda,
                             std::int32_t* y) const {
  kernels_.gemm_block1x4_s8s8s32(
      {std::get<Block1x4S8Matrix>(form_).view(), row_sums_.data(), M, a, lda, y, N_});
}

}  // namespace podium::models
