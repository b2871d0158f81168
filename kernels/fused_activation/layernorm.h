// Layer normalization of each row of a matrix (Ba, Kiros and Hinton, arXiv:1607.06450): fused, and
// as the separate passes of a graph without fusion, which are the baseline.
//
//   mean[m] = sum over n of x[m, n] / N
//   var[m]  = sum over n of (x[m, n] - mean[m])^2 / N
//   y[m, n] = (x[m, n] - mean[m]) / sqrt(var[m] + epsilon) * gamma[n] + beta[n]
//
// x            f32  M x N, row-major, row stride ldx >= N
// gamma, beta  f32  N
// y            f32  M x N, row-major, row stride ldy >= N  (overwritten; elements between rows are
//                   not)
//
// Strides are in elements. Any alignment. y may be x (with ldy = ldx); otherwise it must not
// overlap any input. epsilon > 0. A NaN or infinity in a row of x makes the whole row NaN. Results
// are not specified where sums of x or of squares of x - mean leave the range of f32.
//
// Exactness: the first mean is corrected by the mean of the differences from it, and the variance
// by the square of that (the corrected two-pass algorithm of Chan, Golub and LeVeque, The American
// Statistician 37(3), 1983), so that a mean far from 0 costs nothing. With c = (N / 16 + 16) *
// 2^-23 and s = sqrt(var + epsilon), y[m, n] errs by at most
//   c * ((|x[m, n] - mean| + s) / s * |gamma[n]| + |beta[n]|) + c^2 * max |x[m, .]| / s *
//   |gamma[n]|
#pragma once

#include <cstddef>

namespace podium {

struct LayernormF32Args {
  std::size_t M, N;
  const float* x;
  std::size_t ldx;
  const float* gamma;
  const float* beta;
  float epsilon;
  float* y;
  std::size_t ldy;
};
// A few rows at a time, from the first pass to the last while they are in cache.
using LayernormF32Fn = void(const LayernormF32Args&);

// Four passes, each over the whole matrix: means, variances, normalization, gamma and beta. The
// same bits.
struct LayernormPassesF32Args {
  LayernormF32Args problem;
  float* row_mean;    // M floats, overwritten
  float* row_scale;   // M floats, overwritten: 1 / sqrt(var + epsilon)
  float* row_offset;  // M floats, overwritten: how far row_mean is off, times row_scale
};
using LayernormPassesF32Fn = void(const LayernormPassesF32Args&);

}  // namespace podium
