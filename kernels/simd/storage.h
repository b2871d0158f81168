// Elements as caches store them, a batch at a time: loads to FP32, exact, and stores from it, to
// nearest, ties to even.
#pragma once

#include "kernels/kv_attention/kv_view.h"
#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

[[gnu::always_inline]] inline F32 LoadAsF32(const float* p) { return F32::load_unaligned(p); }
[[gnu::always_inline]] inline void StoreFromF32(float* p, F32 x) { x.store_unaligned(p); }

#if defined(__AVX512F__)

[[gnu::always_inline]] inline F32 LoadAsF32(const F16* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
[[gnu::always_inline]] inline F32 LoadAsF32(const Bf16* p) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}
inline void StoreFromF32(F16* p, F32 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline void StoreFromF32(Bf16* p, F32 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  sum = _mm512_mask_or_epi32(sum, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), bits,
                             _mm512_set1_epi32(0x400000));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtepi32_epi16(_mm512_srli_epi32(sum, 16)));
}

#elif defined(__AVX2__)

[[gnu::always_inline]] inline F32 LoadAsF32(const F16* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline F32 LoadAsF32(const Bf16* p) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}
inline void StoreFromF32(F16* p, F32 x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
inline void StoreFromF32(Bf16* p, F32 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i nan = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i rounded = _mm256_castps_si256(_mm256_blendv_ps(
      _mm256_castsi256_ps(sum), _mm256_castsi256_ps(nan), _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
  const __m256i upper = _mm256_srai_epi32(rounded, 16);  // fits 16 bits with its sign
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(p),
      _mm_packs_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1)));
}

#elif defined(__SSE2__)

[[gnu::always_inline]] inline F32 LoadAsF32(const F16* p) {
  const __m128i half = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  const __m128i wide = _mm_unpacklo_epi16(half, _mm_setzero_si128());
  const __m128i magnitude = _mm_and_si128(wide, _mm_set1_epi32(0x7FFF));
  // As bits of a float it has the exponent of a half, 112 too small; the product also makes
  // denormals right. The largest exponent, infinity or NaN, is set anew.
  const __m128 scaled =
      _mm_mul_ps(_mm_castsi128_ps(_mm_slli_epi32(magnitude, 13)), _mm_set1_ps(0x1p112f));
  const __m128i special =
      _mm_and_si128(_mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7BFF)), _mm_set1_epi32(0x7F800000));
  const __m128i sign = _mm_slli_epi32(_mm_xor_si128(wide, magnitude), 16);
  return _mm_or_ps(scaled, _mm_castsi128_ps(_mm_or_si128(special, sign)));
}
[[gnu::always_inline]] inline F32 LoadAsF32(const Bf16* p) {
  const __m128i half = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), half));
}
inline __m128i Choose(__m128i mask, __m128i yes, __m128i no) {
  return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}
// The lower 16 bits of each lane.
inline void StoreLow16(void* p, __m128i x) {
  const __m128i words = _mm_srai_epi32(_mm_slli_epi32(x, 16), 16);
  _mm_storel_epi64(static_cast<__m128i*>(p), _mm_packs_epi32(words, words));
}
inline void StoreFromF32(F16* p, F32 x) {
  const __m128i bits = _mm_castps_si128(x);
  const __m128i magnitude = _mm_and_si128(bits, _mm_set1_epi32(0x7FFFFFFF));
  const __m128i sign = _mm_srli_epi32(_mm_xor_si128(bits, magnitude), 16);
  const __m128i odd = _mm_and_si128(_mm_srli_epi32(magnitude, 13), _mm_set1_epi32(1));
  __m128i half = _mm_srli_epi32(
      _mm_add_epi32(_mm_add_epi32(magnitude, odd), _mm_set1_epi32(0xFFF - 0x38000000)), 13);
  // One unit in the last place of 0.5 is the smallest half, so the addition rounds to it.
  const __m128 small = _mm_add_ps(_mm_castsi128_ps(magnitude), _mm_set1_ps(0.5f));
  half = Choose(_mm_cmplt_epi32(magnitude, _mm_set1_epi32(0x38800000)),
                _mm_sub_epi32(_mm_castps_si128(small), _mm_set1_epi32(0x3F000000)), half);
  half =
      Choose(_mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x477FEFFF)), _mm_set1_epi32(0x7C00), half);
  half =
      Choose(_mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7F800000)), _mm_set1_epi32(0x7E00), half);
  StoreLow16(p, _mm_or_si128(half, sign));
}
inline void StoreFromF32(Bf16* p, F32 x) {
  const __m128i bits = _mm_castps_si128(x);
  const __m128i odd = _mm_and_si128(_mm_srli_epi32(bits, 16), _mm_set1_epi32(1));
  const __m128i sum = _mm_add_epi32(_mm_add_epi32(bits, _mm_set1_epi32(0x7FFF)), odd);
  const __m128i nan = _mm_or_si128(bits, _mm_set1_epi32(0x400000));
  const __m128i is_nan = _mm_castps_si128(_mm_cmpunord_ps(x, x));
  StoreLow16(p, _mm_srli_epi32(Choose(is_nan, nan, sum), 16));
}

#elif defined(__aarch64__)

[[gnu::always_inline]] inline F32 LoadAsF32(const F16* p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&p->bits)));
}
[[gnu::always_inline]] inline F32 LoadAsF32(const Bf16* p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(&p->bits), 16));
}
inline void StoreFromF32(F16* p, F32 x) {
  vst1_u16(&p->bits, vreinterpret_u16_f16(vcvt_f16_f32(x)));
}
inline void StoreFromF32(Bf16* p, F32 x) {
  const uint32x4_t bits = vreinterpretq_u32_f32(x);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t sum = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), odd);
  const uint32x4_t nan = vorrq_u32(bits, vdupq_n_u32(0x400000));
  vst1_u16(&p->bits, vshrn_n_u32(vbslq_u32(vceqq_f32(x, x), sum, nan), 16));
}

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
