// Sparse against dense FP32 matrix multiplication: what pruning the weights of one linear layer to
// a given sparsity (in percent) buys, and what it costs.
//
// dense     the weights before pruning: the baseline
// csr       magnitude pruning, compressed sparse rows
// block4x1  pruning by blocks of 4 output channels, in block form: faster, as one load of an
//           activation serves 4 weights, but other weights survive
//
// dense takes activations with a token's channels contiguous, as the dense kernel wants them, the
// others with a channel's tokens contiguous; each layer of a network hands on the layout it got.
//
// A row is verified against the FP64 product of the weights it multiplies. Its quality figures are
// against the product of the weights before pruning: they show the price of pruning, without the
// training that usually follows, and not an error of the kernel.
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/matmul_check.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/shared.h"
#include "kernels/sparse_gemm/prune.h"
#include "kernels/sparse_gemm/sparse_matrix.h"

namespace podium::bench {
namespace {

constexpr int kSparsities[] = {50, 70, 90, 95};  // percent

using PruneFn = void(const PruneArgs&);

struct PrunedProblem {
  std::shared_ptr<const MatmulProblem> unpruned;
  AlignedVector<float> b;  // N x K
  MatmulCheck check;       // of the product with `b`
};

std::shared_ptr<const PrunedProblem> SharedPrunedProblem(const MatmulShape& shape, int sparsity,
                                                         PruneFn* prune) {
  const auto [M, N, K] = shape;
  const auto key = std::tuple(M, N, K, sparsity, prune == PruneBlocks4x1);
  return Shared(key, [&, M = M, N = N, K = K] {
    const auto unpruned = SharedMatmulProblem(shape);
    AlignedVector<float> b = *unpruned->b;
    prune({.N = N, .K = K, .b = b.data(), .ldb = K, .sparsity = sparsity / 100.0});
    MatmulCheck check(M, N, K, unpruned->a, b);
    return PrunedProblem{.unpruned = unpruned, .b = std::move(b), .check = std::move(check)};
  });
}

// to[c, r] = from[r, c]
template <class From, class To>
void Transpose(std::size_t rows, std::size_t columns, const From& from, To& to) {
  to.resize(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  }
}

// `nnz` weights, stored in `size_bytes`.
Row SparseRow(const MatmulShape& shape, std::size_t nnz, std::size_t size_bytes) {
  const auto weights = static_cast<double>(nnz);
  Row row = MatmulRow(shape, "dense_ops", static_cast<double>(size_bytes),
                      sizeof(float) * (shape.M * shape.K + shape.M * shape.N));
  row.work.emplace_back("ops", 2 * static_cast<double>(shape.M) * weights);
  row.params = weights;
  return row;
}

// One of the sparse forms: CsrMatrix, made by CsrFromDense of weights pruned by PruneMagnitude and
// multiplied by `gemm`, or its counterpart of blocks.
template <class Matrix, class Args>
Row MakeSparse(const MatmulShape& shape, int sparsity, PruneFn* prune,
               Matrix (*from_dense)(const DenseView&), void (*gemm)(const Args&)) {
  struct State {
    std::shared_ptr<const PrunedProblem> problem;
    Matrix w;
    AlignedVector<float> x, y;
  };
  const auto [M, N, K] = shape;
  auto s = std::make_shared<State>();
  s->problem = SharedPrunedProblem(shape, sparsity, prune);
  s->w = from_dense({.N = N, .K = K, .b = s->problem->b.data(), .ldb = K});
  Transpose(M, K, s->problem->unpruned->a, s->x);
  s->y.resize(N * M);

  Row row = SparseRow(shape, s->w.nnz, s->w.size_bytes());
  row.operand_bytes = sizeof(float) * (M * K + M * N) + s->w.size_bytes();
  const Args args = {.w = s->w.view(),
                     .M = M,
                     .layout = ActivationLayout::kFeatureMajor,
                     .x = s->x.data(),
                     .ldx = M,
                     .y = s->y.data(),
                     .ldy = M};
  row.run = [s, args, gemm] { gemm(args); };
  const auto result = [s, M = M, N = N] {
    AlignedVector<float> c;
    Transpose(N, M, s->y, c);
    return c;
  };
  row.run();
  row.quality = s->problem->unpruned->check.QualityOf(result());
  row.verify = [s, result] { return s->problem->check.Check(result()); };
  return row;
}

void Register(const MatmulShape& shape, int sparsity) {
  Keys keys = MatmulKeys({shape});
  keys.insert(keys.begin(), {"sparsity", absl::StrCat(sparsity)});
  RegisterForEachIsa({.family = "sparse_gemm", .name = "dense", .techniques = "", .baseline = true},
                     keys, [=](const KernelTable& kernels) {
                       return MakeMatmulF32({shape}, "dense_ops", MatmulF32({shape}, kernels));
                     });
  RegisterForEachIsa(
      {.family = "sparse_gemm", .name = "csr", .techniques = "pruning", .baseline = false}, keys,
      [=](const KernelTable& kernels) {
        return MakeSparse(shape, sparsity, PruneMagnitude, CsrFromDense, kernels.gemm_csr_f32);
      });
  RegisterForEachIsa(
      {.family = "sparse_gemm", .name = "block4x1", .techniques = "pruning", .baseline = false},
      keys, [=](const KernelTable& kernels) {
        return MakeSparse(shape, sparsity, PruneBlocks4x1, Block4x1FromDense,
                          kernels.gemm_block4x1_f32);
      });
}

const bool kRegistered = [] {
  for (const MatmulShape& shape : kSparseShapes) {
    for (int sparsity : kSparsities) Register(shape, sparsity);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
