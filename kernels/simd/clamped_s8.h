// The end of requantization: q + zero_point, clamped to min..max, as bytes.
//
//   ClampedS8(zero_point, min, max)   -128 <= zero_point <= 127
//   Store(p, q, count)                the first `count` of I32::size lanes
//   Store(p, lo, hi, count)           of twice as many, with fewer instructions a lane
//
// 16 bits in between saturate, which the clamp makes up for.
#pragma once

#include "kernels/simd/partial.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512BW__)

class ClampedS8 {
 public:
  [[gnu::always_inline]] ClampedS8(std::int32_t zero_point, std::int8_t min, std::int8_t max)
      : zero_point_(_mm512_set1_epi16(static_cast<std::int16_t>(zero_point))),
        zero_point_s32_(zero_point),
        min_(_mm256_set1_epi8(min)),
        max_(_mm256_set1_epi8(max)) {}

  [[gnu::always_inline]] void Store(std::int8_t* p, I32 q, std::size_t count) const {
    const __m128i bytes = _mm_min_epi8(
        _mm_max_epi8(_mm512_cvtsepi32_epi8(q + zero_point_s32_), _mm256_castsi256_si128(min_)),
        _mm256_castsi256_si128(max_));
    if (count >= I32::size) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
    } else {
      _mm_mask_storeu_epi8(p, FirstLanes(count), bytes);
    }
  }

  [[gnu::always_inline]] void Store(std::int8_t* p, I32 lo, I32 hi, std::size_t count) const {
    const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    const __m512i words = _mm512_adds_epi16(_mm512_packs_epi32(lo, hi), zero_point_);
    const __m256i all = _mm256_permutevar8x32_epi32(_mm512_cvtsepi16_epi8(words), order),
                  bytes = _mm256_min_epi8(_mm256_max_epi8(all, min_), max_);
    if (count >= 2 * I32::size) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
    } else {
      _mm256_mask_storeu_epi8(p, static_cast<__mmask32>((std::uint64_t{1} << count) - 1), bytes);
    }
  }

 private:
  __m512i zero_point_;
  I32 zero_point_s32_;
  __m256i min_, max_;
};

#else

#if defined(__SSE2__)

using Words8 = __m128i;

inline Words8 SplatWord(std::int32_t x) { return _mm_set1_epi16(static_cast<std::int16_t>(x)); }
inline Words8 AddClamped(Words8 x, Words8 y, Words8 min, Words8 max) {
  return _mm_min_epi16(_mm_max_epi16(_mm_adds_epi16(x, y), min), max);
}
inline std::uint64_t LowBytes(Words8 x) {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packs_epi16(x, x)));
}
#if defined(__AVX2__)
inline Words8 NarrowToWords(I32 q) {
  const __m256i v = q;
  return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}
#else
inline Words8 NarrowToWords(I32 q) { return _mm_packs_epi32(q, q); }
inline Words8 NarrowToWords(I32 lo, I32 hi) { return _mm_packs_epi32(lo, hi); }
#endif

#else

using Words8 = int16x8_t;

inline Words8 SplatWord(std::int32_t x) { return vdupq_n_s16(static_cast<std::int16_t>(x)); }
inline Words8 AddClamped(Words8 x, Words8 y, Words8 min, Words8 max) {
  return vminq_s16(vmaxq_s16(vqaddq_s16(x, y), min), max);
}
inline std::uint64_t LowBytes(Words8 x) {
  return vget_lane_u64(vreinterpret_u64_s8(vmovn_s16(x)), 0);
}
inline Words8 NarrowToWords(I32 q) { return vcombine_s16(vqmovn_s32(q), vqmovn_s32(q)); }
inline Words8 NarrowToWords(I32 lo, I32 hi) { return vcombine_s16(vqmovn_s32(lo), vqmovn_s32(hi)); }

#endif

class ClampedS8 {
 public:
  [[gnu::always_inline]] ClampedS8(std::int32_t zero_point, std::int8_t min, std::int8_t max)
      : zero_point_(SplatWord(zero_point)), min_(SplatWord(min)), max_(SplatWord(max)) {}

  [[gnu::always_inline]] void Store(std::int8_t* p, I32 q, std::size_t count) const {
    StoreBytes(p, NarrowToWords(q), I32::size, count);
  }

  [[gnu::always_inline]] void Store(std::int8_t* p, I32 lo, I32 hi, std::size_t count) const {
#if defined(__AVX2__)
    Store(p, lo, count);
    if (count > I32::size) Store(p + I32::size, hi, count - I32::size);
#else
    StoreBytes(p, NarrowToWords(lo, hi), 2 * I32::size, count);
#endif
  }

 private:
  // The first `count` of `most`.
  [[gnu::always_inline]] void StoreBytes(std::int8_t* p, Words8 words, std::size_t most,
                                         std::size_t count) const {
    const std::uint64_t bytes = LowBytes(AddClamped(words, zero_point_, min_, max_));
    __builtin_memcpy(p, &bytes, count < most ? count : most);
  }

  Words8 zero_point_, min_, max_;
};

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
