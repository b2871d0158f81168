// A matrix multiplication and what follows it in a layer: inputs, truth, and what all of their rows
// share, whatever computes them.
#pragma once

#include <memory>

#include "bench/aligned.h"
#include "bench/matmul_problem.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

struct EpilogueProblem {
  std::shared_ptr<const MatmulProblem> matmul;
  AlignedVector<float> bias;    // N; of gemm_swiglu zeros
  AlignedVector<float> second;  // M x N: the residual, or what the gate multiplies; of others empty
  std::vector<double> truth;    // M x N
};

std::shared_ptr<const EpilogueProblem> SharedEpilogueProblem(const EpilogueShape& shape);

// op, M, N, K.
Keys EpilogueKeys(const EpilogueShape& shape);

// A row of `matmul`, which multiplies, adds the bias, and does what else belongs to the operation.
Row MakeEpilogueRow(const EpilogueShape& shape, const Matmul<float>& matmul);

}  // namespace podium::bench
