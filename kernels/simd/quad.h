// Four floats, on every ISA: where a batch would be too wide.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__SSE2__)

struct Quad {
  __m128 lanes = _mm_setzero_ps();
};

inline Quad MakeQuad(float a, float b, float c, float d) { return {_mm_set_ps(d, c, b, a)}; }
inline Quad LoadQuad(const float* p) { return {_mm_loadu_ps(p)}; }
inline void StoreQuad(float* p, Quad x) { _mm_storeu_ps(p, x.lanes); }
inline Quad AddQuads(Quad a, Quad b) { return {_mm_add_ps(a.lanes, b.lanes)}; }

// acc + a * b, lane by lane.
inline Quad MacQuads(Quad acc, Quad a, Quad b) {
#if defined(__FMA__)
  return {_mm_fmadd_ps(a.lanes, b.lanes, acc.lanes)};
#else
  return {_mm_add_ps(acc.lanes, _mm_mul_ps(a.lanes, b.lanes))};
#endif
}

// The same, b in all lanes.
inline Quad MacQuad(Quad acc, Quad a, float b) { return MacQuads(acc, a, {_mm_set1_ps(b)}); }

#elif defined(__aarch64__)

struct Quad {
  float32x4_t lanes = vdupq_n_f32(0);
};

inline Quad MakeQuad(float a, float b, float c, float d) { return {float32x4_t{a, b, c, d}}; }
inline Quad LoadQuad(const float* p) { return {vld1q_f32(p)}; }
inline void StoreQuad(float* p, Quad x) { vst1q_f32(p, x.lanes); }
inline Quad AddQuads(Quad a, Quad b) { return {vaddq_f32(a.lanes, b.lanes)}; }

// acc + a * b, lane by lane; the same, b in all lanes.
inline Quad MacQuads(Quad acc, Quad a, Quad b) { return {vfmaq_f32(acc.lanes, a.lanes, b.lanes)}; }
inline Quad MacQuad(Quad acc, Quad a, float b) { return {vfmaq_n_f32(acc.lanes, a.lanes, b)}; }

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
