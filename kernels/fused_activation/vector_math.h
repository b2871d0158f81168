// Exponentials and activations of a batch of floats; activation.h states how exact they are.
//
// The polynomials are minimax fits (Remez algorithm, 40 digits) made for this file: of degree 5 to
// 2^r, relative error 9.2e-8; of degree 8 to the scaled normal tail in GeluErf, 2.4e-8.
#pragma once

#include "kernels/fused_activation/activation.h"
#include "kernels/fused_activation/gelu_table.h"
#include "kernels/simd/exponent.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/lookup.h"
#include "kernels/simd/reciprocal.h"

namespace podium::PODIUM_ISA {
namespace {

// max(bound, x) and min(bound, x) that give NaN where x is NaN: x86's maxps and minps return their
// second operand then.
inline F32 AtLeast(float bound, F32 x) { return xsimd::max(F32(bound), x); }
inline F32 AtMost(float bound, F32 x) { return xsimd::min(F32(bound), x); }

// 2^r for |r| <= 1/2; exactly 1 at 0.
inline F32 Exp2Fraction(F32 r) {
  F32 p = Fma(r, F32(1.32647139e-3f), F32(9.67152328e-3f));
  p = Fma(p, r, F32(5.55073387e-2f));
  p = Fma(p, r, F32(2.40222419e-1f));
  p = Fma(p, r, F32(6.93146977e-1f));
  return Fma(p, r, F32(1.0f));
}

// 2^t for t < 128.5 within 2 ulp; infinity from 128 on; results below 2^-126 may be 0.
inline F32 Exp2(F32 t) {
  t = AtLeast(kZeroExponent, t);
  const F32 shifted = ShiftExponent(t);
  return ScaleByPowerOfTwo(Exp2Fraction(t - UnshiftExponent(shifted)), shifted);
}

// exp(x) for x <= 0 within (2 + |x|) ulp: the product is rounded once, which costs no more than the
// rounding of the difference that x usually is. Exactly 1 at 0, exactly 0 at -infinity; results
// below 2^-126 may be 0.
inline F32 ExpNonPositive(F32 x) { return Exp2(x * F32(1.44269504f)); }

inline F32 Relu(F32 x) { return AtLeast(0, x); }

#if defined(__AVX512F__)

inline F32 GeluOf(const GeluTable& table, F32 x) {
  // What this is added to leaves quarters in the low bits of the sum.
  constexpr float kQuarters = 0x1.8p21f;
  const F32 n = MinusMagnitude(x, 7.75f);
  const F32 shifted = n + kQuarters;
  const F32 r = n - (shifted - kQuarters);
  F32 phi = LookUp(table.coefficients[4], shifted);
  phi = Fma(phi, r, LookUp(table.coefficients[3], shifted));
  phi = Fma(phi, r, LookUp(table.coefficients[2], shifted));
  phi = Fma(phi, r, LookUp(table.coefficients[1], shifted));
  phi = Fma(phi, r, LookUp(table.coefficients[0], shifted));
  return Fma(n, phi, Relu(x));
}
inline F32 GeluTanh(F32 x) { return GeluOf(kGeluTanhTable, x); }
inline F32 GeluErf(F32 x) { return GeluOf(kGeluErfTable, x); }

#else

// x / (1 + exp(-2u)) with u as in activation.h; exp(-2u) is 2^t for the polynomial t(x) below.
inline F32 GeluTanh(F32 x) {
  // From here down t > 128, so the quotient is x / infinity = -0; -infinity / infinity would be
  // NaN.
  x = AtLeast(-10.0625f, x);
  const F32 t = x * Fma(x * x, F32(-0.102943240f), F32(-2.30220820f));
  return x / (F32(1.0f) + Exp2(t));
}

// max(0, x) - |x| * Phi(-|x|): no cancellation on either side. Phi(-a) = exp(-a^2 / 2) * w * P(w)
// with w = 1 / (1 + 0.27 a), the substitution of Hastings, "Approximations for Digital Computers",
// 1955, with a polynomial fitted to a <= 14.5; beyond, the exponential is 0.
inline F32 GeluErf(F32 x) {
  const F32 a = AtMost(14.5f, xsimd::abs(x));
  const F32 w = F32(1.0f) / Fma(a, F32(0.27f), F32(1.0f));
  const F32 density = Exp2(a * a * F32(-0.721347520f));
  F32 p = Fma(w, F32(0x1.da7f9ap-6f), F32(-0x1.030b00p-3f));
  p = Fma(p, w, F32(0x1.5bb8d2p-3f));
  p = Fma(p, w, F32(-0x1.1b7cc2p-4f));
  p = Fma(p, w, F32(0x1.b9a76ap-4f));
  p = Fma(p, w, F32(0x1.271d74p-4f));
  p = Fma(p, w, F32(0x1.a1042cp-4f));
  p = Fma(p, w, F32(0x1.b87ee0p-4f));
  p = Fma(p, w, F32(0x1.b9394cp-4f));
  return Relu(x) - (a * w) * (p * density);
}

#endif

// x * sigmoid(x) of exponentials of numbers <= 0, so that nothing overflows: with n = -|x| and e =
// exp(n) it is x / (1 + e) for x >= 0 and n * e / (1 + e) else, and the one that is meant is the
// larger. From -110 down e is 0.
inline F32 Silu(F32 x) {
  const F32 n = -AtMost(110.0f, xsimd::abs(x));
  const F32 e = ExpNonPositive(n);
  return xsimd::max(n * e, x) * Reciprocal(F32(1.0f) + e);
}

template <Activation activation>
[[gnu::always_inline]] inline F32 Activate(F32 x) {
  if constexpr (activation == Activation::kRelu) return Relu(x);
  if constexpr (activation == Activation::kGeluTanh) return GeluTanh(x);
  if constexpr (activation == Activation::kGeluErf) return GeluErf(x);
  if constexpr (activation == Activation::kSilu) return Silu(x);
  return x;
}

}  // namespace
}  // namespace podium::PODIUM_ISA
