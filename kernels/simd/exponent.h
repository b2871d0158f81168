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

#if defined(__AVX512F__)

// The exponent from which x * 2^n is 0 for every |x| <= 1.
constexpr float kZeroExponent = -151;

// x * 2^n, where shifted = n + kExponentShift, n integer, kZeroExponent <= n <= 128; infinity and
// NaN of x remain.
inline F32 ScaleByPowerOfTwo(F32 x, F32 shifted) {
  return _mm512_scalef_ps(x, UnshiftExponent(shifted));
}

#else

// Here denormals are not made: 2^-126 is the smallest power, the next one is 0.
constexpr float kZeroExponent = -127;

#if defined(__AVX2__)

inline F32 ScaleByPowerOfTwo(F32 x, F32 shifted) {
  return x * F32(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23)));
}

#elif defined(__SSE2__)

inline F32 ScaleByPowerOfTwo(F32 x, F32 shifted) {
  return x * F32(_mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(shifted), 23)));
}

#elif defined(__aarch64__)

inline F32 ScaleByPowerOfTwo(F32 x, F32 shifted) {
  return x * F32(vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23)));
}

#endif
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
