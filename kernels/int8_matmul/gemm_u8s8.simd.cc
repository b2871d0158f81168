#include "kernels/int8_matmul/gemm_u8s8.h"

#include <cassert>
#include <cstring>

#include "kernels/dense/gemm_tile.h"
#include "kernels/simd/dot_u8s8.h"

namespace podium::PODIUM_ISA {
namespace {

struct MacU8S8 {
  using Acc = I32;
  using Scalar = std::int32_t;
  using A = std::uint8_t;
  using B = std::int8_t;
  using Word = std::int32_t;
  static constexpr std::size_t kDepth = kDotDepth;
  static constexpr int kVecs = 2;
#if defined(__AVX512F__)
  static constexpr int kRows = 10;  // as for f32
#elif defined(__aarch64__)
  static constexpr int kRows = 8;
#else
  static constexpr int kRows = 5;  // one less than f32: the product needs a register of its own
#endif

  static std::int32_t ToWord(const std::uint8_t* a) { return DotWord(a); }
  static I32 LoadB(const std::int8_t* b) { return LoadDotWeights(b); }
  static I32 Step(I32 acc, I32 a, I32 b) { return DotU8S8(acc, a, b); }
};

struct StoreS32 {
  std::int32_t* c;
  std::size_t ldc;

  void operator()(I32 acc, std::size_t m, std::size_t n, std::size_t count) const {
    StoreLanes(c + m * ldc + n, acc, count);
  }
};

struct StoreDequantized {
  const GemmU8S8F32Args& args;
  const std::int32_t* row_sums;

  void operator()(I32 acc, std::size_t m, std::size_t n, std::size_t count) const {
    const I32 zero_point(args.a_zero_point);
    const I32 sum = acc - zero_point * LoadLanes<I32>(row_sums + n, count);
    const F32 scale = F32(args.a_scale) * LoadLanes<F32>(args.b_scales + n, count);
    F32 y = xsimd::to_float(sum) * scale;
    if (args.bias != nullptr) y = y + LoadLanes<F32>(args.bias + n, count);
    StoreLanes(args.c + m * args.ldc + n, y, count);
  }
};

// The row sums stand behind the panels.
const std::int32_t* RowSums(const std::int8_t* packed, std::size_t N, std::size_t K) {
  return reinterpret_cast<const std::int32_t*>(packed + PackedSize<MacU8S8>(N, K));
}

}  // namespace

std::size_t PackedS8Size(std::size_t N, std::size_t K) {
  return PackedSize<MacU8S8>(N, K) + N * sizeof(std::int32_t);
}

void PackS8(const PackS8Args& args) {
  PackPanels<MacU8S8>(args.N, args.K, args.b, args.ldb, args.packed);
  std::int8_t* sums = args.packed + PackedSize<MacU8S8>(args.N, args.K);
  for (std::size_t n = 0; n < args.N; ++n) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < args.K; ++k) sum += args.b[n * args.ldb + k];
    std::memcpy(sums + n * sizeof(sum), &sum, sizeof(sum));
  }
}

void GemmU8S8S32(const GemmU8S8S32Args& args) {
  assert(args.K <= kMaxDepthU8S8);
  const GemmProblem<MacU8S8> problem = {.M = args.M,
                                        .N = args.N,
                                        .K = args.K,
                                        .a = args.a,
                                        .lda = args.lda,
                                        .packed_b = args.packed_b,
                                        .c = args.c,
                                        .ldc = args.ldc};
  Gemm(problem, StoreS32{args.c, args.ldc});
}

void GemmU8S8F32(const GemmU8S8F32Args& args) {
  assert(args.K <= kMaxDepthU8S8);
  assert(args.a_zero_point >= 0 && args.a_zero_point <= 255);
  const GemmProblem<MacU8S8> problem = {.M = args.M,
                                        .N = args.N,
                                        .K = args.K,
                                        .a = args.a,
                                        .lda = args.lda,
                                        .packed_b = args.packed_b,
                                        // An s32 and an f32 are of one size: sums wait in C.
                                        .c = reinterpret_cast<std::int32_t*>(args.c),
                                        .ldc = args.ldc};
  Gemm(problem, StoreDequantized{args, RowSums(args.packed_b, args.N, args.K)});
}

}  // namespace podium::PODIUM_ISA
