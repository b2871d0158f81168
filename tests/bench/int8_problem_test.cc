// The rows' own verification: can it fail?
#include "bench/int8_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <type_traits>

#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr MatmulShape kSmall = {10, 20, 30};
// 2^28 / (64 * 272) = 15420 of its rows are known, the second is not.
constexpr MatmulShape kLarge = {16384, 64, 272};

// The scalar reference, whose result `spoil` may change.
template <class T>
Matmul<T> Reference(const MatmulShape& shape, const std::function<void(T*)>& spoil) {
  const auto [M, N, K] = shape;
  const auto p = SharedInt8Problem(shape);
  Matmul<T> matmul = {.size_bytes = 0,
                      .packed_bytes = ReferenceKernels().packed_s8_size(N, K),
                      .a_bytes = M * K,
                      .pack = nullptr,
                      .bind = nullptr};
  matmul.pack = [=, N = N, K = K](std::byte* packed) {
    ReferenceKernels().pack_s8(
        {N, K, p->weights->b.data(), K, reinterpret_cast<std::int8_t*>(packed)});
  };
  matmul.bind = [=, M = M, N = N, K = K](const std::byte* packed, T* c) {
    return [=] {
      const auto* const w = reinterpret_cast<const std::int8_t*>(packed);
      if constexpr (std::is_same_v<T, float>) {
        ReferenceKernels().gemm_u8s8f32({M, N, K, p->a.data(), K, &p->params, 0, w,
                                         p->weights->scales.data(), p->weights->bias.data(),
                                         Activation::kNone, c, N});
      } else {
        ReferenceKernels().gemm_u8s8s32({M, N, K, p->a.data(), K, w, c, N});
      }
      spoil(c);
    };
  };
  return matmul;
}

std::string Error(const Row& row) {
  row.run();
  return std::string(row.verify().message());
}

std::string S32Error(const MatmulShape& shape, const std::function<void(std::int32_t*)>& spoil) {
  return Error(MakeMatmulU8S8S32({shape}, Reference(shape, spoil)));
}

std::string F32Error(const MatmulShape& shape, Rounding rounding,
                     const std::function<void(float*)>& spoil) {
  return Error(MakeMatmulU8S8F32({shape}, /*bias=*/true, rounding, Reference(shape, spoil)));
}

TEST(Int8ProblemTest, SumsOfTheReferenceAreRight) {
  EXPECT_EQ(S32Error(kSmall, [](std::int32_t*) {}), "");
}

TEST(Int8ProblemTest, SumThatIsOffByOneIsNamed) {
  EXPECT_THAT(S32Error(kSmall, [](std::int32_t* c) { ++c[3 * 20 + 7]; }), StartsWith("C[3, 7] = "));
}

TEST(Int8ProblemTest, Float32OfTheReferenceIsRight) {
  EXPECT_EQ(F32Error(kLarge, Rounding::kOurs, [](float*) {}), "");
}

TEST(Int8ProblemTest, LastBitCountsForOurs) {
  const auto spoil = [](float* c) { c[7] *= 1 + 0x1p-23f; };
  EXPECT_THAT(F32Error(kSmall, Rounding::kOurs, spoil), StartsWith("C[0, 7] = "));
  EXPECT_EQ(F32Error(kSmall, Rounding::kOther, spoil), "");
}

TEST(Int8ProblemTest, OtherRoundingIsNoLicence) {
  EXPECT_THAT(F32Error(kSmall, Rounding::kOther, [](float* c) { c[7] += 0.01f; }),
              StartsWith("C[0, 7] = "));
}

TEST(Int8ProblemTest, WrongElementOfAnUnknownRowIsFound) {
  const auto problem = SharedInt8Problem(kLarge);
  std::size_t unknown = 1;
  for (std::size_t m : problem->rows) unknown += m == unknown;
  ASSERT_LT(unknown, kLarge.M);
  EXPECT_THAT(
      F32Error(kLarge, Rounding::kOurs, [=](float* c) { c[unknown * kLarge.N + 5] += 0.01f; }),
      HasSubstr("a weighted sum of row "));
}

}  // namespace
}  // namespace podium::bench
