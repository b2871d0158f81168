// Splits a number at an integer and multiplies by the power of two of that integer: what an
// exponential needs around its polynomial.
//
// 1.5 * 2^23 + 127 added to |t| < 2^22 leaves t, rounded to even, in the low bits of the sum, and
// biased as the exponent of a float, so that one shift makes it a power of two.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr float kExponentShift = 0x1.8p23f + 127;

// t + kExponentShift, and from it the integer nearest to t.
inline F32 ShiftExponent(F32 t) { return t + kExponentShift; }
inline F32 UnshiftExponent(F32 shifted) { return shifted - kExponentShift; }

// The exponent from which ScaleByPowerOfTwo(x, n) is 0: no denormal powers are made, and on AVX-512
// no vscalefps, which would take some 200 cycles for each batch with a result that is denormal, or
// 0 for being too small.
constexpr float kZeroExponent = -127;

// x * 2^n, where shifted = n + kExponentShift, n integer, kZeroExponent <= n <= 128.
inline F32 ScaleByPowerOfTwo(F32 x, F32 shifted) {
#if defined(__AVX512F__)
  return x * F32(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(shifted), 23)));
#elif defined(__AVX2__)
  return x * F32(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23)));
#elif defined(__SSE2__)
  return x * F32(_mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(shifted), 23)));
#elif defined(__aarch64__)
  return x * F32(vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23)));
#endif
}

// x * 2^n, rounded once, for integers |n| <= 250, x * 2^(n/2) in the normal range: in two steps, so
// that 2^n itself may be denormal or infinite.
inline F32 ScaleByAnyPowerOfTwo(F32 x, F32 n) {
  const F32 half = ShiftExponent(n * F32(0.5f));
  const F32 rest = ShiftExponent(n - UnshiftExponent(half));
  return ScaleByPowerOfTwo(ScaleByPowerOfTwo(x, half), rest);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
