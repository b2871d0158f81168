// C = A * B^T with its inputs and its truth: what the dense and INT8 families measure variants of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/aligned.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

struct MatmulProblem {
  AlignedVector<float> a;                // M x K
  AlignedVector<float> b;                // N x K
  std::vector<double> truth;             // M x N, in FP64
  std::vector<double> a_norms, b_norms;  // of the rows
};

// Made once per shape.
std::shared_ptr<const MatmulProblem> SharedMatmulProblem(const MatmulShape& shape);

// M, N, K.
Keys MatmulKeys(const MatmulShape& shape);

// A row with what all variants of a shape share: work (2 * M * N * K under `work_name`), params,
// and the compulsory traffic of FP32 activations in and out and of weights of `size_bytes`.
Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes);

// The FP32 variant: kernels.gemm_f32 on weights packed ahead.
Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const KernelTable& kernels);

}  // namespace podium::bench
