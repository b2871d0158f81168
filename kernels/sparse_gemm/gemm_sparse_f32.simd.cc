#include "kernels/sparse_gemm/gemm_sparse_f32.h"

#include "kernels/simd/fma.h"
#include "kernels/simd/gather.h"
#include "kernels/simd/quad.h"
#include "kernels/sparse_gemm/sparse_tile.h"

namespace podium::PODIUM_ISA {
namespace {

// Batches of tokens in the register tile: 64 tokens where the registers hold them.
#if defined(__AVX512F__)
constexpr int kCsrVecs = 4;
constexpr int kBlockVecs = 4;
#else
constexpr int kCsrVecs = 8;
constexpr int kBlockVecs = 2;
#endif

template <class SomeView>
struct MacSparseF32 {
  using View = SomeView;
  using Acc = F32;
  using Word = float;
  static constexpr std::size_t kWords = 1;

  template <int kRows, int kVecs>
  [[gnu::always_inline]] static void Step(F32 (&acc)[kRows][kVecs], const float* x,
                                          const float* w) {
    F32 xv[kVecs];
    Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
      xv[v] = F32::load_aligned(x + v * F32::size);
    });
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      const F32 weight(w[r]);
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        acc[r][v] = Fma(weight, xv[v], acc[r][v]);
      });
    });
  }
};

// One token: no vector of them to share a weight. A block of four channels still fills a Quad.
template <class View>
struct OneTokenTile;

template <>
struct OneTokenTile<CsrView> {
  static constexpr std::size_t kWidth = 1;

  static void Multiply(const Segment<CsrView>& s, const float* panel, std::size_t /*rows*/,
                       std::size_t /*tokens*/, float* y, std::size_t /*ldy*/) {
    const float sum = SparseDot(s.values, s.col_idx, s.count, panel);
    *y = s.first ? sum : *y + sum;
  }
};

template <>
struct OneTokenTile<Block4x1View> {
  static constexpr std::size_t kWidth = 1;

  static void Multiply(const Segment<Block4x1View>& s, const float* panel, std::size_t rows,
                       std::size_t /*tokens*/, float* y, std::size_t ldy) {
    Quad acc[4] = {ZeroQuad(), ZeroQuad(), ZeroQuad(), ZeroQuad()};
    const auto step = [&](Quad & sum, std::size_t i) __attribute__((always_inline)) {
      sum = MacQuad(sum, LoadQuad(s.values + i * 4), panel[s.col_idx[i]]);
    };
    std::size_t i = 0;
    for (; i + 4 <= s.count; i += 4) {
      Unroll<4>([&](auto c) __attribute__((always_inline)) { step(acc[c], i + c); });
    }
    for (; i < s.count; ++i) step(acc[0], i);
    float sums[4];
    StoreQuad(sums, AddQuads(AddQuads(acc[0], acc[1]), AddQuads(acc[2], acc[3])));
    for (std::size_t r = 0; r < rows; ++r) y[r * ldy] = s.first ? sums[r] : y[r * ldy] + sums[r];
  }
};

struct IoF32 {
  bool direct;  // feature-major
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;

  // Lanes beyond the tokens are zeros, and their sums are never stored.
  template <std::size_t kWidth>
  void Load(float* panel, std::size_t c0, std::size_t columns, std::size_t m,
            std::size_t tokens) const {
    if constexpr (kWidth == 1) {
      for (std::size_t k = 0; k < columns; ++k) panel[k] = x[(c0 + k) * ldx];
    } else if (direct) {
      constexpr int kVecs = kWidth / F32::size;
      for (std::size_t k = 0; k < columns; ++k) {
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
          constexpr std::size_t kBegin = v * F32::size;
          LoadLanes<F32>(x + (c0 + k) * ldx + m + kBegin, tokens - kBegin)
              .store_aligned(panel + k * kWidth + kBegin);
        });
      }
    } else {
      TransposeWords(tokens, columns, x + m * ldx + c0, ldx, panel, kWidth);
      for (std::size_t k = 0; tokens < kWidth && k < columns; ++k) {
        for (std::size_t t = tokens; t < kWidth; ++t) panel[k * kWidth + t] = 0;
      }
    }
  }

  void Finish(const float* sums, std::size_t width, std::size_t n0, std::size_t rows, std::size_t m,
              std::size_t tokens) const {
    TransposeWords(rows, tokens, sums, width, y + m * ldy + n0, ldy);
  }
};

template <int kVecs, class View>
void Gemm(const GemmSparseF32Args<View>& args) {
  using Mac = MacSparseF32<View>;
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor;
  if (args.M == 1) {
    // A token's channels stand ldx apart, or 1.
    const IoF32 io = {true, args.x, feature_major ? args.ldx : 1, args.y,
                      feature_major ? args.ldy : 1};
    SweepTokens<Mac, OneTokenTile<View>>(args.w, io, 0, 1);
  } else {
    SparseGemm<Mac, kVecs>(args.w, args.M,
                           IoF32{feature_major, args.x, args.ldx, args.y, args.ldy});
  }
}

}  // namespace

void GemmCsrF32(const GemmCsrF32Args& args) { Gemm<kCsrVecs>(args); }
void GemmBlock4x1F32(const GemmBlock4x1F32Args& args) { Gemm<kBlockVecs>(args); }

}  // namespace podium::PODIUM_ISA
