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

// Of an N x K layer, whatever M is.
struct Int8Weights {
  AlignedVector<std::int8_t> b;       // N x K
  AlignedVector<float> scales, bias;  // N each
};

// Integers are exact, so every result can be checked nearly for free: a weighted sum of row m of C is
// sum over k of A[m, k] * (the weighted sum of column k of B) (Freivalds, Probabilistic machines can
// use less running time, 1977).
struct Int8Problem {
  std::shared_ptr<const MatmulProblem> f32;
  std::shared_ptr<const Int8Weights> weights;
  AffineParams params;            // of the activations, per tensor, from other inputs than these
  AlignedVector<std::uint8_t> a;  // M x K
  // Of every row, the sum of all columns with random 64-bit weights, modulo 2^64: a wrong row agrees
  // with probability 2^-32 at most.
  std::vector<std::uint64_t> checksums;
  // Some rows of the result in FP32, without bias, by the scalar reference: as many as 2^28 products
  // allow, and at least 8 (SpreadRows).
  std::vector<std::size_t> rows;
  std::vector<float> known;  // of `rows`, each N
};

// Made once per shape.
std::shared_ptr<const Int8Problem> SharedInt8Problem(const MatmulShape& shape);

// A row of `matmul`, which multiplies the u8 and s8 operands of SharedInt8Problem(workload.shape). Verified
// exactly, by the checksums.
Row MakeMatmulU8S8S32(const MatmulWorkload& workload, const Matmul<std::int32_t>& matmul);

// What a result in FP32 must be equal to.
enum class Rounding {
  kOurs,   // the reference, bit for bit, as gemm_int8.h promises
  kOther,  // the same operations in another order
};

// A row of `matmul`, whose result is a_scale * b_scales[n] * (sum - a_zero_point * sum of B[n]), plus
// the bias where there is one. Verified against the known rows, as `rounding` says, and in every row by
// a weighted sum in FP64, which a single element that is off by 1 % of a typical one upsets.
Row MakeMatmulU8S8F32(const MatmulWorkload& workload, bool bias, Rounding rounding,
                      const Matmul<float>& matmul);

}  // namespace podium::bench
