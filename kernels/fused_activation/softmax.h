// Softmax of each row of a matrix: fused, and as the separate passes of a graph without fusion,
// which are the baseline.
//
//   z[m, n] = scale * x[m, n] + mask[m, n] for n < lengths[m], else -infinity
//   y[m, n] = exp(z[m, n] - max[m]) / sum over j of exp(z[m, j] - max[m]),   max[m] = max z[m, .]
//
// x        f32  M x N, row-major, row stride ldx >= N
// scale    > 0; by default 1
// mask     f32  M x N, row-major, row stride ldm >= N, or 0 for one row for all; null for none
// lengths  M numbers, those above N as N; null for none. What lies beyond is not read.
// y        f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows are not)
//
// Strides are in elements. Any alignment. y may be x (with ldy = ldx); otherwise it must not
// overlap any input. Nothing overflows in the exponentials, since no exponent is above 0.
//
// An entry with z = -infinity is masked: its y is exactly 0. A row that is masked throughout has no
// distribution; its y is all zeros, which is what attention over no token should add. A NaN or
// +infinity in a row makes the whole row NaN.
//
// Exactness: with d the largest finite max[m] - z[m, n] of the row, relative to the true value at
// most (N / 16 + 2d + 16) * 2^-23, plus 2^-126 absolute: exponentials err by 2 ulp and by the
// rounding of d, sums by that of their chains of additions. Where d is above 104, take 104. With
// scale or mask add twice the error of z, which is that of its two roundings: 2^-24 of scale * x,
// and of z.
#pragma once

#include <cstddef>

namespace podium {

struct SoftmaxF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
  float scale = 1;
  const float* mask = nullptr;
  std::size_t ldm = 0;
  const std::size_t* lengths = nullptr;
};
// A row or three at a time, in all passes while they are in cache. Takes 32 KiB of stack.
using SoftmaxF32Fn = void(const SoftmaxF32Args&);

// Four passes, each over the whole matrix: maxima, exponentials, sums, scaling. Without scale, mask
// and lengths.
struct SoftmaxPassesF32Args {
  SoftmaxF32Args problem;
  float* row_max;  // M floats, overwritten
  float* row_sum;  // M floats, overwritten
};
using SoftmaxPassesF32Fn = void(const SoftmaxPassesF32Args&);

}  // namespace podium
