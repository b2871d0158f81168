// Operations on the rows of a matrix: their inputs, their truth, and what all of their rows share,
// whatever computes them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/aligned.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

inline constexpr float kNormEpsilon = 1e-5f;  // of layernorm and RMSNorm, as in GPT-2 and Llama

struct RowsProblem {
  AlignedVector<float> x;       // rows x cols; of swiglu the gate
  AlignedVector<float> second;  // rows x cols: the residual, the mask, or what the gate multiplies
  AlignedVector<float> bias, gamma, beta;  // cols
  std::vector<double> truth;               // rows x cols
};

// What an iteration writes: y, rows x cols, what a norm sums up first, as much, and what its
// separate passes leave between them, `rows` each.
struct RowsBuffers {
  AlignedVector<float> y, sum, stats[3];
};

using RunRows = void(const KernelTable&, const RowsShape&, const RowsProblem&, RowsBuffers&);

// The operation in one pass over memory.
RunRows RunRowsFused;

std::shared_ptr<const RowsProblem> SharedRowsProblem(const RowsShape& shape);

// op, rows, cols.
Keys RowsKeys(const RowsShape& shape);

// run(problem, buffers) is one iteration.
Row MakeRows(const RowsShape& shape,
             const std::function<void(const RowsProblem&, RowsBuffers&)>& run);

// Where a result differs from the truth by over ten times what rounding was seen to cost on these
// shapes, in fractions of the largest value: a wrong value or a row missed costs more.
absl::Status CheckFused(const Quality& quality);

}  // namespace podium::bench
