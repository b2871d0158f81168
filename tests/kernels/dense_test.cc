#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using DenseTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, DenseTest, AllIsas(), IsaTestName);

struct Shape {
  std::size_t M, N, K;
  std::size_t padding;  // elements between the end of a row and the next
  std::size_t offset;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " padding=" << s.padding
      << " offset=" << s.offset;
}

// |computed - exact| <= gamma_K * sum |a * b| with gamma_K = K u / (1 - K u), u = 2^-24 (Higham,
// section 3.1); K + 1 covers the reference's own rounding to float.
void ExpectMatchesReference(const KernelTable& kernels, const Shape& s, const Buffer<float>& a,
                            std::size_t lda, const Buffer<float>& b, std::size_t ldb) {
  SCOPED_TRACE(testing::PrintToString(s));
  Buffer<float> packed(kernels.packed_f32_size(s.N, s.K), s.offset);
  kernels.pack_f32({s.N, s.K, b.data(), ldb, packed.data()});
  const std::size_t ldc = s.N + s.padding;
  Buffer<float> c(s.M * ldc, s.offset);
  for (float& x : c) x = 1e30f;  // C is overwritten, not added to
  kernels.gemm_f32({s.M, s.N, s.K, a.data(), lda, packed.data(), c.data(), ldc});
  for (std::size_t m = 0; m < s.M; ++m) {
    for (std::size_t n = 0; n < s.N; ++n) {
      double want = 0, magnitude = 0;
      for (std::size_t k = 0; k < s.K; ++k) {
        const double product = double{a[m * lda + k]} * b[n * ldb + k];
        want += product;
        magnitude += std::fabs(product);
      }
      const double bound = static_cast<double>(s.K + 1) * std::ldexp(magnitude, -24) + 1e-44;
      ASSERT_NEAR(c[m * ldc + n], want, bound) << "m=" << m << " n=" << n;
    }
    for (std::size_t n = s.N; n < ldc; ++n) ASSERT_EQ(c[m * ldc + n], 1e30f) << "padding, m=" << m;
  }
}

void Check(const KernelTable& kernels, const Shape& s) {
  const std::size_t ld = s.K + s.padding;
  Buffer<float> a(s.M * ld, s.offset), b(s.N * ld, s.offset);
  FillUniform(a, 1);
  FillUniform(b, 2);
  ExpectMatchesReference(kernels, s, a, ld, b, ld);
}

TEST_P(DenseTest, GemmF32EverySmallShape) {
  for (std::size_t M : {0, 1, 2, 4, 5, 6, 7, 9, 10, 11, 21}) {
    for (std::size_t N : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65}) {
      for (std::size_t K : {0, 1, 2, 7, 8, 9, 33}) Check(kernels(), {M, N, K, 0, 0});
    }
  }
}

TEST_P(DenseTest, GemmF32StridedAndUnaligned) {
  for (std::size_t offset : {1, 3}) {
    Check(kernels(), {7, 33, 17, 5, offset});
    Check(kernels(), {1, 40, 19, 1, offset});
  }
}

TEST_P(DenseTest, GemmF32DeeperThanOneBlockOfK) {
  for (std::size_t M : {1, 2, 3, 13, 37}) Check(kernels(), {M, 37, 9001, 0, 0});
}

TEST_P(DenseTest, GemmF32MoreRowsThanOneBlock) { Check(kernels(), {300, 50, 300, 0, 0}); }

TEST_P(DenseTest, GemmF32WeightsBeyondTheCaches) {
  Check(kernels(), {1, 4100, 600, 0, 0});
  Check(kernels(), {4, 4100, 600, 0, 0});
}

TEST_P(DenseTest, GemmF32ChannelsCanBeCutAtMultiplesOf64) {
  constexpr std::size_t M = 3, N = 200, K = 37;
  Buffer<float> a(M * K), b(N * K), packed(kernels().packed_f32_size(N, K));
  FillUniform(a, 1);
  FillUniform(b, 2);
  kernels().pack_f32({N, K, b.data(), K, packed.data()});
  std::vector<float> whole(M * N), parts(M * N);
  kernels().gemm_f32({M, N, K, a.data(), K, packed.data(), whole.data(), N});
  for (std::size_t n = 0; n < N; n += kPackedChannels) {
    kernels().gemm_f32({M, std::min(kPackedChannels, N - n), K, a.data(), K,
                        packed.data() + kernels().packed_f32_size(n, K), parts.data() + n, N});
  }
  EXPECT_EQ(parts, whole);
}

TEST_P(DenseTest, GemmF32InfinityAndNanReachTheirOutputsOnly) {
  constexpr std::size_t M = 3, N = 20, K = 18;
  Buffer<float> a(M * K), b(N * K), packed(kernels().packed_f32_size(N, K)), c(M * N);
  FillUniform(a, 1);
  FillUniform(b, 2);
  a[1 * K + 4] = std::numeric_limits<float>::infinity();
  b[7 * K + 5] = std::numeric_limits<float>::quiet_NaN();
  kernels().pack_f32({N, K, b.data(), K, packed.data()});
  kernels().gemm_f32({M, N, K, a.data(), K, packed.data(), c.data(), N});
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t n = 0; n < N; ++n) {
      SCOPED_TRACE(testing::Message() << "m=" << m << " n=" << n);
      if (n == 7) {
        EXPECT_TRUE(std::isnan(c[m * N + n]));
      } else {
        EXPECT_EQ(std::isfinite(c[m * N + n]), m != 1);
      }
    }
  }
}

}  // namespace
}  // namespace podium
