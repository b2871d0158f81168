// The polynomials are minimax fits (Remez algorithm, 40 digits) made for this file.
#include "kernels/fused_activation/elementary.h"

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

// exp(x) = 2^n * (1 + expm1)
struct SplitExp {
  F32 n, expm1;
};

// |x| < 150. Cody and Waite, "Software Manual for the Elementary Functions", 1980: n times the
// leading bits of log(2) is exact, and so is what it leaves of x.
[[gnu::always_inline]] inline SplitExp Split(F32 x) {
  const F32 n = UnshiftExponent(ShiftExponent(x * F32(1.44269504f)));
  F32 r = Fma(n, F32(-0.693359375f), x);
  r = Fma(n, F32(2.12194440e-4f), r);
  // (exp(r) - 1 - r) / r^2, within 3e-9 / r^2
  F32 p = Fma(r, F32(0x1.6db594p-10f), F32(0x1.123be0p-7f));
  p = Fma(p, r, F32(0x1.55545cp-5f));
  p = Fma(p, r, F32(0x1.55548ep-3f));
  p = Fma(p, r, F32(0.5f));
  return {n, Fma(r * r, p, r)};
}

[[gnu::always_inline]] inline F32 Exp(F32 x) {
  // From the bounds on it is 0 and infinity.
  const SplitExp e = Split(AtMost(89.0f, AtLeast(-104.0f, x)));
  return ScaleByAnyPowerOfTwo(e.expm1 + F32(1.0f), e.n);
}

// |y| with the sign of x.
inline F32 WithSignOf(F32 x, F32 y) { return y | (x & F32(-0.0f)); }

// (exp(2a) - 1) / (exp(2a) + 1) for a = |x|, with the sign of x.
[[gnu::always_inline]] inline F32 Tanh(F32 x) {
  const F32 a = AtMost(10.0f, xsimd::abs(x));  // beyond it is 1
  const SplitExp e = Split(a + a);
  const F32 power = ScaleByPowerOfTwo(F32(1.0f), ShiftExponent(e.n));
  const F32 expm1 = Fma(power, e.expm1, power - F32(1.0f));
  return WithSignOf(x, expm1 / (expm1 + F32(2.0f)));
}

[[gnu::always_inline]] inline F32 Erf(F32 x) {
  const F32 a = AtMost(4.0f, xsimd::abs(x));  // beyond it is 1
  const F32 s = a * a;
  // erf(a) / a - 1 for a <= 1, within 1.2e-9
  F32 p = Fma(s, F32(0x1.4ae484p-14f), F32(-0x1.a485d0p-11f));
  p = Fma(p, s, F32(0x1.5419f2p-8f));
  p = Fma(p, s, F32(-0x1.b7fbb4p-6f));
  p = Fma(p, s, F32(0x1.ce2d20p-4f));
  p = Fma(p, s, F32(-0x1.81273ep-2f));
  p = Fma(p, s, F32(0x1.06eba8p-3f));
  // log2(1 - erf(a)) for 1 <= a <= 4, within 1.5e-9 / (1 - erf(a))
  F32 t = Fma(a, F32(0x1.18bb2ep-12f), F32(-0x1.15ef60p-8f));
  t = Fma(t, a, F32(0x1.01b514p-5f));
  t = Fma(t, a, F32(-0x1.307032p-3f));
  t = Fma(t, a, F32(-0x1.d76e84p-1f));
  t = Fma(t, a, F32(-0x1.a03fe8p+0f));
  t = Fma(t, a, F32(-0x1.0b8c36p-11f));
  const F32 small = Fma(a, p, a), large = F32(1.0f) - Exp2(t);
  return WithSignOf(x, xsimd::select(a < F32(1.0f), small, large));
}

template <class F>
[[gnu::always_inline]] inline void Map(std::size_t count, const float* x, float* y, const F& f) {
  ForEachBatch(
      count, [&](std::size_t i, auto lanes)
                 __attribute__((always_inline)) { lanes.Store(y + i, f(lanes.Load(x + i))); });
}

}  // namespace

void ExpF32(std::size_t count, const float* x, float* y) {
  Map(
      count, x, y, [](F32 v) __attribute__((always_inline)) { return Exp(v); });
}
void TanhF32(std::size_t count, const float* x, float* y) {
  Map(
      count, x, y, [](F32 v) __attribute__((always_inline)) { return Tanh(v); });
}
void ErfF32(std::size_t count, const float* x, float* y) {
  Map(
      count, x, y, [](F32 v) __attribute__((always_inline)) { return Erf(v); });
}

}  // namespace podium::PODIUM_ISA
