#include <algorithm>

#include "kernels/sparse_gemm/prune.h"
#include "kernels/sparse_gemm/sparse_matrix.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using SparseGemmTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, SparseGemmTest, AllIsas(), IsaTestName);

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Shape {
  std::size_t M, N, K;
  double sparsity = 0.5;
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " sparsity=" << s.sparsity
      << " padding=" << s.padding << " offset=" << s.offset;
}

// Y, of N rows of M + padding, with 1e30 in the padding and wherever a kernel forgets to write.
void MultiplyCsr(const KernelTable& kernels, const Shape& s, const Buffer<float>& w,
                 const Buffer<float>& x, Buffer<float>& y) {
  std::fill(y.begin(), y.end(), 1e30f);
  const CsrMatrix matrix = CsrFromDense({s.N, s.K, w.data(), s.K});
  const std::size_t ld = s.M + s.padding;
  kernels.gemm_csr_f32({matrix.view(), s.M, x.data(), ld, y.data(), ld});
}
void MultiplyBlock4x1(const KernelTable& kernels, const Shape& s, const Buffer<float>& w,
                      const Buffer<float>& x, Buffer<float>& y) {
  std::fill(y.begin(), y.end(), 1e30f);
  const Block4x1Matrix matrix = Block4x1FromDense({s.N, s.K, w.data(), s.K});
  const std::size_t ld = s.M + s.padding;
  kernels.gemm_block4x1_f32({matrix.view(), s.M, x.data(), ld, y.data(), ld});
}

// A sum of z products is within gamma_z * sum |w * x| of the exact one, gamma_z = z u / (1 - z u),
// u = 2^-24 (Higham, section 3.1); z + 1 covers the reference's own rounding to float. A block's
// zeros add nothing, so the z non-zeros of w bound both forms.
void ExpectProduct(const Shape& s, const Buffer<float>& w, const Buffer<float>& x,
                   const Buffer<float>& y) {
  const std::size_t ld = s.M + s.padding;
  for (std::size_t n = 0; n < s.N; ++n) {
    for (std::size_t m = 0; m < s.M; ++m) {
      double want = 0, magnitude = 0;
      std::size_t nonzeros = 0;
      for (std::size_t k = 0; k < s.K; ++k) {
        const double product = double{w[n * s.K + k]} * x[k * ld + m];
        want += product;
        magnitude += std::fabs(product);
        nonzeros += w[n * s.K + k] != 0;
      }
      const double bound = static_cast<double>(nonzeros + 1) * std::ldexp(magnitude, -24) + 1e-44;
      ASSERT_NEAR(y[n * ld + m], want, bound) << "n=" << n << " m=" << m;
    }
    for (std::size_t m = s.M; m < ld; ++m) ASSERT_EQ(y[n * ld + m], 1e30f) << "padding, n=" << n;
  }
}

void Check(const KernelTable& kernels, const Shape& s) {
  SCOPED_TRACE(testing::PrintToString(s));
  const std::size_t ld = s.M + s.padding;
  Buffer<float> w(s.N * s.K), x(s.K * ld, s.offset), y(s.N * ld, s.offset);
  FillUniform(w, 1);
  FillUniform(x, 2);
  PruneMagnitude({s.N, s.K, w.data(), s.K, s.sparsity});
  {
    SCOPED_TRACE("csr");
    MultiplyCsr(kernels, s, w, x, y);
    ExpectProduct(s, w, x, y);
  }
  {
    SCOPED_TRACE("block4x1, with zeros inside blocks");
    MultiplyBlock4x1(kernels, s, w, x, y);
    ExpectProduct(s, w, x, y);
  }
}

TEST_P(SparseGemmTest, EverySmallShape) {
  for (std::size_t M : {0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 33}) {
    for (std::size_t N : {0, 1, 3, 4, 5, 9}) {
      for (std::size_t K : {0, 1, 2, 5, 6, 33}) Check(kernels(), {M, N, K});
    }
  }
}

TEST_P(SparseGemmTest, EveryWidthOfTheLastTileOfTokens) {
  for (std::size_t M = 30; M <= 140; ++M) Check(kernels(), {M, 6, 9});
}

TEST_P(SparseGemmTest, StridedAndUnaligned) {
  for (std::size_t M : {1, 7, 70}) {
    for (std::size_t offset : {1, 3}) {
      Check(kernels(), {.M = M, .N = 7, .K = 19, .padding = 5, .offset = offset});
    }
  }
}

TEST_P(SparseGemmTest, DeeperThanOnePanel) {
  for (double sparsity : {0.3, 0.9, 0.999}) {
    Check(kernels(), {1, 5, 40000, sparsity});
    Check(kernels(), {2, 5, 9001, sparsity});
    Check(kernels(), {67, 6, 1100, sparsity});
  }
}

TEST_P(SparseGemmTest, MoreRowsThanOneSweep) {
  Check(kernels(), {3, 4 * 1024 + 7, 40, 0.9});
  Check(kernels(), {1, 4 * 1024 + 7, 40, 0.9});
}

TEST_P(SparseGemmTest, FullMatrix) { Check(kernels(), {21, 9, 300, 0.0}); }

TEST_P(SparseGemmTest, EmptyMatrixGivesZeros) { Check(kernels(), {21, 9, 300, 1.0}); }

// Sums of numbers up to 2^60 stay finite; those of the smallest denormals are exact.
TEST_P(SparseGemmTest, HugeAndDenormalMagnitudes) {
  for (std::size_t M : {1, 19}) {
    const Shape s = {M, 5, 50};
    Buffer<float> w(s.N * s.K), x(s.K * M), y(s.N * M);
    FillUniform(w, 1);
    FillUniform(x, 2);
    PruneMagnitude({s.N, s.K, w.data(), s.K, s.sparsity});
    for (float& v : w) v *= 0x1p60f;
    for (float& v : x) v *= 0x1p60f;
    MultiplyCsr(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
    MultiplyBlock4x1(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);

    for (float& v : w) v = v == 0 ? 0.0f : 1.0f;
    for (float& v : x) v = 0x1p-149f;
    MultiplyCsr(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
    MultiplyBlock4x1(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
  }
}

// Token 1 has an infinity in channel 2, which rows 0 and 4 have a weight for; row 3 has a NaN.
TEST_P(SparseGemmTest, InfinityAndNanReachRowsThatStoreTheirColumnOnly) {
  for (std::size_t M : {2, 20}) {
    const Shape s = {M, 8, 5};
    Buffer<float> w(s.N * s.K), x(s.K * M), y(s.N * M);
    FillUniform(x, 2);
    x[2 * M + 1] = kInfinity;
    for (std::size_t n = 0; n < s.N; ++n) w[n * s.K + n % 2] = 1;
    w[0 * s.K + 2] = w[4 * s.K + 2] = 1;
    w[3 * s.K + 4] = kNan;
    MultiplyCsr(kernels(), s, w, x, y);
    for (std::size_t n = 0; n < s.N; ++n) {
      for (std::size_t m = 0; m < M; ++m) {
        SCOPED_TRACE(testing::Message() << "n=" << n << " m=" << m);
        EXPECT_EQ(std::isnan(y[n * M + m]), n == 3);
        EXPECT_EQ(std::isinf(y[n * M + m]), m == 1 && (n == 0 || n == 4));
      }
    }
    // A block stores its zeros: 0 * infinity is NaN.
    MultiplyBlock4x1(kernels(), s, w, x, y);
    for (std::size_t n = 0; n < s.N; ++n) {
      SCOPED_TRACE(testing::Message() << "n=" << n);
      EXPECT_EQ(std::isfinite(y[n * M]), n != 3);
      EXPECT_FALSE(std::isfinite(y[n * M + 1]));
    }
  }
}

std::size_t Zeros(const Buffer<float>& b) {
  return static_cast<std::size_t>(std::count(b.data(), b.data() + b.size(), 0.0f));
}

TEST(PruneMagnitudeTest, ZeroesTheRoundedCount) {
  for (double sparsity : {0.0, 0.1, 0.5, 0.9, 0.95, 1.0}) {
    Buffer<float> b(7 * 13);
    FillUniform(b, 3);
    PruneMagnitude({7, 13, b.data(), 13, sparsity});
    EXPECT_EQ(Zeros(b), static_cast<std::size_t>(std::round(sparsity * 7 * 13))) << sparsity;
  }
}

TEST(PruneMagnitudeTest, KeepsTheLargest) {
  Buffer<float> b(6);
  const float values[] = {1, -5, 3, -2, 4, 0.5f};
  std::copy_n(values, 6, b.data());
  PruneMagnitude({2, 3, b.data(), 3, 0.5});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{0, -5, 3, 0, 4, 0}));
}

TEST(PruneMagnitudeTest, PrunesTheFirstAmongEquals) {
  Buffer<float> b(5);
  const float values[] = {1, -1, 1, -1, 1};
  std::copy_n(values, 5, b.data());
  PruneMagnitude({1, 5, b.data(), 5, 0.6});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{0, 0, 0, -1, 1}));
}

TEST(PruneMagnitudeTest, ZerosOfBeforeCount) {
  Buffer<float> b(4);
  const float values[] = {3, 0, 1, 2};
  std::copy_n(values, 4, b.data());
  PruneMagnitude({1, 4, b.data(), 4, 0.5});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{3, 0, 0, 2}));
}

TEST(PruneMagnitudeTest, LeavesThePaddingOfRows) {
  Buffer<float> b(6);
  std::fill(b.begin(), b.end(), 1.0f);
  PruneMagnitude({2, 2, b.data(), 3, 1.0});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{0, 0, 1, 0, 0, 1}));
}

TEST(PruneMagnitudeTest, NanIsLargerThanInfinity) {
  Buffer<float> b(3);
  const float values[] = {-kNan, kInfinity, 1};
  std::copy_n(values, 3, b.data());
  PruneMagnitude({1, 3, b.data(), 3, 2.0 / 3});
  EXPECT_TRUE(std::isnan(b[0]));
  EXPECT_EQ(Zeros(b), 2u);
}

TEST(PruneMagnitudeTest, EmptyMatrix) {
  Buffer<float> b(0);
  PruneMagnitude({0, 5, b.data(), 5, 0.5});
  PruneMagnitude({5, 0, b.data(), 0, 0.5});
}

TEST(PruneBlocks4x1Test, ZeroesTheRoundedCountOfWholeBlocks) {
  constexpr std::size_t N = 12, K = 7;
  Buffer<float> b(N * K);
  FillUniform(b, 3);
  PruneBlocks4x1({N, K, b.data(), K, 0.7});
  EXPECT_EQ(Zeros(b), 4u * 15);  // round(0.7 * 21) blocks
  EXPECT_EQ(Block4x1FromDense({N, K, b.data(), K}).nnz(), 4u * 6);
}

TEST(PruneBlocks4x1Test, OrdersByTheSumOfMagnitudes) {
  Buffer<float> b(8);
  const float values[] = {-2, 5, 2, 0, -2, 0, 2, 0};  // columns of norm 8 and 5
  std::copy_n(values, 8, b.data());
  PruneBlocks4x1({4, 2, b.data(), 2, 0.5});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{-2, 0, 2, 0, -2, 0, 2, 0}));
}

TEST(PruneBlocks4x1Test, LastBlockMayBeShorter) {
  Buffer<float> b(5);
  std::fill(b.begin(), b.end(), 1.0f);
  PruneBlocks4x1({5, 1, b.data(), 1, 0.5});
  EXPECT_EQ(b.ToVector(), (std::vector<float>{1, 1, 1, 1, 0}));
}

TEST(SparseMatrixTest, CsrStoresTheNonzerosOfEachRowInOrder) {
  const float b[] = {0, 2, -3,    9,  //
                     0, 0, -0.0f, 9,  //
                     4, 0, 5,     9};
  const CsrMatrix csr = CsrFromDense({3, 3, b, 4});
  EXPECT_EQ(csr.row_ptr, (std::vector<std::uint32_t>{0, 2, 2, 4}));
  EXPECT_EQ(csr.col_idx, (std::vector<std::uint32_t>{1, 2, 0, 2}));
  EXPECT_EQ(csr.values, (std::vector<float>{2, -3, 4, 5}));
  EXPECT_EQ(csr.size_bytes(), 4u * (4 + 4 + 4));
}

TEST(SparseMatrixTest, Block4x1PadsTheLastBlockRow) {
  const float b[] = {0, 1,  //
                     0, 0,  //
                     0, 2,  //
                     0, 0,  //
                     3, 0};
  const Block4x1Matrix blocks = Block4x1FromDense({5, 2, b, 2});
  EXPECT_EQ(blocks.row_ptr, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(blocks.col_idx, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(blocks.values, (std::vector<float>{1, 0, 2, 0, 3, 0, 0, 0}));
  EXPECT_EQ(blocks.size_bytes(), 4u * (3 + 2 + 8));
}

TEST(SparseMatrixTest, NoRows) {
  EXPECT_EQ(CsrFromDense({0, 3, nullptr, 3}).row_ptr, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(Block4x1FromDense({0, 3, nullptr, 3}).row_ptr, (std::vector<std::uint32_t>{0}));
}

}  // namespace
}  // namespace podium
