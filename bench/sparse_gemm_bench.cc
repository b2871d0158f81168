// Sparse against dense matrix multiplication: what pruning the weights of one linear layer to a
// given sparsity (in percent) buys, and what it costs.
//
// dense                 FP32, the weights before pruning: the baseline
// csr                   magnitude pruning, K-blocked compressed sparse rows
// block4x1              pruning by blocks of 4 output channels x 1 input channel: faster, as one
//                       load of an activation serves 4 weights, but other weights survive
// csr_token_major, block4x1_token_major
//                       the same on activations as `dense` has them, with a token's channels
//                       contiguous; csr and block4x1 have a channel's tokens contiguous, in and out
// nm, nm_feature_major  2:4 and 1:4 sparsity: what is kept of each four neighbours along K
// u8s8f32               INT8, the weights before pruning, on activations that are u8 already
// block1x4_u8s8f32, block1x4_u8s8f32_feature_major
//                       pruning by blocks of 1 x 4 and quantization
//
// A row is verified against the product of the weights it multiplies. Its quality figures are
// against the FP64 product of the weights before pruning: they show the price of pruning, without
// the training that usually follows, and not an error of the kernel. `ops` counts stored weights,
// `dense_ops` all.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/int8_problem.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/sparse_formats.h"

namespace podium::bench {
namespace {

constexpr int kSparsities[] = {50, 65, 70, 75, 90, 95};  // percent; 65 of one token only

Row MakeSparse(const SparseFormat& format, const MatmulWorkload& workload, int sparsity,
               const KernelTable& kernels) {
  const SparseMatmul sparse = format.make(workload, sparsity, kernels);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(workload, "dense_ops", sparse.matmul, c);
  row.work.emplace_back("ops", 2 * static_cast<double>(workload.shape.M) * sparse.nnz);
  row.params = sparse.nnz;
  const auto result = [=] { return sparse.Result(workload.shape, *c); };
  row.run();
  row.quality = SharedMatmulProblem(workload.shape)->check.QualityOf(result());
  row.verify = [=] { return sparse.check(result()); };
  return row;
}

void Register(const MatmulWorkload& workload, int sparsity) {
  Keys keys = MatmulKeys(workload);
  keys.insert(keys.begin(), {"sparsity", absl::StrCat(sparsity)});
  RegisterForEachIsa({.family = "sparse_gemm", .name = "dense", .techniques = "", .baseline = true},
                     keys, [=](const KernelTable& kernels) {
                       return MakeMatmulF32(workload, "dense_ops", MatmulF32(workload, kernels));
                     });
  RegisterForEachIsa({.family = "sparse_gemm", .name = "u8s8f32", .techniques = "quantization"},
                     keys, [=](const KernelTable& kernels) {
                       Row row = MakeMatmulU8S8F32(workload, /*bias=*/false, Rounding::kOurs,
                                                   DenseU8S8F32(workload, kernels));
                       row.work[0].first = "dense_ops";
                       return row;
                     });
  std::vector<SparseFormat> formats = SparseFormats();
  if (sparsity == 50 || sparsity == 75) {
    for (const SparseFormat& format : NmFormats()) formats.push_back(format);
  }
  for (const SparseFormat& format : formats) {
    RegisterForEachIsa(
        {.family = "sparse_gemm", .name = format.name, .techniques = format.techniques}, keys,
        [=](const KernelTable& kernels) {
          return MakeSparse(format, workload, sparsity, kernels);
        });
  }
}

const bool kRegistered = [] {
  for (const MatmulShape& shape : kSparseShapes) {
    for (int sparsity : kSparsities) {
      if (sparsity == 65 && shape.M > 1) continue;
      Register({.shape = shape, .cold_weights = shape.M == 1}, sparsity);
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
