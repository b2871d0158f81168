// Layer normalization of each row of a matrix (Ba, Kiros and Hinton, arXiv:1607.06450): fused, also
// with the bias and the residual before it, and as the separate passes of a graph without fusion,
// which are the baseline.
//
//   h[m, n] = x[m, n] + bias[n] + residual[m, n]     (each where it is given)
//   mean[m] = sum over n of h[m, n] / N
//   var[m]  = sum over n of (h[m, n] - mean[m])^2 / N
//   y[m, n] = (h[m, n] - mean[m]) / sqrt(var[m] + epsilon) * gamma[n] + beta[n]
//
// x               f32  M x N, row-major, row stride ldx >= N
// bias, residual  f32  AddedF32 below; also `sum`, which receives h
// gamma, beta     f32  N
// y               f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows
//                      are not)
//
// Strides are in elements. Any alignment. y may be x or residual, and so may sum (with the same
// stride); otherwise neither may overlap any input, or the other. epsilon > 0. A NaN or infinity in
// a row of h makes the whole row NaN. Results are not specified where sums of h or of squares of h
// - mean leave the range of f32. h is rounded after each addition, so that one pass gives the bits
// of separate ones.
//
// Exactness: where mean^2 <= var / 2 the variance comes from the sum of squares. Else, in one pass
// more, from the differences from the mean, the mean corrected by theirs and the variance by the
// square of that (the corrected two-pass algorithm of Chan, Golub and LeVeque, The American
// Statistician 37(3), 1983): a mean far from 0 costs time but no exactness. With c = (N / 16 + 16) *
// 2^-23 and s = sqrt(var + epsilon), y[m, n] errs by at most
//   c * ((|h[m, n] - mean| + s) / s * |gamma[n]| + |beta[n]|) + c^2 * max |h[m, .]| / s *
//   |gamma[n]|
#pragma once

#include <cstddef>

namespace podium {

// What is added to x before a normalization, in the same pass.
struct AddedF32 {
  const float* bias = nullptr;      // N; null for none
  const float* residual = nullptr;  // M x N, row stride ldr >= N; null for none
  std::size_t ldr = 0;
  float* sum =
      nullptr;  // M x N, row stride lds >= N, overwritten: h, as the next residual; or null
  std::size_t lds = 0;
};

struct LayernormF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  const float* gamma;
  const float* beta;
  float epsilon;
  float* y;
  std::size_t ldy;
  AddedF32 added = {};
};
// Row by row, in two passes while it is in L1; a row of at most 2048 is added up while the one
// before it is normalized. A result of 16 MiB and more, in place of no operand and with rows that
// begin on 64-byte boundaries (and, where something is added, have at most 8192 elements), is
// written past the caches. Takes 40 KiB of stack.
using LayernormF32Fn = void(const LayernormF32Args&);

// Four passes, each over the whole matrix: means, variances by the differences from them,
// normalization, gamma and beta. Nothing may be `added`.
struct LayernormPassesF32Args {
  LayernormF32Args problem;
  float* row_mean;    // M floats, overwritten
  float* row_scale;   // M floats, overwritten: 1 / sqrt(var + epsilon)
  float* row_offset;  // M floats, overwritten: how far row_mean is off, times row_scale
};
using LayernormPassesF32Fn = void(const LayernormPassesF32Args&);

}  // namespace podium
