// The FP32 step of gemm_tile.h, and its register tile per ISA.
#pragma once

#include "kernels/dense/gemm_tile.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/transpose.h"

namespace podium::PODIUM_ISA {
namespace {

struct MacF32 {
  using Acc = F32;
  using Scalar = float;
  using B = float;
  using Word = float;
  static constexpr std::size_t kDepth = 1;
  static constexpr int kVecs = 2;
#if defined(__AVX512F__)
  static constexpr int kRows = 10;  // 20 sums of 32 registers; 12 and more spill under GCC 12
  // 24 sums, 4 weights, 1 broadcast: 10 loads for 24 products instead of 12 for 20.
  static constexpr int kWideRows = 6, kWideFrom = 21;
#elif defined(__aarch64__)
  static constexpr int kRows = 8;  // 16 sums of 32 registers
  static constexpr int kWideRows = 0, kWideFrom = 0;
#else
  static constexpr int kRows = 6;  // 12 sums, 2 weights, 1 broadcast of 16 registers
  static constexpr int kWideRows = 0, kWideFrom = 0;
#endif
  // A panel's block and a tile of A (16 + 6 KiB on AVX2, 32 + 10 on AVX-512) share L1.
  static constexpr std::size_t kBlockSteps = 256;

  static F32 LoadB(const float* b) { return F32::load_unaligned(b); }
  [[gnu::always_inline]] static void Step(F32 (&acc)[kVecs], F32 x, const F32 (&w)[kVecs]) {
    Unroll<kVecs>([&](auto v)
                      __attribute__((always_inline)) { acc[v] = Opaque(Fma(x, w[v], acc[v])); });
    KeepAlive(x);  // or GCC 12 would move the last sum to its register
  }
};

struct RowsF32 {
  using A = float;
  static float ToWord(const float* a) { return *a; }
  static constexpr std::size_t kBlock = 4;
  static void PackBlock(const float* a, std::size_t lda, float* words, std::size_t stride) {
    Words4 rows[4];
    for (int r = 0; r < 4; ++r) rows[r] = LoadWords4(a + r * lda);
    Transpose4x4(rows);
    for (int s = 0; s < 4; ++s) StoreWords4(words + s * stride, rows[s]);
  }
};

// C = A * B^T of GemmF32Args, or of any arguments with such members, each sum handed to `store`.
template <class Args, class Store>
void GemmF32Into(const Args& args, const Store& store) {
  const GemmProblem<MacF32> problem = {.M = args.M,
                                       .N = args.N,
                                       .K = args.K,
                                       .packed_b = args.packed_b,
                                       .panel_stride = PanelSize<MacF32>(args.K),
                                       .c = args.c,
                                       .ldc = args.ldc};
  Gemm(problem, RowsOfA<RowsF32>{args.a, args.lda}, store);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
