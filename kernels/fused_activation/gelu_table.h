// Both GELUs are x * Phi(x) = max(0, x) + n * Phi(n) with n = -|x|, for Phi(x) = 1 - Phi(-x): Phi
// is the normal distribution, or its approximation by tanh. Here Phi is in pieces, for ISAs that
// look up faster than they divide.
#pragma once

namespace podium {

// Phi(n) for n <= 0 within 2e-8: for r = n + j / 4, |r| <= 1/8,
//   sum over d of coefficients[d][(32 - j) % 32] * r^d,   0 from j = 31 on,
// so that the lowest bits of the two's complement integer nearest to 4n are the place in the table.
struct GeluTable {
  alignas(64) float coefficients[5][32];
};
extern const GeluTable kGeluTanhTable, kGeluErfTable;

}  // namespace podium
