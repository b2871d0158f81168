// Elementary functions of arrays of floats.
//
//   exp_f32   y[i] = exp(x[i])
//   tanh_f32  y[i] = tanh(x[i])
//   erf_f32   y[i] = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x[i]
//
// Any alignment. y may be x; otherwise they must not overlap. Over the whole range of f32,
// denormals included, and on every ISA a result differs from the true value by at most kExpUlp,
// kTanhUlp or kErfUlp units in the last place of the true value, 2^-149 where that is denormal. exp
// overflows to infinity and underflows through the denormals to 0. Exact are exp(0) = 1,
// exp(-infinity) = 0, exp(infinity) = infinity, tanh(+-infinity) = erf(+-infinity) = +-1; tanh and
// erf keep the sign of a zero; NaN gives NaN.
#pragma once

#include <cstddef>

namespace podium {

inline constexpr double kExpUlp = 2, kTanhUlp = 4, kErfUlp = 2;

using ElementaryF32Fn = void(std::size_t count, const float* x, float* y);

}  // namespace podium
