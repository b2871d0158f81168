// The product of a sparse row and one token, of channels x[k].
//
//   SpreadDot(sum, values, masks, count, x)    the values are those of the channels of 16 * count
//                                              whose bit is set; count a multiple of 8. AVX-512 only
//   PickDot(sum, values, col_idx, count, x)    value i is that of channel col_idx[i]
//   Total(sum)                                 what the lanes of a sum come to
//
// Values are f32, or blocks of four s8, which meet blocks of activations as DotWord (dot_int8.h) makes
// them; those on AVX2 and AVX-512 only. Channels without a value take no part.
//
// Spreading takes about five cycles for 16 channels on Zen 5, however many of them have a value, and
// picking about one for each value. A gather would take 1.5 to 4 for each.
#pragma once

#include "kernels/simd/dot_int8.h"
#include "kernels/simd/quad.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// How far ahead of their use values are fetched from memory, in bytes. On Zen 5 misses of
// expanding loads hardly overlap: without this INT8 takes three times as long.
constexpr std::size_t kValuesAhead = 6144;

inline void PrefetchValues(const void* values) {
  __builtin_prefetch(static_cast<const char*>(values) + kValuesAhead);
}

// What x has for the i-th of four columns, 16 bits each: one load for four indices, as loads are what
// is scarce. T is float or BlockWord.
template <class T, class Word>
[[gnu::always_inline]] inline T At(const Word* x, std::uint64_t columns, int i) {
  T value;
  __builtin_memcpy(&value, x + (columns >> 16 * i & 0xFFFF) * (sizeof(T) / sizeof(Word)),
                   sizeof(value));
  return value;
}

inline float Total(Quad sum) {
  float lanes[4];
  StoreQuad(lanes, sum);
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

inline Quad AddSums(Quad a, Quad b) { return AddQuads(a, b); }

[[gnu::always_inline]] inline Quad MacFour(Quad sum, const float* values, std::uint64_t c,
                                           const float* x) {
  return MacQuads(
      sum, LoadQuad(values),
      MakeQuad(At<float>(x, c, 0), At<float>(x, c, 1), At<float>(x, c, 2), At<float>(x, c, 3)));
}
[[gnu::always_inline]] inline Quad MacTwo(Quad sum, const float* values, std::uint64_t c,
                                          const float* x) {
  return MacQuads(sum, MakeQuad(values[0], values[1], 0, 0),
                  MakeQuad(At<float>(x, c, 0), At<float>(x, c, 1), 0, 0));
}
inline Quad MacOne(Quad sum, const float* value, std::uint64_t c, const float* x) {
  return MacQuads(sum, MakeQuad(*value, 0, 0, 0), MakeQuad(At<float>(x, c, 0), 0, 0, 0));
}

#if defined(__AVX2__)

#if defined(__AVX512VNNI__)

using BlockWord = std::int32_t;  // the activations of a block
struct BlockSum {
  __m128i lanes = _mm_setzero_si128();
};
inline BlockSum AddSums(BlockSum a, BlockSum b) { return {_mm_add_epi32(a.lanes, b.lanes)}; }
inline __m128i Lower(BlockSum sum) { return sum.lanes; }
[[gnu::always_inline]] inline BlockSum MacBlocks(BlockSum sum, __m128i w, BlockWord x0,
                                                 BlockWord x1, BlockWord x2, BlockWord x3) {
  return {_mm_dpbusd_epi32(sum.lanes, _mm_set_epi32(x3, x2, x1, x0), w)};
}

#else

using BlockWord = std::int64_t;
struct BlockSum {
  __m256i lanes = _mm256_setzero_si256();
};
inline BlockSum AddSums(BlockSum a, BlockSum b) { return {_mm256_add_epi32(a.lanes, b.lanes)}; }
inline __m128i Lower(BlockSum sum) {
  return _mm_add_epi32(_mm256_castsi256_si128(sum.lanes), _mm256_extracti128_si256(sum.lanes, 1));
}
[[gnu::always_inline]] inline BlockSum MacBlocks(BlockSum sum, __m128i w, BlockWord x0,
                                                 BlockWord x1, BlockWord x2, BlockWord x3) {
  const __m256i products =
      _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), _mm256_set_epi64x(x3, x2, x1, x0));
  return {_mm256_add_epi32(sum.lanes, products)};
}

#endif

inline std::int32_t Total(BlockSum sum) {
  __m128i x = Lower(sum);
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0b01'00'11'10));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 1)));
}

[[gnu::always_inline]] inline BlockSum MacFour(BlockSum sum, const std::int8_t* values,
                                               std::uint64_t c, const std::int32_t* x) {
  return MacBlocks(sum, _mm_loadu_si128(reinterpret_cast<const __m128i*>(values)),
                   At<BlockWord>(x, c, 0), At<BlockWord>(x, c, 1), At<BlockWord>(x, c, 2),
                   At<BlockWord>(x, c, 3));
}
[[gnu::always_inline]] inline BlockSum MacTwo(BlockSum sum, const std::int8_t* values,
                                              std::uint64_t c, const std::int32_t* x) {
  return MacBlocks(sum, _mm_loadl_epi64(reinterpret_cast<const __m128i*>(values)),
                   At<BlockWord>(x, c, 0), At<BlockWord>(x, c, 1), 0, 0);
}
inline BlockSum MacOne(BlockSum sum, const std::int8_t* value, std::uint64_t c,
                       const std::int32_t* x) {
  std::int32_t block;
  __builtin_memcpy(&block, value, sizeof(block));
  return MacBlocks(sum, _mm_cvtsi32_si128(block), At<BlockWord>(x, c, 0), 0, 0, 0);
}

#endif

template <class Sum, class Value, class Word>
inline Sum PickDot(Sum sum, const Value* values, const std::uint16_t* col_idx, std::size_t count,
                   const Word* x) {
  constexpr std::size_t kValues = sizeof(Value) == 1 ? 4 : 1;  // of a block
  const auto four = [&](Sum to, std::size_t i) __attribute__((always_inline)) {
    std::uint64_t columns;
    __builtin_memcpy(&columns, col_idx + i, sizeof(columns));
    return MacFour(to, values + i * kValues, columns, x);
  };
  Sum sums[2] = {sum, Sum{}};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    sums[0] = four(sums[0], i);
    sums[1] = four(sums[1], i + 4);
  }
  if (i + 4 <= count) {
    sums[0] = four(sums[0], i);
    i += 4;
  }
  if (i + 2 <= count) {
    std::uint32_t columns;
    __builtin_memcpy(&columns, col_idx + i, sizeof(columns));
    sums[1] = MacTwo(sums[1], values + i * kValues, columns, x);
    i += 2;
  }
  if (i < count) sums[0] = MacOne(sums[0], values + i * kValues, col_idx[i], x);
  return AddSums(sums[0], sums[1]);
}

#if defined(__AVX512F__)

inline float Total(F32 sum) { return ReduceAdd(sum); }
inline std::int32_t Total(I32 sum) { return _mm512_reduce_add_epi32(sum); }

// The values of 16 channels, zeros between them, times x.
inline F32 SpreadMac(F32 sum, __mmask16 lanes, const float* values, const float* x) {
  return _mm512_mask3_fmadd_ps(_mm512_maskz_expandloadu_ps(lanes, values), _mm512_loadu_ps(x), sum,
                               lanes);
}
inline I32 SpreadMac(I32 sum, __mmask16 lanes, const std::int8_t* values, const std::int32_t* x) {
  const __m512i w = _mm512_maskz_expandloadu_epi32(lanes, values);
#if defined(__AVX512VNNI__)
  return Dot(sum, _mm512_loadu_si512(x), w);
#else
  const __m512i lower = _mm512_cvtepi8_epi16(_mm512_castsi512_si256(w)),
                upper = _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(w, 1));
  return Dot(Dot(sum, _mm512_loadu_si512(x), lower), _mm512_loadu_si512(x + 16), upper);
#endif
}

template <class Sum, class Value, class Word>
inline Sum SpreadDot(Sum sum, const Value* values, const std::uint16_t* masks, std::size_t count,
                     const Word* x) {
  constexpr std::size_t kValues = sizeof(Value) == 1 ? 4 : 1;
  constexpr std::size_t kWords = sizeof(Value) == 1 ? 4 / kDotDepth : 1;
  constexpr int kChains = 4;  // to hide the latency of an addition
  Sum sums[kChains] = {sum, Sum(0), Sum(0), Sum(0)};
  for (std::size_t i = 0; i < count; i += kChains) {
    std::uint64_t four;
    __builtin_memcpy(&four, masks + i, sizeof(four));
    Unroll<kChains>([&](auto j) __attribute__((always_inline)) {
      auto lanes = static_cast<std::uint32_t>(four >> 16 * j & 0xFFFF);
      // Else GCC counts bits in 16-bit registers, which wait for what these held.
      asm("" : "+r"(lanes));
      PrefetchValues(values);
      sums[j] =
          SpreadMac(sums[j], static_cast<__mmask16>(lanes), values, x + (i + j) * 16 * kWords);
      values += kValues * static_cast<unsigned>(__builtin_popcount(lanes));
    });
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
