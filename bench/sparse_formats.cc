#include "bench/sparse_formats.h"

#include <cassert>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/int8_problem.h"
#include "bench/matmul_check.h"
#include "bench/matmul_problem.h"
#include "bench/shared.h"
#include "kernels/int8_matmul/quantize_s8.h"
#include "kernels/sparse_gemm/prune.h"
#include "kernels/sparse_gemm/sparse_matrix.h"

namespace podium::bench {
namespace {

using PruneFn = void(const PruneArgs&);

void PruneHalfOrMore(const PruneArgs& args) {
  PruneOfFour({args.N, args.K, args.b, args.ldb, args.sparsity > 0.5 ? 1u : 2u});
}

auto Key(const MatmulShape& shape, int sparsity, PruneFn* prune) {
  return std::tuple(shape.M, shape.N, shape.K, sparsity, reinterpret_cast<std::uintptr_t>(prune));
}

using Weights = std::shared_ptr<const AlignedVector<float>>;

// The weights of an N x K layer, pruned; the same for all M.
Weights PrunedWeights(MatmulShape shape, int sparsity, PruneFn* prune) {
  const Weights unpruned = SharedMatmulProblem(shape)->b;
  shape.M = 0;
  return Shared(Key(shape, sparsity, prune), [&] {
    AlignedVector<float> b = *unpruned;
    prune({shape.N, shape.K, b.data(), shape.K, sparsity / 100.0});
    return b;
  });
}

// Against FP64, which is only computed for a row that is verified.
std::function<absl::Status(std::span<const float>)> CheckF32(const MatmulShape& shape, int sparsity,
                                                             PruneFn* prune, const Weights& b) {
  return [=](std::span<const float> c) {
    const auto check = Shared(Key(shape, sparsity, prune), [&] {
      return MatmulCheck(shape.M, shape.N, shape.K, SharedMatmulProblem(shape)->a, *b);
    });
    return check->Check(c);
  };
}

// The arrays of a sparse matrix, one after the other.
template <class View>
class Stored {
 public:
  explicit Stored(SparseMatrix<View> matrix)
      : matrix_(std::make_shared<const SparseMatrix<View>>(std::move(matrix))),
        col_idx_(Aligned(matrix_->segments.size() * sizeof(SparseSegment))),
        masks_(col_idx_ + Aligned(matrix_->col_idx.size() * sizeof(std::uint16_t))),
        values_(masks_ + Aligned(matrix_->masks.size() * sizeof(std::uint16_t))),
        bytes_(values_ + Aligned(matrix_->values.size() * sizeof(typename View::Value))) {}

  const SparseMatrix<View>& matrix() const { return *matrix_; }

  // Everything but a_bytes and `bind`.
  Matmul<float> Describe() const {
    return {.size_bytes = static_cast<double>(matrix_->size_bytes()),
            .packed_bytes = bytes_,
            .a_bytes = 0,
            .pack =
                [self = *this](std::byte* to) {
                  Copy(self.matrix_->segments, to);
                  Copy(self.matrix_->col_idx, to + self.col_idx_);
                  Copy(self.matrix_->masks, to + self.masks_);
                  Copy(self.matrix_->values, to + self.values_);
                },
            .bind = nullptr};
  }

  View ViewOf(const std::byte* from) const {
    View view = matrix_->view();
    view.segments = reinterpret_cast<const SparseSegment*>(from);
    view.col_idx = reinterpret_cast<const std::uint16_t*>(from + col_idx_);
    if (view.masks != nullptr) view.masks = reinterpret_cast<const std::uint16_t*>(from + masks_);
    view.values = reinterpret_cast<const typename View::Value*>(from + values_);
    return view;
  }

 private:
  static std::size_t Aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
  template <class T>
  static void Copy(const std::vector<T>& from, std::byte* to) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size() * sizeof(T));
  }

  std::shared_ptr<const SparseMatrix<View>> matrix_;
  std::size_t col_idx_, masks_, values_, bytes_;
};

// to[c, r] = from[r, c]
template <class T>
AlignedVector<T> Transposed(std::size_t rows, std::size_t columns, std::span<const T> from) {
  AlignedVector<T> to(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  }
  return to;
}

// Activations of M tokens, K channels each, in that layout.
template <class T>
std::shared_ptr<const AlignedVector<T>> LaidOut(const MatmulShape& shape, ActivationLayout layout,
                                                const AlignedVector<T>& a) {
  return std::make_shared<const AlignedVector<T>>(
      layout == ActivationLayout::kFeatureMajor
          ? Transposed(shape.M, shape.K, std::span<const T>(a))
          : a);
}

template <class View>
SparseFormat F32Format(const std::string& name, ActivationLayout layout, PruneFn* prune,
                       SparseMatrix<View> (*from_dense)(const DenseView&),
                       void (*KernelTable::*gemm)(const GemmSparseF32Args<View>&)) {
  const auto make = [=](const MatmulWorkload& workload, int sparsity, const KernelTable& kernels) {
    const auto [M, N, K] = workload.shape;
    const bool feature_major = layout == ActivationLayout::kFeatureMajor;
    const Weights b = PrunedWeights(workload.shape, sparsity, prune);
    const Stored<View> stored(from_dense({.N = N, .K = K, .b = b->data(), .ldb = K}));
    const auto problem = SharedMatmulProblem(workload.shape);
    const auto x = LaidOut(workload.shape, layout, problem->a);
    Matmul<float> matmul = stored.Describe();
    matmul.a_bytes = sizeof(float) * M * K;
    matmul.bind = [=, M = M, N = N, K = K, &kernels](const std::byte* packed, float* c) {
      const GemmSparseF32Args<View> args = {.w = stored.ViewOf(packed),
                                            .M = M,
                                            .layout = layout,
                                            .x = x->data(),
                                            .ldx = feature_major ? M : K,
                                            .y = c,
                                            .ldy = feature_major ? M : N};
      return [x, args, fn = kernels.*gemm] { fn(args); };
    };
    return SparseMatmul{.matmul = matmul,
                        .feature_major = feature_major,
                        .nnz = static_cast<double>(stored.matrix().nnz),
                        .check = CheckF32(workload.shape, sparsity, prune, b)};
  };
  return {.name = name, .techniques = "pruning", .int8 = false, .make = make};
}

// Blocks of 1 x 4, pruned and then quantized per channel.
SparseMatmul MakeBlock1x4U8S8F32(ActivationLayout layout, const MatmulWorkload& workload,
                                 int sparsity, const KernelTable& kernels) {
  struct Int8 {
    AlignedVector<std::int8_t> b;
    AlignedVector<float> scales;
    std::vector<std::int32_t> row_sums;
  };
  const auto [M, N, K] = workload.shape;
  const Weights f32 = PrunedWeights(workload.shape, sparsity, PruneBlocks1x4);
  const auto w = std::make_shared<Int8>();
  w->b.resize(N * K);
  w->scales.resize(N);
  QuantizeS8PerChannel({N, K, f32->data(), K, w->b.data(), w->scales.data()});
  w->row_sums = RowSums({N, K, w->b.data(), K});
  const Stored<Block1x4S8View> stored(Block1x4S8FromDense({N, K, w->b.data(), K}));
  const auto problem = SharedInt8Problem(workload.shape);
  const bool feature_major = layout == ActivationLayout::kFeatureMajor;
  const auto a = LaidOut(workload.shape, layout, problem->a);
  Matmul<float> matmul = stored.Describe();
  matmul.size_bytes += static_cast<double>(N * (sizeof(float) + sizeof(std::int32_t)));
  matmul.a_bytes = M * K;
  matmul.bind = [=, M = M, N = N, K = K, &kernels](const std::byte* packed, float* c) {
    const GemmBlock1x4F32Args<std::uint8_t> args = {.w = stored.ViewOf(packed),
                                                    .row_sums = w->row_sums.data(),
                                                    .M = M,
                                                    .a = a->data(),
                                                    .lda = feature_major ? M : K,
                                                    .a_params = &problem->params,
                                                    .a_params_stride = 0,
                                                    .w_scales = w->scales.data(),
                                                    .bias = nullptr,
                                                    .c = c,
                                                    .ldc = feature_major ? M : N,
                                                    .layout = layout};
    return [problem, a, w, args, fn = kernels.gemm_block1x4_u8s8f32] { fn(args); };
  };
  // Bit for bit the product of the scalar reference.
  const auto check = [=, M = M, N = N, K = K](std::span<const float> c) -> absl::Status {
    const KernelTable& reference = ReferenceKernels();
    std::vector<float> want(N);
    for (const std::size_t m : SpreadRows(M, 16)) {
      reference.gemm_u8s8f32({.M = 1,
                              .N = N,
                              .K = K,
                              .a = problem->a.data() + m * K,
                              .lda = K,
                              .a_params = &problem->params,
                              .a_params_stride = 0,
                              .packed_b = w->b.data(),
                              .b_scales = w->scales.data(),
                              .bias = nullptr,
                              .activation = Activation::kNone,
                              .c = want.data(),
                              .ldc = N});
      for (std::size_t n = 0; n < N; ++n) {
        if (c[m * N + n] == want[n]) continue;
        return absl::InternalError(
            absl::StrCat("C[", m, ", ", n, "] = ", c[m * N + n], ", the reference says ", want[n]));
      }
    }
    return absl::OkStatus();
  };
  return {.matmul = matmul,
          .feature_major = feature_major,
          .nnz = static_cast<double>(stored.matrix().nnz),
          .check = check};
}

SparseMatmul MakeNm(ActivationLayout layout, const MatmulWorkload& workload, int sparsity,
                    const KernelTable& kernels) {
  assert(sparsity == 50 || sparsity == 75);
  const auto [M, N, K] = workload.shape;
  const std::size_t keep = sparsity == 50 ? 2 : 1;
  const Weights b = PrunedWeights(workload.shape, sparsity, PruneHalfOrMore);
  const bool feature_major = layout == ActivationLayout::kFeatureMajor;
  const auto a = LaidOut(workload.shape, layout, SharedMatmulProblem(workload.shape)->a);
  const std::size_t bytes = sizeof(float) * kernels.packed_nm_f32_size(N, K, keep);
  const auto pack = [=, N = N, K = K, &kernels](std::byte* packed) {
    kernels.pack_nm_f32({.N = N,
                         .K = K,
                         .keep = keep,
                         .b = b->data(),
                         .ldb = K,
                         .packed = reinterpret_cast<float*>(packed)});
  };
  const auto bind = [=, M = M, N = N, K = K, &kernels](const std::byte* packed, float* c) {
    const GemmNmF32Args args = {.M = M,
                                .N = N,
                                .K = K,
                                .keep = keep,
                                .a = a->data(),
                                .lda = feature_major ? M : K,
                                .packed_b = reinterpret_cast<const float*>(packed),
                                .c = c,
                                .ldc = feature_major ? M : N,
                                .layout = layout};
    return [a, args, fn = kernels.gemm_nm_f32] { fn(args); };
  };
  return {.matmul = {.size_bytes = static_cast<double>(bytes),
                     .packed_bytes = bytes,
                     .a_bytes = sizeof(float) * M * K,
                     .pack = pack,
                     .bind = bind},
          .feature_major = feature_major,
          .nnz = static_cast<double>(N * K * keep / 4),
          .check = CheckF32(workload.shape, sparsity, PruneHalfOrMore, b)};
}

}  // namespace

AlignedVector<float> SparseMatmul::Result(const MatmulShape& shape,
                                          std::span<const float> c) const {
  return feature_major ? Transposed(shape.N, shape.M, c) : AlignedVector<float>(c.begin(), c.end());
}

const std::vector<SparseFormat>& SparseFormats() {
  using Layout = ActivationLayout;
  static const auto* const formats = new std::vector<SparseFormat>{
      F32Format<CsrView>("csr", Layout::kFeatureMajor, PruneMagnitude, CsrFromDense,
                         &KernelTable::gemm_csr_f32),
      F32Format<CsrView>("csr_token_major", Layout::kTokenMajor, PruneMagnitude, CsrFromDense,
                         &KernelTable::gemm_csr_f32),
      F32Format<Block4x1View>("block4x1", Layout::kFeatureMajor, PruneBlocks4x1, Block4x1FromDense,
                              &KernelTable::gemm_block4x1_f32),
      F32Format<Block4x1View>("block4x1_token_major", Layout::kTokenMajor, PruneBlocks4x1,
                              Block4x1FromDense, &KernelTable::gemm_block4x1_f32),
      {.name = "block1x4_u8s8f32",
       .techniques = "pruning,quantization",
       .int8 = true,
       .make = std::bind_front(MakeBlock1x4U8S8F32, Layout::kTokenMajor)},
      {.name = "block1x4_u8s8f32_feature_major",
       .techniques = "pruning,quantization",
       .int8 = true,
       .make = std::bind_front(MakeBlock1x4U8S8F32, Layout::kFeatureMajor)}};
  return *formats;
}

std::vector<SparseFormat> NmFormats() {
  using Layout = ActivationLayout;
  return {{.name = "nm",
           .techniques = "pruning",
           .int8 = false,
           .make = std::bind_front(MakeNm, Layout::kTokenMajor)},
          {.name = "nm_feature_major",
           .techniques = "pruning",
           .int8 = false,
           .make = std::bind_front(MakeNm, Layout::kFeatureMajor)}};
}

Matmul<float> DenseU8S8F32(const MatmulWorkload& workload, const KernelTable& kernels) {
  const auto [M, N, K] = workload.shape;
  const auto problem = SharedInt8Problem(workload.shape);
  const auto pack = [=, N = N, K = K, &kernels](std::byte* packed) {
    kernels.pack_s8({N, K, problem->weights->b.data(), K, reinterpret_cast<std::int8_t*>(packed)});
  };
  const auto bind = [=, M = M, N = N, K = K, &kernels](const std::byte* packed, float* c) {
    const GemmInt8F32Args<std::uint8_t> args = {
        .M = M,
        .N = N,
        .K = K,
        .a = problem->a.data(),
        .lda = K,
        .a_params = &problem->params,
        .a_params_stride = 0,
        .packed_b = reinterpret_cast<const std::int8_t*>(packed),
        .b_scales = problem->weights->scales.data(),
        .bias = nullptr,
        .activation = Activation::kNone,
        .c = c,
        .ldc = N};
    return [problem, args, fn = kernels.gemm_u8s8f32] { fn(args); };
  };
  return {.size_bytes = static_cast<double>(N * K + sizeof(float) * N),
          .packed_bytes = kernels.packed_s8_size(N, K),
          .a_bytes = M * K,
          .pack = pack,
          .bind = bind};
}

}  // namespace podium::bench
