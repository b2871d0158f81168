// The activation functions of this family, and how closely its kernels compute them.
//
//   kNone      act(x) = x
//   kRelu      act(x) = max(0, x)
//   kGeluTanh  act(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
//   kGeluErf   act(x) = x / 2 * (1 + erf(x / sqrt(2)))
//   kSilu      act(x) = x / (1 + exp(-x)), "swish"
//
// The two forms of GELU, and SiLU, are those of Hendrycks and Gimpel, "Gaussian Error Linear
// Units", arXiv:1606.08415. The GELUs differ by up to 5e-4, so a network must use the one it was
// trained with.
//
// Exactness, every ISA: kNone and kRelu are exact (the sign of a zero may differ). What is computed
// of the others differs from the true value g of its argument by at most
//
//   k ulp(g) + 2^-23 * min(1, |x|) + 2^-119,  k = 4, for kGeluErf 8
//
// NaN gives NaN, +infinity gives +infinity, -infinity gives 0, which is the limit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

enum class Activation : std::uint8_t { kNone, kRelu, kGeluTanh, kGeluErf, kSilu };

// What may follow an activation, element by element and in the same pass:
//
//   y[m, n] = act(...) * factor[m, n] + residual[m, n]
//
// Each operation rounds once, so that one pass gives the bits of separate ones. A gated activation
// is a factor: with act = kSilu, SwiGLU (Shazeer, arXiv:2002.05202).
struct ElementwiseF32 {
  const float* factor = nullptr;  // M x N, row stride ldf >= N; null for none
  std::size_t ldf = 0;
  const float* residual = nullptr;  // M x N, row stride ldr >= N; null for none
  std::size_t ldr = 0;
};

// act(x) in FP64 with the C library's functions: the truth the kernels are measured against.
double ActivateF64(Activation activation, double x);

}  // namespace podium
