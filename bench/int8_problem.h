// C = A * B^T quantized to INT8, with its inputs and its truth: what the INT8 family and its peers
// measure variants of.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/aligned.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "kernels/int8_matmul/quantize_u8.h"

namespace podium::bench {

struct Int8Problem {
  std::shared_ptr<const MatmulProblem> f32;
  AffineParams params;               // of the activations, per tensor, from other inputs than these
  AlignedVector<std::uint8_t> a;     // M x K
  AlignedVector<std::int8_t> b;      // N x K
  AlignedVector<float> scales;       // N, of the weights
  AlignedVector<float> bias;         // N
  AlignedVector<std::int32_t> sums;  // M x N, sum over k of a[m, k] * b[n, k]
};

// Made once per shape.
std::shared_ptr<const Int8Problem> SharedInt8Problem(const MatmulShape& shape);

// A row of `matmul`, which multiplies the u8 and s8 operands of SharedInt8Problem(shape) into exact
// sums.
Row MakeMatmulU8S8S32(const MatmulShape& shape, const Matmul<std::int32_t>& matmul);

// What a row in FP32 must be equal to.
enum class Rounding {
  kOurs,   // the reference, bit for bit, as gemm_u8s8.h promises
  kOther,  // the reference up to another order of the same operations
};

// A row of `matmul`, whose result is `a_scale * b_scales[n] * (sum - a_zero_point * sum of b[n])`,
// and the bias where there is one.
Row MakeMatmulU8S8F32(const MatmulShape& shape, bool bias, Rounding rounding,
                      const Matmul<float>& matmul);

}  // namespace podium::bench
