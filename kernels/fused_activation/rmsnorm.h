// Root-mean-square normalization of each row of a matrix (Zhang and Sennrich, arXiv:1910.07467),
// with the bias and the residual before it in the same pass.
//
//   h[m, n] = x[m, n] + bias[n] + residual[m, n]     (each where it is given)
//   y[m, n] = h[m, n] / sqrt(sum over j of h[m, j]^2 / N + epsilon) * gamma[n]
//
// x               f32  M x N, row-major, row stride ldx >= N
// bias, residual  f32  AddedF32 in layernorm.h; also `sum`, which receives h
// gamma           f32  N
// y               f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows
//                      are not)
//
// Strides are in elements. Any alignment. y may be x or residual, and so may sum (with the same
// stride); otherwise neither may overlap any input, or the other. epsilon > 0. A NaN in a row of h
// makes the whole row NaN, an infinity makes it 0 but for itself, which becomes NaN. Results are
// not specified where the sum of squares leaves the range of f32. h is rounded after each addition,
// so that one pass gives the bits of separate ones.
//
// Exactness: relative to the true value at most (N / 32 + 8) * 2^-23, plus 2^-149 absolute: half of
// what the chains of additions cost the sum, for the root halves it, and five roundings.
#pragma once

#include <cstddef>

#include "kernels/fused_activation/layernorm.h"

namespace podium {

struct RmsnormF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  const float* gamma;
  float epsilon;
  float* y;
  std::size_t ldy;
  AddedF32 added = {};
};
// Row by row, in two passes while it is in L1; a row of at most 2048 is added up while the one
// before it is normalized. A result of 16 MiB and more, in place of no operand and with rows that
// begin on 64-byte boundaries (and, where something is added, have at most 8192 elements), is
// written past the caches. Takes 40 KiB of stack.
using RmsnormF32Fn = void(const RmsnormF32Args&);

}  // namespace podium
