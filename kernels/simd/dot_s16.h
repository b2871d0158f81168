// Dot products of s16 with s8 widened to s16, in pairs, exact: what an INT8 cache meets.
//
//   DotS16(acc, a, b)      acc[lane] += a[2 lane] * b[2 lane] + a[2 lane + 1] * b[2 lane + 1]
//   LoadS8AsS16(p)         2 * I32::size elements from p
//   LoadHalfS8AsS16(p)     I32::size elements from p, then zeros
//   LoadS8Pairs(p0, p1, x) x = p0[0], p1[0], p0[1], p1[1], ..., but for the order of the pairs: as
//                          many batches as x has, an even number but on AVX-512
//   OrderPairs(x)          puts the pairs, or what became of them lane by lane, in order
//   BroadcastPair(p)       p[0], p[1], p[0], p[1], ...
//   StoreAsS16(p, x)       I32::size integers, which fit
#pragma once

#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

[[gnu::always_inline]] inline I32 BroadcastPair(const std::int16_t* p) {
  std::int32_t pair;
  __builtin_memcpy(&pair, p, sizeof(pair));
  return I32(pair);
}

#if defined(__AVX512BW__)

[[gnu::always_inline]] inline I32 DotS16(I32 acc, I32 a, I32 b) {
#if defined(__AVX512VNNI__)
  return _mm512_dpwssd_epi32(acc, a, b);
#else
  return acc + I32(_mm512_madd_epi16(a, b));
#endif
}
[[gnu::always_inline]] inline I32 LoadS8AsS16(const std::int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
[[gnu::always_inline]] inline I32 LoadHalfS8AsS16(const std::int8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm512_cvtepi8_epi16(_mm256_zextsi128_si256(bytes));
}
// Of four blocks of 8 pairs, x[i] holds 0 and 2, x[i + 1] holds 1 and 3: half the shuffles that 0, 1
// and 2, 3 would take.
template <int kVecs>
[[gnu::always_inline]] inline void LoadS8Pairs(const std::int8_t* p0, const std::int8_t* p1,
                                               I32 (&x)[kVecs]) {
  Unroll<kVecs / 2>([&](auto i) __attribute__((always_inline)) {
    const __m256i x0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p0 + 32 * i));
    const __m256i x1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p1 + 32 * i));
    x[2 * i] = _mm512_cvtepi8_epi16(_mm256_unpacklo_epi8(x0, x1));
    x[2 * i + 1] = _mm512_cvtepi8_epi16(_mm256_unpackhi_epi8(x0, x1));
  });
  if constexpr (kVecs % 2 == 1) {
    const __m128i x0 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p0 + 16 * (kVecs - 1)));
    const __m128i x1 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p1 + 16 * (kVecs - 1)));
    x[kVecs - 1] = _mm512_cvtepi8_epi16(
        _mm256_set_m128i(_mm_unpackhi_epi8(x0, x1), _mm_unpacklo_epi8(x0, x1)));
  }
}
template <int kVecs>
[[gnu::always_inline]] inline void OrderPairs(I32 (&x)[kVecs]) {
  Unroll<kVecs / 2>([&](auto i) __attribute__((always_inline)) {
    const __m512i even = x[2 * i], odd = x[2 * i + 1];
    x[2 * i] = _mm512_shuffle_i64x2(even, odd, 0x44);
    x[2 * i + 1] = _mm512_shuffle_i64x2(even, odd, 0xEE);
  });
}
inline void StoreAsS16(std::int16_t* p, I32 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(x));
}

#elif defined(__AVX2__)

[[gnu::always_inline]] inline I32 DotS16(I32 acc, I32 a, I32 b) {
  // GCC 12 would put the sum of a loop in another register and move it back, every time.
  __m256i sum = acc;
  asm("vpaddd %1, %0, %0" : "+x"(sum) : "x"(_mm256_madd_epi16(a, b)));
  return sum;
}
[[gnu::always_inline]] inline I32 LoadS8AsS16(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline I32 LoadHalfS8AsS16(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
template <int kVecs>
[[gnu::always_inline]] inline void LoadS8Pairs(const std::int8_t* p0, const std::int8_t* p1,
                                               I32 (&x)[kVecs]) {
  Unroll<kVecs / 2>([&](auto i) __attribute__((always_inline)) {
    const __m128i x0 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p0 + 16 * i));
    const __m128i x1 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p1 + 16 * i));
    x[2 * i] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(x0, x1));
    x[2 * i + 1] = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(x0, x1));
  });
}
inline void StoreAsS16(std::int16_t* p, I32 x) {
  const __m256i words = x;
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(p),
      _mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

#elif defined(__SSE2__)

// Each byte lands in the upper half of a 16-bit lane; the arithmetic shift extends its sign.
inline __m128i WidenBytes(__m128i bytes) {
  return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}
inline __m128i LoadFourBytes(const std::int8_t* p) {
  std::int32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return _mm_cvtsi32_si128(four);
}
[[gnu::always_inline]] inline I32 DotS16(I32 acc, I32 a, I32 b) {
  return acc + I32(_mm_madd_epi16(a, b));
}
[[gnu::always_inline]] inline I32 LoadS8AsS16(const std::int8_t* p) {
  return WidenBytes(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline I32 LoadHalfS8AsS16(const std::int8_t* p) {
  return WidenBytes(LoadFourBytes(p));
}
template <int kVecs>
[[gnu::always_inline]] inline void LoadS8Pairs(const std::int8_t* p0, const std::int8_t* p1,
                                               I32 (&x)[kVecs]) {
  Unroll<kVecs / 2>([&](auto i) __attribute__((always_inline)) {
    const __m128i pairs =
        _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p0 + 8 * i)),
                          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p1 + 8 * i)));
    x[2 * i] = WidenBytes(pairs);
    x[2 * i + 1] = _mm_srai_epi16(_mm_unpackhi_epi8(pairs, pairs), 8);
  });
}
inline void StoreAsS16(std::int16_t* p, I32 x) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi32(x, x));
}

#elif defined(__aarch64__)

[[gnu::always_inline]] inline I32 DotS16(I32 acc, I32 a, I32 b) {
  const int16x8_t a16 = vreinterpretq_s16_s32(a), b16 = vreinterpretq_s16_s32(b);
  const int32x4_t lo = vmull_s16(vget_low_s16(a16), vget_low_s16(b16));
  return vaddq_s32(acc, vpaddq_s32(lo, vmull_high_s16(a16, b16)));
}
[[gnu::always_inline]] inline I32 LoadS8AsS16(const std::int8_t* p) {
  return vreinterpretq_s32_s16(vmovl_s8(vld1_s8(p)));
}
inline int8x8_t LoadFourBytes(const std::int8_t* p) {
  std::uint32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return vreinterpret_s8_u32(vset_lane_u32(four, vdup_n_u32(0), 0));
}
[[gnu::always_inline]] inline I32 LoadHalfS8AsS16(const std::int8_t* p) {
  return vreinterpretq_s32_s16(vmovl_s8(LoadFourBytes(p)));
}
template <int kVecs>
[[gnu::always_inline]] inline void LoadS8Pairs(const std::int8_t* p0, const std::int8_t* p1,
                                               I32 (&x)[kVecs]) {
  Unroll<kVecs / 2>([&](auto i) __attribute__((always_inline)) {
    const int8x8_t x0 = vld1_s8(p0 + 8 * i), x1 = vld1_s8(p1 + 8 * i);
    x[2 * i] = vreinterpretq_s32_s16(vmovl_s8(vzip1_s8(x0, x1)));
    x[2 * i + 1] = vreinterpretq_s32_s16(vmovl_s8(vzip2_s8(x0, x1)));
  });
}
inline void StoreAsS16(std::int16_t* p, I32 x) { vst1_s16(p, vmovn_s32(x)); }

#endif

#if !defined(__AVX512BW__)
template <int kVecs>
[[gnu::always_inline]] inline void OrderPairs(I32 (&)[kVecs]) {}  // they are
#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
