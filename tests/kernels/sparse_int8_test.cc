#include <algorithm>
#include <random>

#include "kernels/int8_matmul/gemm_int8.h"
#include "kernels/sparse_gemm/gemm_sparse_int8.h"
#include "kernels/sparse_gemm/sparse_matrix.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using SparseInt8Test = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, SparseInt8Test, AllIsas(), IsaTestName);

struct Shape {
  std::size_t M, N, K;
  int zeros_of_eight = 6;   // blocks of 1 x 4 that are zero, of eight, on average
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " zeros_of_eight=" << s.zeros_of_eight
      << " padding=" << s.padding << " offset=" << s.offset;
}

// Extreme values, whole blocks of them zero.
void FillBlocks(const Shape& s, Buffer<std::int8_t>& b) {
  FillExtreme(b, 1);
  std::mt19937 rng(2);
  for (std::size_t n = 0; n < s.N; ++n) {
    for (std::size_t k = 0; k < s.K; k += 4) {
      if (static_cast<int>(rng() % 8) >= s.zeros_of_eight) continue;
      for (std::size_t j = k; j < std::min(k + 4, s.K); ++j) b[n * s.K + j] = 0;
    }
  }
}

// The kernels of activations A, sparse and dense, and the least zero point.
template <class A>
struct Kernels;

template <>
struct Kernels<std::uint8_t> {
  static constexpr auto kSparseS32 = &KernelTable::gemm_block1x4_u8s8s32;
  static constexpr auto kSparseF32 = &KernelTable::gemm_block1x4_u8s8f32;
  static constexpr auto kDenseS32 = &KernelTable::gemm_u8s8s32;
  static constexpr auto kDenseF32 = &KernelTable::gemm_u8s8f32;
  static constexpr int kLeast = 0;
};

template <>
struct Kernels<std::int8_t> {
  static constexpr auto kSparseS32 = &KernelTable::gemm_block1x4_s8s8s32;
  static constexpr auto kSparseF32 = &KernelTable::gemm_block1x4_s8s8f32;
  static constexpr auto kDenseS32 = &KernelTable::gemm_s8s8s32;
  static constexpr auto kDenseF32 = &KernelTable::gemm_s8s8f32;
  static constexpr int kLeast = -128;
};

// Against the dense reference, which knows nothing of blocks.
template <class A>
void CheckType(const KernelTable& kernels, const Shape& s, ActivationLayout layout) {
  SCOPED_TRACE(testing::Message() << (Kernels<A>::kLeast == 0 ? "u8" : "s8") << ", feature-major: "
                                  << (layout == ActivationLayout::kFeatureMajor));
  const bool feature_major = layout == ActivationLayout::kFeatureMajor;
  const std::size_t lda = s.K + s.padding, ldc = s.N + s.padding;
  const std::size_t sparse_lda = feature_major ? s.M + s.padding : lda;
  const std::size_t sparse_ldc = feature_major ? s.M + s.padding : ldc;
  Buffer<A> a(s.M * lda, s.offset);
  Buffer<std::int8_t> b(s.N * s.K);
  FillExtreme(a, 3);
  FillBlocks(s, b);
  Buffer<A> sparse_a((feature_major ? s.K : s.M) * sparse_lda, s.offset);
  for (std::size_t m = 0; m < s.M; ++m) {
    for (std::size_t k = 0; k < s.K; ++k) {
      sparse_a[feature_major ? k * sparse_lda + m : m * sparse_lda + k] = a[m * lda + k];
    }
  }
  // What is wanted, as `layout` has it, 77 in the padding.
  const auto laid_out = [&](const auto& want) {
    auto rows = want.ToVector();
    if (!feature_major) return rows;
    rows.assign(s.N * sparse_ldc, 77);
    for (std::size_t m = 0; m < s.M; ++m) {
      for (std::size_t n = 0; n < s.N; ++n) rows[n * sparse_ldc + m] = want[m * ldc + n];
    }
    return rows;
  };
  const std::size_t c_size = (feature_major ? s.N : s.M) * sparse_ldc;
  const Block1x4S8Matrix w = Block1x4S8FromDense({s.N, s.K, b.data(), s.K});
  const std::vector<std::int32_t> sums = RowSums({s.N, s.K, b.data(), s.K});
  {
    SCOPED_TRACE("s32");
    Buffer<std::int32_t> got(c_size, s.offset), want(s.M * ldc);
    std::fill(got.begin(), got.end(), 77);
    std::fill(want.begin(), want.end(), 77);
    (kernels.*Kernels<A>::kSparseS32)({.w = w.view(),
                                       .row_sums = sums.data(),
                                       .M = s.M,
                                       .a = sparse_a.data(),
                                       .lda = sparse_lda,
                                       .c = got.data(),
                                       .ldc = sparse_ldc,
                                       .layout = layout});
    (ReferenceKernels().*Kernels<A>::kDenseS32)({.M = s.M,
                                                 .N = s.N,
                                                 .K = s.K,
                                                 .a = a.data(),
                                                 .lda = lda,
                                                 .packed_b = b.data(),
                                                 .c = want.data(),
                                                 .ldc = ldc});
    ASSERT_EQ(got.ToVector(), laid_out(want));
  }
  Buffer<float> scales(s.N), bias(s.N);
  FillUniform(scales, 4);
  FillUniform(bias, 5);
  std::vector<AffineParams> params(s.M + 1);
  for (std::size_t m = 0; m < params.size(); ++m) {
    params[m] = {0.01f * static_cast<float>(m + 1),
                 Kernels<A>::kLeast + static_cast<std::int32_t>(m * 37 % 256)};
  }
  for (const std::size_t per_row : {0, 1}) {
    SCOPED_TRACE(testing::Message() << "f32, params per row: " << per_row);
    Buffer<float> got(c_size, s.offset), want(s.M * ldc);
    std::fill(got.begin(), got.end(), 77.0f);
    std::fill(want.begin(), want.end(), 77.0f);
    const float* const some_bias = per_row == 1 ? bias.data() : nullptr;
    (kernels.*Kernels<A>::kSparseF32)({.w = w.view(),
                                       .row_sums = sums.data(),
                                       .M = s.M,
                                       .a = sparse_a.data(),
                                       .lda = sparse_lda,
                                       .a_params = params.data(),
                                       .a_params_stride = per_row,
                                       .w_scales = scales.data(),
                                       .bias = some_bias,
                                       .c = got.data(),
                                       .ldc = sparse_ldc,
                                       .layout = layout});
    (ReferenceKernels().*Kernels<A>::kDenseF32)({.M = s.M,
                                                 .N = s.N,
                                                 .K = s.K,
                                                 .a = a.data(),
                                                 .lda = lda,
                                                 .a_params = params.data(),
                                                 .a_params_stride = per_row,
                                                 .packed_b = b.data(),
                                                 .b_scales = scales.data(),
                                                 .bias = some_bias,
                                                 .activation = Activation::kNone,
                                                 .c = want.data(),
                                                 .ldc = ldc});
    ASSERT_EQ(got.ToVector(), laid_out(want));
  }
}

void Check(const KernelTable& kernels, const Shape& s) {
  SCOPED_TRACE(testing::PrintToString(s));
  for (const auto layout : {ActivationLayout::kTokenMajor, ActivationLayout::kFeatureMajor}) {
    CheckType<std::uint8_t>(kernels, s, layout);
    CheckType<std::int8_t>(kernels, s, layout);
  }
}

TEST_P(SparseInt8Test, EverySmallShape) {
  for (std::size_t M : {0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 33}) {
    for (std::size_t N : {0, 1, 3, 5, 17}) {
      for (std::size_t K : {0, 1, 2, 3, 4, 5, 15, 16, 19, 33}) Check(kernels(), {M, N, K});
    }
  }
}

TEST_P(SparseInt8Test, EveryWidthOfTheLastTileOfTokens) {
  for (std::size_t M = 30; M <= 140; ++M) Check(kernels(), {M, 6, 39});
}

TEST_P(SparseInt8Test, StridedAndUnaligned) {
  for (std::size_t M : {1, 7, 70}) Check(kernels(), {M, 7, 41, 4, 5, 3});
}

TEST_P(SparseInt8Test, ManySlices) {
  for (int zeros : {0, 4, 7, 8}) {
    Check(kernels(), {1, 5, 5003, zeros});
    for (std::size_t M : {64, 66}) Check(kernels(), {M, 5, 2600, zeros});
  }
}

TEST_P(SparseInt8Test, ManyGroupsOfChannels) {
  for (std::size_t M : {1, 3}) Check(kernels(), {M, kGroupChannels + 7, 40});
}

TEST(RowSumsTest, AddsEachRow) {
  const std::int8_t b[] = {1, -128, 9, 127, 127, 9};
  EXPECT_EQ(RowSums({2, 2, b, 3}), (std::vector<std::int32_t>{-127, 254}));
}

}  // namespace
}  // namespace podium
