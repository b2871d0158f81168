// Dot products of 16-bit integers with s8 in fours, exact: what an INT8 cache meets.
//
//   Quad                    four integers of -kMaxQuad..kMaxQuad, as AddQuads takes them
//   StoreQuads(to, step, x) the lanes of x as I32::size / 4 quads: to[0], to[step], ...
//   StartQuads(sum)         sums to begin with; sum: of all integers of all quads to come
//   AddQuads(sums, x, y)    sums[i][lane] += sum over j < 4 of (*x)[j] * y[i][4 * lane + j]
//   Total(sum)              at the end, lane by lane, modulo 2^32
//
// vpdpbusd multiplies u8 by s8: x = 256 * high + low, of two s8, by y + 128, and StartQuads takes off
// what is too much. A PositiveQuad, of 0..kMaxQuad, is two u8, by y: nothing to take off.
// Elsewhere x stays as it is, y is widened, and a sum is that of two lanes: two multiply-adds for
// what takes two vpdpbusd, and two additions.
#pragma once

#include <type_traits>

#include "kernels/simd/arch.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr int kMaxQuad = 127 * 256 + 127;

// Beside each other, high and low, or the integers.
struct Quad {
  char bytes[8];
};
// The same of integers of 0..kMaxQuad.
struct PositiveQuad {
  char bytes[8];
};

struct QuadSum {
  I32 a, b;
};

#if defined(__AVX512VNNI__)

inline void StoreHighAndLow(void* to, std::size_t step, I32 high, I32 low) {
  const __m128i highs = _mm512_cvtepi32_epi8(high), lows = _mm512_cvtepi32_epi8(low);
  const __m128i quads[] = {_mm_unpacklo_epi32(highs, lows), _mm_unpackhi_epi32(highs, lows)};
  for (std::size_t i = 0; i < 4; ++i) {
    __builtin_memcpy(static_cast<Quad*>(to) + i * step, reinterpret_cast<const Quad*>(quads) + i,
                     sizeof(Quad));
  }
}
inline void StoreQuads(Quad* to, std::size_t step, I32 x) {
  StoreHighAndLow(to, step, I32(_mm512_srai_epi32(x + I32(128), 8)), x);
}
inline void StoreQuads(PositiveQuad* to, std::size_t step, I32 x) {
  StoreHighAndLow(to, step, I32(_mm512_srai_epi32(x, 8)), x);
}

[[gnu::always_inline]] inline I32 BroadcastFour(const char* p) {
  std::int32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return Opaque(I32(four));
}

struct S8Quads {
  I32 y;
};
template <class X>
[[gnu::always_inline]] inline S8Quads LoadS8Quads(const std::int8_t* p) {
  const __m512i y = _mm512_loadu_si512(p);
  if constexpr (std::is_same_v<X, PositiveQuad>) {
    return {Opaque(I32(y))};
  } else {
    return {Opaque(I32(_mm512_xor_si512(y, _mm512_set1_epi8(-128))))};
  }
}

[[gnu::always_inline]] inline QuadSum StartQuads(std::int32_t sum) {
  return {I32(0), I32(static_cast<std::int32_t>(-128u * static_cast<std::uint32_t>(sum)))};
}
template <int kVecs>
[[gnu::always_inline]] inline void AddQuads(QuadSum (&sums)[kVecs], const Quad* x,
                                            const S8Quads (&y)[kVecs]) {
  const I32 high = BroadcastFour(x->bytes);
  Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
    sums[i].a = Opaque(I32(_mm512_dpbusd_epi32(sums[i].a, y[i].y, high)));
  });
  const I32 low = BroadcastFour(x->bytes + 4);
  Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
    sums[i].b = Opaque(I32(_mm512_dpbusd_epi32(sums[i].b, y[i].y, low)));
  });
}
template <int kVecs>
[[gnu::always_inline]] inline void AddQuads(QuadSum (&sums)[kVecs], const PositiveQuad* x,
                                            const S8Quads (&y)[kVecs]) {
  const I32 high = BroadcastFour(x->bytes);
  Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
    sums[i].a = Opaque(I32(_mm512_dpbusd_epi32(sums[i].a, high, y[i].y)));
  });
  const I32 low = BroadcastFour(x->bytes + 4);
  Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
    sums[i].b = Opaque(I32(_mm512_dpbusd_epi32(sums[i].b, low, y[i].y)));
  });
}
[[gnu::always_inline]] inline I32 Total(const QuadSum& sum) {
  return I32(_mm512_slli_epi32(sum.a, 8)) + sum.b;
}

#else

template <class X>
void StoreQuads(X* to, std::size_t step, I32 x) {
  std::int32_t lanes[I32::size];
  x.store_unaligned(lanes);
  for (std::size_t i = 0; i < I32::size; ++i) {
    const auto word = static_cast<std::int16_t>(lanes[i]);
    __builtin_memcpy(to[i / 4 * step].bytes + i % 4 * sizeof(word), &word, sizeof(word));
  }
}

struct S8Quads {
  I32 first, second;
};

#if defined(__AVX512BW__)

template <class>
[[gnu::always_inline]] inline S8Quads LoadS8Quads(const std::int8_t* p) {
  const auto* const halves = reinterpret_cast<const __m256i*>(p);
  return {Opaque(I32(_mm512_cvtepi8_epi16(_mm256_loadu_si256(halves)))),
          Opaque(I32(_mm512_cvtepi8_epi16(_mm256_loadu_si256(halves + 1))))};
}
[[gnu::always_inline]] inline I32 BroadcastWords(long long four) { return _mm512_set1_epi64(four); }
[[gnu::always_inline]] inline I32 AddPairs(I32 sum, I32 x, I32 y) {
  return Opaque(sum + I32(_mm512_madd_epi16(x, y)));
}
[[gnu::always_inline]] inline I32 Total(const QuadSum& sum) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  return I32(_mm512_permutex2var_epi32(sum.a, even, sum.b)) +
         I32(_mm512_permutex2var_epi32(sum.a, odd, sum.b));
}

#elif defined(__AVX2__)

template <class>
[[gnu::always_inline]] inline S8Quads LoadS8Quads(const std::int8_t* p) {
  const auto* const halves = reinterpret_cast<const __m128i*>(p);
  return {Opaque(I32(_mm256_cvtepi8_epi16(_mm_loadu_si128(halves)))),
          Opaque(I32(_mm256_cvtepi8_epi16(_mm_loadu_si128(halves + 1))))};
}
[[gnu::always_inline]] inline I32 BroadcastWords(long long four) {
  return _mm256_set1_epi64x(four);
}
[[gnu::always_inline]] inline I32 AddPairs(I32 sum, I32 x, I32 y) {
  return Opaque(sum + I32(_mm256_madd_epi16(x, y)));
}
[[gnu::always_inline]] inline I32 Total(const QuadSum& sum) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(sum.a, sum.b), 0xD8);
}

#elif defined(__SSE2__)

// Each byte lands in the upper half of a 16-bit lane; the arithmetic shift extends its sign.
template <class>
[[gnu::always_inline]] inline S8Quads LoadS8Quads(const std::int8_t* p) {
  const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {Opaque(I32(_mm_srai_epi16(_mm_unpacklo_epi8(y, y), 8))),
          Opaque(I32(_mm_srai_epi16(_mm_unpackhi_epi8(y, y), 8)))};
}
[[gnu::always_inline]] inline I32 BroadcastWords(long long four) { return _mm_set1_epi64x(four); }
[[gnu::always_inline]] inline I32 AddPairs(I32 sum, I32 x, I32 y) {
  return Opaque(sum + I32(_mm_madd_epi16(x, y)));
}
[[gnu::always_inline]] inline I32 Total(const QuadSum& sum) {
  const __m128 a = _mm_castsi128_ps(sum.a), b = _mm_castsi128_ps(sum.b);
  return I32(_mm_castps_si128(_mm_shuffle_ps(a, b, 0x88))) +
         I32(_mm_castps_si128(_mm_shuffle_ps(a, b, 0xDD)));
}

#elif defined(__aarch64__)

template <class>
[[gnu::always_inline]] inline S8Quads LoadS8Quads(const std::int8_t* p) {
  const int8x16_t y = vld1q_s8(p);
  return {Opaque(I32(vreinterpretq_s32_s16(vmovl_s8(vget_low_s8(y))))),
          Opaque(I32(vreinterpretq_s32_s16(vmovl_high_s8(y))))};
}
[[gnu::always_inline]] inline I32 BroadcastWords(long long four) {
  return vreinterpretq_s32_s64(vdupq_n_s64(four));
}
[[gnu::always_inline]] inline I32 AddPairs(I32 sum, I32 x, I32 y) {
  const int16x8_t x16 = vreinterpretq_s16_s32(x), y16 = vreinterpretq_s16_s32(y);
  const int32x4_t low = vmull_s16(vget_low_s16(x16), vget_low_s16(y16));
  return Opaque(I32(vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(x16, y16)))));
}
[[gnu::always_inline]] inline I32 Total(const QuadSum& sum) { return vpaddq_s32(sum.a, sum.b); }

#endif

[[gnu::always_inline]] inline QuadSum StartQuads(std::int32_t) { return {I32(0), I32(0)}; }
template <class X, int kVecs>
[[gnu::always_inline]] inline void AddQuads(QuadSum (&sums)[kVecs], const X* x,
                                            const S8Quads (&y)[kVecs]) {
  long long four;
  __builtin_memcpy(&four, x->bytes, sizeof(four));
  const I32 words = Opaque(BroadcastWords(four));
  Unroll<kVecs>([&](auto i) __attribute__((always_inline)) {
    sums[i].a = AddPairs(sums[i].a, words, y[i].first);
    sums[i].b = AddPairs(sums[i].b, words, y[i].second);
  });
}

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
