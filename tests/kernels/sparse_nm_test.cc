#include <algorithm>

#include "kernels/sparse_gemm/gemm_nm_f32.h"
#include "kernels/sparse_gemm/prune.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using SparseNmTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, SparseNmTest, AllIsas(), IsaTestName);

struct Shape {
  std::size_t M, N, K, keep = 2;
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
  ActivationLayout layout = ActivationLayout::kTokenMajor;

  bool feature_major() const { return layout == ActivationLayout::kFeatureMajor; }
  // From row to row of the activations and the result.
  std::size_t lda() const { return (feature_major() ? M : K) + padding; }
  std::size_t ldc() const { return (feature_major() ? M : N) + padding; }
  std::size_t a_size() const { return (feature_major() ? K : M) * lda(); }
  std::size_t c_size() const { return (feature_major() ? N : M) * ldc(); }
  std::size_t a_at(std::size_t m, std::size_t k) const {
    return feature_major() ? k * lda() + m : m * lda() + k;
  }
  std::size_t c_at(std::size_t m, std::size_t n) const {
    return feature_major() ? n * ldc() + m : m * ldc() + n;
  }
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " keep=" << s.keep
      << " padding=" << s.padding << " offset=" << s.offset
      << (s.feature_major() ? " feature-major" : " token-major");
}

// C, with 1e30 in the padding and wherever a kernel forgets to write.
void Multiply(const KernelTable& kernels, const Shape& s, const Buffer<float>& b,
              const Buffer<float>& a, Buffer<float>& c) {
  std::fill(c.begin(), c.end(), 1e30f);
  Buffer<float> packed(kernels.packed_nm_f32_size(s.N, s.K, s.keep), s.offset);
  kernels.pack_nm_f32(
      {.N = s.N, .K = s.K, .keep = s.keep, .b = b.data(), .ldb = s.K, .packed = packed.data()});
  kernels.gemm_nm_f32({.M = s.M,
                       .N = s.N,
                       .K = s.K,
                       .keep = s.keep,
                       .a = a.data(),
                       .lda = s.lda(),
                       .packed_b = packed.data(),
                       .c = c.data(),
                       .ldc = s.ldc(),
                       .layout = s.layout});
}

// The bound of gemm_nm_f32.h.
void CheckLayout(const KernelTable& kernels, const Shape& s) {
  SCOPED_TRACE(testing::PrintToString(s));
  Buffer<float> b(s.N * s.K), a(s.a_size(), s.offset), c(s.c_size(), s.offset);
  FillUniform(b, 1);
  FillUniform(a, 2);
  PruneOfFour({s.N, s.K, b.data(), s.K, s.keep});
  Multiply(kernels, s, b, a, c);
  const auto z = static_cast<double>(s.keep * ((s.K + 3) / 4));
  for (std::size_t m = 0; m < s.M; ++m) {
    for (std::size_t n = 0; n < s.N; ++n) {
      double want = 0, magnitude = 0;
      for (std::size_t k = 0; k < s.K; ++k) {
        const double product = double{b[n * s.K + k]} * a[s.a_at(m, k)];
        want += product;
        magnitude += std::fabs(product);
      }
      ASSERT_NEAR(c[s.c_at(m, n)], want, (z + 1) * std::ldexp(magnitude, -24))
          << "m=" << m << " n=" << n;
    }
  }
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (i % s.ldc() < s.ldc() - s.padding) continue;
    ASSERT_EQ(c[i], 1e30f) << "padding, at " << i;
  }
}

void Check(const KernelTable& kernels, Shape s) {
  for (const auto layout : {ActivationLayout::kTokenMajor, ActivationLayout::kFeatureMajor}) {
    s.layout = layout;
    CheckLayout(kernels, s);
  }
}

TEST_P(SparseNmTest, EverySmallShape) {
  for (std::size_t keep : {1, 2}) {
    for (std::size_t M : {0, 1, 2, 3, 4, 7, 8, 9, 17}) {
      for (std::size_t N : {0, 1, 3, 4, 5, 16, 17, 65}) {
        for (std::size_t K : {0, 1, 3, 4, 5, 31, 32, 33, 64, 70}) {
          Check(kernels(), {M, N, K, keep});
        }
      }
    }
  }
}

TEST_P(SparseNmTest, StridedAndUnaligned) {
  for (std::size_t M : {1, 9}) {
    for (std::size_t keep : {1, 2}) Check(kernels(), {M, 21, 77, keep, 5, 3});
  }
}

TEST_P(SparseNmTest, EveryWidthOfTheLastTileOfTokens) {
  for (std::size_t M = 10; M <= 84; ++M) Check(kernels(), {M, 6, 40, 1 + M % 2});
}

TEST_P(SparseNmTest, Deep) {
  for (std::size_t M : {1, 8, 33}) Check(kernels(), {M, 20, 3000, 2});
}

TEST_P(SparseNmTest, ManyGroupsOfChannels) { Check(kernels(), {17, kGroupChannels + 7, 150, 2}); }

TEST_P(SparseNmTest, GroupsOfFewerWeights) {
  const Shape s = {3, 5, 40, 2};
  Buffer<float> b(s.N * s.K), a(s.M * s.K), c(s.M * s.N);
  FillUniform(a, 2);
  for (std::size_t n = 0; n < s.N; ++n) b[n * s.K + n * 8] = 1;
  Multiply(kernels(), s, b, a, c);
  for (std::size_t m = 0; m < s.M; ++m) {
    for (std::size_t n = 0; n < s.N; ++n) EXPECT_EQ(c[m * s.N + n], a[m * s.K + n * 8]);
  }
}

// Every place within a group, on every lane.
TEST_P(SparseNmTest, EveryIndex) {
  const Shape s = {1, 70, 64, 1};
  for (std::size_t j = 0; j < s.K; ++j) {
    Buffer<float> b(s.N * s.K), a(s.K), c(s.N);
    FillUniform(a, 2);
    for (std::size_t n = 0; n < s.N; ++n) b[n * s.K + (j + n) % s.K] = 1;
    Multiply(kernels(), s, b, a, c);
    for (std::size_t n = 0; n < s.N; ++n) EXPECT_EQ(c[n], a[(j + n) % s.K]) << "n=" << n;
  }
}

TEST_P(SparseNmTest, InfinityAndNanReachTheRowsThatHaveAWeightForThem) {
  const Shape s = {2, 3, 8, 1};
  Buffer<float> b(s.N * s.K), a(s.M * s.K), c(s.M * s.N);
  FillUniform(a, 2);
  for (std::size_t n = 0; n < s.N; ++n) b[n * s.K + 1] = b[n * s.K + 5] = 1;
  a[1] = std::numeric_limits<float>::infinity();
  b[2 * s.K + 1] = std::numeric_limits<float>::quiet_NaN();
  Multiply(kernels(), s, b, a, c);
  EXPECT_TRUE(std::isinf(c[0]) && std::isinf(c[1]) && std::isnan(c[2]));
  EXPECT_TRUE(std::isfinite(c[3]) && std::isfinite(c[4]) && std::isnan(c[5]));
}

}  // namespace
}  // namespace podium
