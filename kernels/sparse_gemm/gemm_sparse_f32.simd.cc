#include "kernels/sparse_gemm/gemm_sparse_f32.h"

#include <type_traits>

#include "kernels/simd/fma.h"
#include "kernels/simd/pick.h"
#include "kernels/simd/quad.h"
#include "kernels/simd/sparse_dot.h"
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
  using Weights = F32;

  [[gnu::always_inline]] static void Spread(const float* w, F32 (&weights)[4]) {
    const F32 four = BroadcastFour(w);
    Unroll<4>([&](auto i) __attribute__((always_inline)) { weights[i] = RepeatOne<i>(four); });
  }

  template <int kVecs>
  [[gnu::always_inline]] static void Step(F32 (&acc)[1][kVecs], const float* panel, std::size_t at,
                                          F32 weight) {
    Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
      acc[0][v] = Fma(weight, F32::load_aligned(Place(panel, at) + v * F32::size), acc[0][v]);
    });
  }

  template <int kRows, int kVecs>
  [[gnu::always_inline]] static void Step(F32 (&acc)[kRows][kVecs], const float* panel,
                                          std::size_t at, const float* w) {
    F32 xv[kVecs];
    Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
      xv[v] = F32::load_aligned(Place(panel, at) + v * F32::size);
    });
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      const F32 weight(w[r]);
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        acc[r][v] = Fma(weight, xv[v], acc[r][v]);
      });
    });
  }
};

// Sums of single weights, each of them in all lanes of a batch or of a Quad.
template <bool kSpread>
struct OneTokenCsr {
  using View = CsrView;
  using Word = float;
  using Sum = std::conditional_t<kSpread, F32, Quad>;
  static constexpr std::size_t kWords = 1;

  static Sum Zero() {
    if constexpr (kSpread) return Sum(0);
    return Sum();
  }
  static void Store(Sum sum, float* to) { *to = Total(sum); }
  static Sum Mac(Sum sum, const Segment<View>& s, std::size_t masks, const float* x) {
    if constexpr (kSpread) {
      return SpreadDot(sum, s.values, s.masks, masks, x);
    } else {
      return PickDot(sum, s.values, s.col_idx, s.count, x);
    }
  }
};

// Sums of four channels.
struct OneTokenBlock4x1 {
  using View = Block4x1View;
  using Word = float;
  using Sum = Quad;
  static constexpr std::size_t kWords = 1;

  static Sum Zero() { return Sum(); }
  static void Store(Sum sum, float* to) { StoreQuad(to, sum); }
  static Sum Mac(Sum sum, const Segment<View>& s, std::size_t, const float* x) {
    Quad sums[4] = {sum};
    std::size_t i = 0;
    for (; i + 4 <= s.count; i += 4) {
      std::uint64_t columns;
      __builtin_memcpy(&columns, s.col_idx + i, sizeof(columns));
      PrefetchValues(s.values + i * 4);
      Unroll<4>([&](auto c) __attribute__((always_inline)) {
        sums[c] = MacQuad(sums[c], LoadQuad(s.values + (i + c) * 4), At<float>(x, columns, c));
      });
    }
    for (; i < s.count; ++i) {
      sums[0] = MacQuad(sums[0], LoadQuad(s.values + i * 4), x[s.col_idx[i]]);
    }
    return AddQuads(AddQuads(sums[0], sums[1]), AddQuads(sums[2], sums[3]));
  }
};

struct OneTokenIo {
  const float* x;
  std::size_t ldx;  // from channel to channel
  float* y;
  std::size_t ldy;

  template <std::size_t kWidth>
  void Load(float* panel, std::size_t c0, std::size_t columns, std::size_t, std::size_t) const {
    for (std::size_t k = 0; k < columns; ++k) panel[k] = x[(c0 + k) * ldx];
  }
  void Finish(const float* sums, std::size_t, std::size_t n0, std::size_t rows, std::size_t,
              std::size_t) const {
    for (std::size_t n = 0; n < rows; ++n) y[(n0 + n) * ldy] = sums[n];
  }
};

template <int kVecs, class View, class OneToken>
void Gemm(const GemmSparseF32Args<View>& args, const OneToken& one_token) {
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor;
  if (args.M == 1) {
    one_token(
        OneTokenIo{args.x, feature_major ? args.ldx : 1, args.y, feature_major ? args.ldy : 1});
  } else {
    SparseGemm<MacSparseF32<View>, kVecs>(args.w, args.M,
                                          IoF32{feature_major, args.x, args.ldx, args.y, args.ldy});
  }
}

}  // namespace

void GemmCsrF32(const GemmCsrF32Args& args) {
  Gemm<kCsrVecs>(args, [&](const OneTokenIo& io) {
#if defined(__AVX512F__)
    if (args.w.masks != nullptr) return SweepOneToken<OneTokenCsr<true>>(args.w, io);
#endif
    SweepOneToken<OneTokenCsr<false>>(args.w, io);
  });
}

void GemmBlock4x1F32(const GemmBlock4x1F32Args& args) {
  Gemm<kBlockVecs>(args,
                   [&](const OneTokenIo& io) { SweepOneToken<OneTokenBlock4x1>(args.w, io); });
}

}  // namespace podium::PODIUM_ISA
