// C = A * B^T in FP32, with its inputs and its truth: what the dense family measures, and what the
// INT8 family starts from.
#pragma once

#include <memory>
#include <string>

#include "bench/aligned.h"
#include "bench/matmul_check.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

struct MatmulProblem {
  AlignedVector<float> a;                         // M x K
  std::shared_ptr<const AlignedVector<float>> b;  // N x K; the same for all M
  MatmulCheck check;
};

// Made once per shape.
std::shared_ptr<const MatmulProblem> SharedMatmulProblem(const MatmulShape& shape);

// A row of `matmul`, which multiplies the operands of SharedMatmulProblem(workload.shape).
Row MakeMatmulF32(const MatmulWorkload& workload, const std::string& work_name,
                  const Matmul<float>& matmul);

// The FP32 variant: kernels.gemm_f32.
Matmul<float> MatmulF32(const MatmulWorkload& workload, const KernelTable& kernels);

}  // namespace podium::bench
