// MultiplyFixedPoint of int8_matmul/fixed_point.h, I32::size integers at once, each by a factor of its
// own: 32 x 32 -> 64 bits, a rounding addend, a shift by a count that differs between lanes.
//
// Products of 64 bits come in two halves: of even and odd lanes on x86, of the lower and the upper
// ones on aarch64. Where the ISA lacks an arithmetic shift of 64 bits, 2^63 is added before a logical one
// and what becomes of it is subtracted after; where it multiplies only unsigned, so it is with 2^31.
#pragma once

#include "kernels/int8_matmul/fixed_point.h"
#include "kernels/simd/partial.h"

namespace podium::PODIUM_ISA {
namespace {

// The factors of I32::size lanes as the instructions want them. Plain memory.
struct FixedPointLanes {
  static constexpr std::size_t kHalf = I32::size / 2;

  std::uint32_t multiplier[I32::size];
  std::uint64_t addend[2][kHalf];
  std::uint64_t shift[2][kHalf];
  std::uint32_t offset[I32::size];  // added to the result, modulo 2^32

  void Set(std::size_t lane, FixedPoint factor) {
#if defined(__aarch64__)
    const std::size_t half = lane / kHalf, i = lane % kHalf;
#else
    const std::size_t half = lane % 2, i = lane / 2;
#endif
    const auto count = static_cast<std::uint64_t>(31 - factor.shift);  // 1..62
    const auto m = static_cast<std::uint64_t>(factor.multiplier);
    multiplier[lane] = static_cast<std::uint32_t>(factor.multiplier);
    shift[half][i] = count;
    addend[half][i] = std::uint64_t{1} << (count - 1);
    offset[lane] = 0;
#if defined(__AVX512F__)
#elif defined(__SSE2__)
    addend[half][i] += std::uint64_t{1} << 63;
    offset[lane] = 0u - static_cast<std::uint32_t>(std::uint64_t{1} << (63 - count));
#if !defined(__AVX2__)
    addend[half][i] -= m << 31;
#endif
#elif defined(__aarch64__)
    shift[half][i] = 0 - count;  // this instruction shifts to the left, and rounds by itself
#endif
    static_cast<void>(m);
  }
};

// The same in registers.
class FixedPointFactors {
 public:
  [[gnu::always_inline]] explicit FixedPointFactors(const FixedPointLanes& lanes)
      : multiplier_(Load(lanes.multiplier)),
        shift0_(Load(lanes.shift[0])),
        shift1_(Load(lanes.shift[1]))
#if !defined(__aarch64__)
        ,
        addend0_(Load(lanes.addend[0])),
        addend1_(Load(lanes.addend[1]))
#endif
#if !defined(__AVX512F__) && !defined(__aarch64__)
        ,
        offset_(Load(lanes.offset))
#endif
  {
  }

  [[gnu::always_inline]] I32 Multiply(I32 x) const {
#if defined(__AVX512F__)
    // Shuffles, not shifts by 32: those would compete with the shifts by shift_.
    const __m512i even = _mm512_mul_epi32(x, multiplier_),
                  odd = _mm512_mul_epi32(_mm512_shuffle_epi32(x, _MM_PERM_DDBB),
                                         _mm512_shuffle_epi32(multiplier_, _MM_PERM_DDBB));
    const __m512i even_rounded = _mm512_srav_epi64(_mm512_add_epi64(even, addend0_), shift0_),
                  odd_rounded = _mm512_srav_epi64(_mm512_add_epi64(odd, addend1_), shift1_);
    return _mm512_mask_shuffle_epi32(even_rounded, 0xAAAA, odd_rounded, _MM_PERM_CCAA);
#elif defined(__AVX2__)
    const __m256i even = _mm256_mul_epi32(x, multiplier_),
                  odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32),
                                         _mm256_srli_epi64(multiplier_, 32));
    const __m256i even_rounded = _mm256_srlv_epi64(_mm256_add_epi64(even, addend0_), shift0_),
                  odd_rounded = _mm256_srlv_epi64(_mm256_add_epi64(odd, addend1_), shift1_);
    return I32(_mm256_blend_epi32(even_rounded, _mm256_slli_epi64(odd_rounded, 32), 0xAA)) +
           offset_;
#elif defined(__SSE2__)
    const __m128i unsigned_x = x ^ I32(INT32_MIN);
    const __m128i even = _mm_mul_epu32(unsigned_x, multiplier_),
                  odd = _mm_mul_epu32(_mm_srli_epi64(unsigned_x, 32),
                                      _mm_srli_epi64(multiplier_, 32));
    const __m128i even_rounded = ShiftRight(_mm_add_epi64(even, addend0_), shift0_),
                  odd_rounded = ShiftRight(_mm_add_epi64(odd, addend1_), shift1_);
    const __m128i low = _mm_set1_epi64x(0xFFFFFFFF);
    return I32(_mm_or_si128(_mm_and_si128(even_rounded, low), _mm_slli_epi64(odd_rounded, 32))) +
           offset_;
#elif defined(__aarch64__)
    const int32x4_t v = x, m = multiplier_;
    const int64x2_t lower = vmull_s32(vget_low_s32(v), vget_low_s32(m)),
                    upper = vmull_high_s32(v, m);
    return vcombine_s32(vmovn_s64(vrshlq_s64(lower, vreinterpretq_s64_s32(shift0_))),
                        vmovn_s64(vrshlq_s64(upper, vreinterpretq_s64_s32(shift1_))));
#endif
  }

 private:
  [[gnu::always_inline]] static I32 Load(const void* p) {
    I32 x;
    __builtin_memcpy(&x, p, sizeof(x));
    return x;
  }
#if defined(__SSE2__) && !defined(__AVX2__)
  // Each half of x by its own half of `counts`.
  [[gnu::always_inline]] static __m128i ShiftRight(__m128i x, __m128i counts) {
    const __m128d upper = _mm_castsi128_pd(_mm_srl_epi64(x, _mm_unpackhi_epi64(counts, counts)));
    return _mm_castpd_si128(
        _mm_shuffle_pd(_mm_castsi128_pd(_mm_srl_epi64(x, counts)), upper, 0b10));
  }
#endif

  I32 multiplier_, shift0_, shift1_;
#if !defined(__aarch64__)
  I32 addend0_, addend1_;
#endif
#if !defined(__AVX512F__) && !defined(__aarch64__)
  I32 offset_;
#endif
};

// The same for small factors. The product's upper half decides: floor(floor(a / 2^32) / 2^k) =
// floor(a / 2^(32 + k)), and half of 2^(32 + k) has no lower half either. Rounding and shift then take 32
// bits a lane.

#if defined(__SSE2__) && !defined(__AVX2__)

// Shifts by one count for all lanes: nothing would be gained.
class SmallFixedPointFactors : public FixedPointFactors {
 public:
  // The first `count` are given; the others are 0.
  [[gnu::always_inline]] SmallFixedPointFactors(const FixedPoint* factors, std::size_t count)
      : FixedPointFactors(Lanes(factors, count)) {}

 private:
  static FixedPointLanes Lanes(const FixedPoint* factors, std::size_t count) {
    FixedPointLanes lanes;
    for (std::size_t i = 0; i < I32::size; ++i) {
      lanes.Set(i, i < count ? factors[i] : FixedPoint());
    }
    return lanes;
  }
};

#else

class SmallFixedPointFactors {
 public:
  // The first `count` are given; the others are 0.
  [[gnu::always_inline]] SmallFixedPointFactors(const FixedPoint* factors, std::size_t count) {
    static_assert(sizeof(FixedPoint) == 2 * sizeof(std::int32_t));
    const auto* words = reinterpret_cast<const std::int32_t*>(factors);
    const I32 a = LoadLanes<I32>(words, 2 * count),
              b = LoadLanes<I32>(words + I32::size,
                                 2 * count > I32::size ? 2 * count - I32::size : 0);
#if defined(__AVX512F__)
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    const I32 shift = _mm512_permutex2var_epi32(a, odd, b);
    multiplier_ = _mm512_permutex2var_epi32(a, even, b);
    multiplier_odd_ = _mm512_shuffle_epi32(multiplier_, _MM_PERM_DDBB);
    shift_ = I32(-1) - xsimd::min(shift, I32(-2));
    addend_ = _mm512_sllv_epi32(_mm512_set1_epi32(1), shift_ - I32(1));
#elif defined(__AVX2__)
    const __m256 x = _mm256_castsi256_ps(a), y = _mm256_castsi256_ps(b);
    const auto order = [](__m256 v) {
      return _mm256_permute4x64_epi64(_mm256_castps_si256(v), 0b11011000);
    };
    const I32 shift = order(_mm256_shuffle_ps(x, y, 0b11011101));
    multiplier_ = order(_mm256_shuffle_ps(x, y, 0b10001000));
    multiplier_odd_ = _mm256_srli_epi64(multiplier_, 32);
    shift_ = I32(-1) - xsimd::min(shift, I32(-2));
    addend_ = _mm256_sllv_epi32(_mm256_set1_epi32(1), shift_ - I32(1));
#elif defined(__aarch64__)
    multiplier_ = vuzp1q_s32(a, b);
    shift_ = vminq_s32(vuzp2q_s32(a, b), vdupq_n_s32(-2));
#endif
  }

  [[gnu::always_inline]] I32 Multiply(I32 x) const {
#if defined(__AVX512F__)
    const __m512i even = _mm512_mul_epi32(x, multiplier_),
                  odd = _mm512_mul_epi32(_mm512_shuffle_epi32(x, _MM_PERM_DDBB), multiplier_odd_);
    const I32 upper = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    return _mm512_srav_epi32(upper + addend_, shift_);
#elif defined(__AVX2__)
    const __m256i even = _mm256_mul_epi32(x, multiplier_),
                  odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), multiplier_odd_);
    const I32 upper = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    return _mm256_srav_epi32(upper + addend_, shift_);
#elif defined(__aarch64__)
    // Twice the product's upper half, and a shift that rounds by itself, to the left by less than 0.
    return vrshlq_s32(vqdmulhq_s32(x, multiplier_), shift_);
#endif
  }

 private:
  I32 multiplier_, shift_;
#if !defined(__aarch64__)
  I32 multiplier_odd_, addend_;
#endif
};

#endif

}  // namespace
}  // namespace podium::PODIUM_ISA
