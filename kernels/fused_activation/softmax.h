// Softmax of each row of a matrix: fused, and as the separate passes of a graph without fusion,
// which are the baseline.
//
//   y[m, n] = exp(x[m, n] - max[m]) / sum over j of exp(x[m, j] - max[m]),   max[m] = max x[m, .]
//
// x  f32  M x N, row-major, row stride ldx >= N
// y  f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows are not)
//
// Strides are in elements. Any alignment. y may be x (with ldy = ldx); otherwise it must not
// overlap x. Nothing overflows, since no exponent is above 0.
//
// An entry of -infinity is masked: its y is exactly 0. A row that is masked throughout has no
// distribution; its y is all zeros, which is what attention over no token should add. A NaN or
// +infinity in a row makes the whole row NaN.
//
// Exactness: with d the largest finite max[m] - x[m, n] of the row, relative to the true value at
// most (N / 16 + 2d + 16) * 2^-23, plus 2^-126 absolute: exponentials err by 2 ulp and by the
// rounding of d, sums by that of their chains of additions. Where d is above 104, take 104.
#pragma once

#include <cstddef>

namespace podium {

struct SoftmaxF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
};
// A few rows at a time, from the first pass to the last while they are in cache.
using SoftmaxF32Fn = void(const SoftmaxF32Args&);

// Four passes, each over the whole matrix: maxima, exponentials, sums, scaling.
struct SoftmaxPassesF32Args {
  SoftmaxF32Args problem;
  float* row_max;  // M floats, overwritten
  float* row_sum;  // M floats, overwritten
};
using SoftmaxPassesF32Fn = void(const SoftmaxPassesF32Args&);

}  // namespace podium
