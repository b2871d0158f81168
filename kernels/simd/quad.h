// Four floats, on every ISA: for blocks of four output channels met by one activation, where a
// batch would be too wide.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__SSE2__)

struct Quad {
  __m128 lanes;
};

inline Quad ZeroQuad() { return {_mm_setzero_ps()}; }
inline Quad LoadQuad(const float* p) { return {_mm_loadu_ps(p)}; }
inline void StoreQuad(float* p, Quad x) { _mm_storeu_ps(p, x.lanes); }
inline Quad AddQuads(Quad a, Quad b) { return {_mm_add_ps(a.lanes, b.lanes)}; }

// acc + a * b, b the same in all lanes.
inline Quad MacQuad(Quad acc, Quad a, float b) {
#if defined(__FMA__)
  return {_mm_fmadd_ps(a.lanes, _mm_set1_ps(b), acc.lanes)};
#else
  return {_mm_add_ps(acc.lanes, _mm_mul_ps(a.lanes, _mm_set1_ps(b)))};
#endif
}

#elif defined(__aarch64__)

struct Quad {
  float32x4_t lanes;
};

inline Quad ZeroQuad() { return {vdupq_n_f32(0)}; }
inline Quad LoadQuad(const float* p) { return {vld1q_f32(p)}; }
inline void StoreQuad(float* p, Quad x) { vst1q_f32(p, x.lanes); }
inline Quad AddQuads(Quad a, Quad b) { return {vaddq_f32(a.lanes, b.lanes)}; }

// acc + a * b, b the same in all lanes.
inline Quad MacQuad(Quad acc, Quad a, float b) { return {vfmaq_n_f32(acc.lanes, a.lanes, b)}; }

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
