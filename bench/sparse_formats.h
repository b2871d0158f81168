// The sparse forms of a linear layer's weights that the suite measures: how each is pruned to a
// sparsity, stored and multiplied.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/aligned.h"
#include "bench/matmul_row.h"
#include "bench/register.h"

namespace podium::bench {

// The product of a workload by pruned weights, of the activations of SharedMatmulProblem, or of
// SharedInt8Problem.
struct SparseMatmul {
  Matmul<float> matmul;
  bool feature_major;  // C is N x M
  double nnz;          // weights stored
  // Is this the product by the pruned weights? `c` is M x N.
  std::function<absl::Status(std::span<const float> c)> check;

  // C as `matmul` has left it, M x N.
  AlignedVector<float> Result(const MatmulShape& shape, std::span<const float> c) const;
};

struct SparseFormat {
  std::string name;        // of the variant
  std::string techniques;  // comma-separated
  bool int8;               // its dense counterpart is DenseU8S8F32, not gemm_f32
  // Of weights of which `sparsity` percent are pruned. `workload` has one thread.
  std::function<SparseMatmul(const MatmulWorkload& workload, int sparsity,
                             const KernelTable& kernels)>
      make;
};

// Those that take any sparsity.
const std::vector<SparseFormat>& SparseFormats();

// N:M sparsity: of four neighbours along K one (75 %) or two (50 %) are kept.
std::vector<SparseFormat> NmFormats();

// gemm_u8s8f32 of the unpruned weights of SharedInt8Problem, without bias.
Matmul<float> DenseU8S8F32(const MatmulWorkload& workload, const KernelTable& kernels);

}  // namespace podium::bench
