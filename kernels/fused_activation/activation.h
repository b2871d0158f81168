// The activation functions of this family, and how closely its kernels compute them.
//
//   kNone      act(x) = x
//   kRelu      act(x) = max(0, x)
//   kGeluTanh  act(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
//   kGeluErf   act(x) = x / 2 * (1 + erf(x / sqrt(2)))
//
// The two forms of GELU are those of Hendrycks and Gimpel, "Gaussian Error Linear Units",
// arXiv:1606.08415. They differ by up to 5e-4, so a network must use the one it was trained with.
//
// Exactness, every ISA: kNone and kRelu are exact (the sign of a zero may differ). A computed GELU
// differs from the true value g of its argument by at most
//
//   k ulp(g) + 2^-23 * min(1, |x|) + 2^-122,  k = 4 for kGeluTanh and 8 for kGeluErf
//
// NaN gives NaN, +infinity gives +infinity, -infinity gives 0, which is the limit.
#pragma once

#include <cstdint>

namespace podium {

enum class Activation : std::uint8_t { kNone, kRelu, kGeluTanh, kGeluErf };

// act(x) in FP64 with the C library's functions: the truth the kernels are measured against.
double ActivateF64(Activation activation, double x);

}  // namespace podium
