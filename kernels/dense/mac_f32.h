// The FP32 step of gemm_tile.h, and its register tile per ISA.
#pragma once

#include "kernels/dense/gemm_tile.h"
#include "kernels/simd/fma.h"

namespace podium::PODIUM_ISA {
namespace {

struct MacF32 {
  using Acc = F32;
  using Scalar = float;
  using A = float;
  using B = float;
  using Word = float;
  static constexpr std::size_t kDepth = 1;
  static constexpr int kVecs = 2;
#if defined(__AVX512F__)
  static constexpr int kRows = 10;  // 20 sums of 32 registers; 12 and more spill under GCC 12
#elif defined(__aarch64__)
  static constexpr int kRows = 8;  // 16 sums of 32 registers
#else
  static constexpr int kRows = 6;  // 12 sums, 2 weights, 1 broadcast of 16 registers
#endif

  static float ToWord(const float* a) { return *a; }
  static F32 LoadB(const float* b) { return F32::load_unaligned(b); }
  static F32 Step(F32 acc, F32 a, F32 b) { return Fma(a, b, acc); }
};

}  // namespace
}  // namespace podium::PODIUM_ISA
