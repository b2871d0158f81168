// Groups of four neighbouring floats, of which each lane picks one: the inner step of N:M sparsity.
//
//   BroadcastFour(p)          p[0], p[1], p[2], p[3], p[0], ...
//   RepeatOne<i>(x)           p[i] in all lanes of such an x
//   LoadGroup(p, group)       the floats p[4 * group] and the three after it, in a batch that Pick
//                             knows; reads no others than the groups up to the next multiple of four
//   Places(index, group)      of each lane's lower two bits of `index`, which of that group it picks;
//                             `group` has 4 * group in all lanes
//   Pick(floats, places)      in each lane, what it picks
//   NextIndices(index)        each lane shifted right by two bits
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

[[gnu::always_inline]] inline F32 BroadcastFour(const float* p) {
  return _mm512_broadcast_f32x4(_mm_loadu_ps(p));
}
template <int i>
[[gnu::always_inline]] inline F32 RepeatOne(F32 x) {
  return _mm512_permute_ps(x, i * 0b01'01'01'01);
}
// A batch of four groups, as it lies in memory: to repeat one in a load takes a unit from the picks,
// and these pick as fast among sixteen lanes as among four.
[[gnu::always_inline]] inline F32 LoadGroup(const float* p, std::size_t group) {
  return _mm512_loadu_ps(p + group / 4 * 16);
}
[[gnu::always_inline]] inline I32 Places(I32 index, I32 group) {
  constexpr int kAndOr = 0xEA;  // index & 3 | group, of which a pick reads four bits
  return _mm512_ternarylogic_epi32(index, _mm512_set1_epi32(3), group, kAndOr);
}
[[gnu::always_inline]] inline F32 Pick(F32 floats, I32 places) {
  return _mm512_permutexvar_ps(places, floats);
}
[[gnu::always_inline]] inline I32 NextIndices(I32 index) { return _mm512_srli_epi32(index, 2); }

#elif defined(__AVX2__)

[[gnu::always_inline]] inline F32 BroadcastFour(const float* p) {
  return _mm256_broadcast_ps(reinterpret_cast<const __m128*>(p));
}
template <int i>
[[gnu::always_inline]] inline F32 RepeatOne(F32 x) {
  return _mm256_permute_ps(x, i * 0b01'01'01'01);
}
[[gnu::always_inline]] inline F32 Pick(F32 floats, I32 places) {
  return _mm256_permutevar_ps(floats, places);
}
[[gnu::always_inline]] inline I32 NextIndices(I32 index) { return _mm256_srli_epi32(index, 2); }

#elif defined(__SSE2__)

inline F32 BroadcastFour(const float* p) { return _mm_loadu_ps(p); }
template <int i>
inline F32 RepeatOne(F32 four) {
  const __m128 x = four;
  return _mm_shuffle_ps(x, x, i * 0b01'01'01'01);
}
// b where the upper bit of `mask` is set, else a.
inline __m128 SelectBySign(__m128i mask, __m128 a, __m128 b) {
  const __m128 all = _mm_castsi128_ps(_mm_srai_epi32(mask, 31));
  return _mm_or_ps(_mm_and_ps(all, b), _mm_andnot_ps(all, a));
}
inline F32 Pick(F32 floats, I32 index) {
  const __m128 x = floats;
  const __m128i odd = _mm_slli_epi32(index, 31);
  const __m128 lower = SelectBySign(odd, _mm_shuffle_ps(x, x, 0x00), _mm_shuffle_ps(x, x, 0x55));
  const __m128 upper = SelectBySign(odd, _mm_shuffle_ps(x, x, 0xAA), _mm_shuffle_ps(x, x, 0xFF));
  return SelectBySign(_mm_slli_epi32(index, 30), lower, upper);
}
inline I32 NextIndices(I32 index) { return _mm_srli_epi32(index, 2); }

#elif defined(__aarch64__)

inline F32 BroadcastFour(const float* p) { return vld1q_f32(p); }
template <int i>
inline F32 RepeatOne(F32 x) {
  return vdupq_laneq_f32(x, i);
}
inline F32 Pick(F32 x, I32 index) {
  const uint32x4_t lane = vandq_u32(vreinterpretq_u32_s32(index), vdupq_n_u32(3));
  const uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), lane, 0x04040404);
  return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(x), vreinterpretq_u8_u32(bytes)));
}
inline I32 NextIndices(I32 index) {
  return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(index), 2));
}

#endif

#if !defined(__AVX512F__)
[[gnu::always_inline]] inline F32 LoadGroup(const float* p, std::size_t group) {
  return BroadcastFour(p + group * 4);
}
[[gnu::always_inline]] inline I32 Places(I32 index, I32) { return index; }
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
