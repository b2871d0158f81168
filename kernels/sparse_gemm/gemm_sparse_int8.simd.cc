// What the ports allow with AVX-512 VNNI, two dot products and two loads a cycle (Zen 5): four blocks
// and 64 tokens are 16 dot products, which load their activations, and two more loads, one of the
// weights and one of the columns of all four: 9 cycles for 1024 products, 114 a cycle of the 128 that
// dense INT8 has at its peak, and FP32 32. So at 75 % zeros at most 3.6 times dense INT8 and 14 times
// dense FP32, each at its peak.
#include "kernels/sparse_gemm/gemm_sparse_int8.h"

#include <cassert>
#include <type_traits>

#include "kernels/int8_matmul/gemm_int8.h"
#include "kernels/simd/dot_columns.h"
#include "kernels/simd/pick.h"
#include "kernels/simd/sparse_dot.h"
#include "kernels/sparse_gemm/sparse_tile.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kVecs = 4;
#else
constexpr int kVecs = 8;
#endif

// Steps of the dot product per block.
constexpr std::size_t kSteps = Block1x4S8View::kBlockCols / kDotDepth;

struct MacSparseInt8 {
  using View = Block1x4S8View;
  using Acc = I32;
  using Word = std::int32_t;
  static constexpr std::size_t kWords = kSteps;
  struct Weights {
    I32 steps[kSteps];
  };

  [[gnu::always_inline]] static void Spread(const std::int8_t* w, Weights (&weights)[4]) {
    if constexpr (kSteps == 1) {
      float words[4];
      __builtin_memcpy(words, w, sizeof(words));
      const F32 four = BroadcastFour(words);
      Unroll<4>([&](auto i) __attribute__((always_inline)) {
        weights[i].steps[0] = xsimd::bitwise_cast<I32>(RepeatOne<i>(four));
      });
    } else {
      Unroll<4>([&](auto i) __attribute__((always_inline)) {
        weights[i] = SpreadOne(w + i * View::kBlockCols);
      });
    }
  }
  [[gnu::always_inline]] static Weights SpreadOne(const std::int8_t* w) {
    Weights weights;
    Unroll<kSteps>([&](auto s) __attribute__((always_inline)) {
      std::uint32_t word;
      if constexpr (kSteps == 1) {
        __builtin_memcpy(&word, w, sizeof(word));
      } else {
        word = DotWord(w + s * kDotDepth);
      }
      weights.steps[s] = I32(static_cast<std::int32_t>(word));
    });
    return weights;
  }

  template <int kTileVecs>
  [[gnu::always_inline]] static void Step(I32 (&acc)[1][kTileVecs], const std::int32_t* panel,
                                          std::size_t at, const Weights& weights) {
    Unroll<kSteps>([&](auto s) __attribute__((always_inline)) {
      Unroll<kTileVecs>([&](auto v) __attribute__((always_inline)) {
        acc[0][v] =
            Dot(acc[0][v], I32::load_aligned(Place(panel, at) + (s * kTileVecs + v) * I32::size),
                weights.steps[s]);
      });
    });
  }
  template <int kTileVecs>
  [[gnu::always_inline]] static void Step(I32 (&acc)[1][kTileVecs], const std::int32_t* panel,
                                          std::size_t at, const std::int8_t* w) {
    Step(acc, panel, at, SpreadOne(w));
  }
};

#if defined(__AVX2__)
// As OneTokenCsr, of blocks.
template <bool kSpread>
struct OneTokenInt8 {
  using View = Block1x4S8View;
  using Word = std::int32_t;
  using Sum = std::conditional_t<kSpread, I32, BlockSum>;
  static constexpr std::size_t kWords = kSteps;

  static Sum Zero() {
    if constexpr (kSpread) return Sum(0);
    return Sum();
  }
  static void Store(Sum sum, std::int32_t* to) { *to = Total(sum); }
  static Sum Mac(Sum sum, const Segment<View>& s, std::size_t masks, const std::int32_t* x) {
    if constexpr (kSpread) {
      return SpreadDot(sum, s.values, s.masks, masks, x);
    } else {
      return PickDot(sum, s.values, s.col_idx, s.count, x);
    }
  }
};
#endif

// Words of A and of C, whatever they are: both types of A are widened or flipped when the panel is
// made, both types of C are written as words.
struct IoInt8 {
  static constexpr bool direct = false;
  static constexpr std::int32_t* y = nullptr;
  static constexpr std::size_t ldy = 0;

  std::size_t K;
  bool feature_major;
  const void* a;
  bool a_signed;
  std::size_t lda;
  const std::int32_t* row_sums;
  std::int32_t* c;  // or floats
  std::size_t ldc;
  const AffineParams* a_params = nullptr;  // null for the s32 form, which has none of these
  std::size_t a_params_stride = 0;
  const float* w_scales = nullptr;
  const float* bias = nullptr;

  template <std::size_t kWidth>
  const std::int32_t* Load(std::int32_t* panel, std::size_t c0, std::size_t columns, std::size_t m,
                           std::size_t tokens) const {
    auto* const words = reinterpret_cast<std::uint32_t*>(panel);
    const std::size_t k = c0 * Block1x4S8View::kBlockCols;
    const std::size_t at = feature_major ? k * lda + m : m * lda + k;
    const auto load = [&](const auto* from) {
      if (feature_major) {
        LoadChannels(from + at, K - k, columns, tokens, words, kWidth);
      } else {
        LoadTokens(from + at, K - k, columns, tokens, words, kWidth);
      }
    };
    if (a_signed) {
      load(static_cast<const std::int8_t*>(a));
    } else {
      load(static_cast<const std::uint8_t*>(a));
    }
    return panel;
  }

  // `left` values of each token are within A.
  template <class A>
  void LoadTokens(const A* from, std::size_t left, std::size_t columns, std::size_t tokens,
                  std::uint32_t* words, std::size_t width) const {
    constexpr std::size_t kBlock = kDotBlock / kDotDepth;
    std::size_t t = 0;
    for (; t + 4 <= tokens; t += 4) {
      const A* const rows = from + t * lda;
      std::size_t s = 0;
      for (; (s + kBlock) * kDotDepth <= left && s + kBlock <= columns * kSteps; s += kBlock) {
        PackDotWords(rows + s * kDotDepth, lda, words + s * width + t, width);
      }
      for (std::size_t r = 0; r < 4; ++r) {
        LoadSteps(rows + r * lda, left, s, columns * kSteps, words + t + r, width);
      }
    }
    for (; t < tokens; ++t) {
      LoadSteps(from + t * lda, left, 0, columns * kSteps, words + t, width);
    }
    for (; t < width; ++t) {
      for (std::size_t s = 0; s < columns * kSteps; ++s) words[s * width + t] = 0;
    }
  }

  // Of feature-major activations. `left` channels are within A.
  template <class A>
  void LoadChannels(const A* from, std::size_t left, std::size_t columns, std::size_t tokens,
                    std::uint32_t* words, std::size_t width) const {
    constexpr std::size_t kDepth = Block1x4S8View::kBlockCols;
    for (std::size_t i = 0; i < columns; ++i, from += kDepth * lda, words += kSteps * width) {
      const std::size_t depth = left - i * kDepth < kDepth ? left - i * kDepth : kDepth;
      std::size_t t = 0;
      for (; depth == kDepth && t + 16 <= tokens; t += 16) {
        PackDotWordsOfColumns(from + t, lda, words + t, width);
      }
      for (; t < width; ++t) {
        A values[kDepth] = {};
        for (std::size_t j = 0; t < tokens && j < depth; ++j) values[j] = from[j * lda + t];
        for (std::size_t s = 0; s < kSteps; ++s) {
          words[s * width + t] = DotWord(values + s * kDotDepth);
        }
      }
    }
  }

  // Steps s .. end - 1 of a token that has `count` values; zeros beyond them.
  template <class A>
  static void LoadSteps(const A* row, std::size_t count, std::size_t s, std::size_t end,
                        std::uint32_t* words, std::size_t stride) {
    for (; s < end && (s + 1) * kDotDepth <= count; ++s) {
      words[s * stride] = DotWord(row + s * kDotDepth);
    }
    for (; s < end; ++s) {
      A values[kDotDepth] = {};
      for (std::size_t k = s * kDotDepth; k < count; ++k) values[k - s * kDotDepth] = row[k];
      words[s * stride] = DotWord(values);
    }
  }

  // In the order of the operations of gemm_int8.simd.cc, vectorised the other way round.
  void Finish(std::int32_t* sums, std::size_t width, std::size_t n0, std::size_t rows,
              std::size_t m, std::size_t tokens) const {
    constexpr std::size_t kMostTokens = kVecs * I32::size;
    const std::int32_t offset = a_signed ? kDotOffset<std::int8_t> : kDotOffset<std::uint8_t>;
    const bool is_f32 = a_params != nullptr;
    if (is_f32 || offset != 0) {
      alignas(64) std::int32_t offsets[kMostTokens] = {};
      alignas(64) float scales[kMostTokens] = {};
      for (std::size_t t = 0; t < tokens; ++t) {
        const AffineParams params = is_f32 ? a_params[(m + t) * a_params_stride] : AffineParams();
        offsets[t] = offset + params.zero_point;
        scales[t] = params.scale;
      }
      for (std::size_t n = n0; n < n0 + rows; ++n) {
        for (std::size_t t = 0; t < tokens; t += I32::size) {
          std::int32_t* const at = sums + (n - n0) * width + t;
          I32 result =
              LoadLanes<I32>(at, width - t) - I32::load_aligned(offsets + t) * I32(row_sums[n]);
          if (is_f32) {
            F32 value =
                xsimd::to_float(result) * (F32::load_aligned(scales + t) * F32(w_scales[n]));
            if (bias != nullptr) value = value + F32(bias[n]);
            result = xsimd::bitwise_cast<I32>(value);
          }
          StoreLanes(at, result, width - t);
        }
      }
    }
    if (!feature_major) return SumsToTokens(rows, tokens, sums, width, c + m * ldc + n0, ldc);
    for (std::size_t n = 0; n < rows; ++n) {
      __builtin_memcpy(c + (n0 + n) * ldc + m, sums + n * width, tokens * sizeof(*sums));
    }
  }
};

void Gemm(const Block1x4S8View& w, std::size_t M, const IoInt8& io) {
  assert(w.K <= kMaxDepthInt8);
#if defined(__AVX512F__)
  if (M == 1 && w.masks != nullptr) return SweepOneToken<OneTokenInt8<true>>(w, io);
#endif
#if defined(__AVX2__)
  if (M == 1) return SweepOneToken<OneTokenInt8<false>>(w, io);
#endif
  SparseGemm<MacSparseInt8, kVecs>(w, M, io);
}

template <class A>
void GemmS32(const GemmBlock1x4S32Args<A>& args) {
  Gemm(args.w, args.M,
       {.K = args.w.K,
        .feature_major = args.layout == ActivationLayout::kFeatureMajor,
        .a = args.a,
        .a_signed = std::is_signed_v<A>,
        .lda = args.lda,
        .row_sums = args.row_sums,
        .c = args.c,
        .ldc = args.ldc});
}

template <class A>
void GemmF32(const GemmBlock1x4F32Args<A>& args) {
  Gemm(args.w, args.M,
       {.K = args.w.K,
        .feature_major = args.layout == ActivationLayout::kFeatureMajor,
        .a = args.a,
        .a_signed = std::is_signed_v<A>,
        .lda = args.lda,
        .row_sums = args.row_sums,
        .c = reinterpret_cast<std::int32_t*>(args.c),
        .ldc = args.ldc,
        .a_params = args.a_params,
        .a_params_stride = args.a_params_stride,
        .w_scales = args.w_scales,
        .bias = args.bias});
}

}  // namespace

void GemmBlock1x4U8S8S32(const GemmBlock1x4S32Args<std::uint8_t>& args) { GemmS32(args); }
void GemmBlock1x4S8S8S32(const GemmBlock1x4S32Args<std::int8_t>& args) { GemmS32(args); }
void GemmBlock1x4U8S8F32(const GemmBlock1x4F32Args<std::uint8_t>& args) { GemmF32(args); }
void GemmBlock1x4S8S8F32(const GemmBlock1x4F32Args<std::int8_t>& args) { GemmF32(args); }

}  // namespace podium::PODIUM_ISA
