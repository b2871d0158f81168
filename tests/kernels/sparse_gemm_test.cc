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

using Layout = ActivationLayout;

struct Shape {
  std::size_t M, N, K;
  double sparsity = 0.5;
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
  Layout layout = Layout::kFeatureMajor;
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " sparsity=" << s.sparsity
      << " padding=" << s.padding << " offset=" << s.offset
      << (s.layout == Layout::kFeatureMajor ? " feature-major" : " token-major");
}

// Activations of `channels` channels, padded rows and all.
struct Activations {
  Activations(const Shape& s, std::size_t channels)
      : feature_major(s.layout == Layout::kFeatureMajor),
        row_size(feature_major ? s.M : channels),
        ld(row_size + s.padding),
        data((feature_major ? channels : s.M) * ld, s.offset) {}

  float& at(std::size_t channel, std::size_t m) {
    return data[feature_major ? channel * ld + m : m * ld + channel];
  }

  bool feature_major;
  std::size_t row_size, ld;
  Buffer<float> data;
};

// With 1e30 in the padding and wherever a kernel forgets to write.
void MultiplyCsr(const KernelTable& kernels, const Shape& s, const Buffer<float>& w, Activations& x,
                 Activations& y) {
  std::fill(y.data.begin(), y.data.end(), 1e30f);
  const CsrMatrix matrix = CsrFromDense({s.N, s.K, w.data(), s.K});
  kernels.gemm_csr_f32({matrix.view(), s.M, s.layout, x.data.data(), x.ld, y.data.data(), y.ld});
}
void MultiplyBlock4x1(const KernelTable& kernels, const Shape& s, const Buffer<float>& w,
                      Activations& x, Activations& y) {
  std::fill(y.data.begin(), y.data.end(), 1e30f);
  const Block4x1Matrix matrix = Block4x1FromDense({s.N, s.K, w.data(), s.K});
  kernels.gemm_block4x1_f32(
      {matrix.view(), s.M, s.layout, x.data.data(), x.ld, y.data.data(), y.ld});
}

// A sum of z products is within gamma_z * sum |w * x| of the exact one, gamma_z = z u / (1 - z u),
// u = 2^-24 (Higham, section 3.1); z + 1 covers the reference's own rounding to float. A block's
// zeros add nothing, so the z non-zeros of w bound both forms.
void ExpectProduct(const Shape& s, const Buffer<float>& w, Activations& x, Activations& y) {
  for (std::size_t n = 0; n < s.N; ++n) {
    for (std::size_t m = 0; m < s.M; ++m) {
      double want = 0, magnitude = 0;
      std::size_t nonzeros = 0;
      for (std::size_t k = 0; k < s.K; ++k) {
        if (w[n * s.K + k] == 0) continue;
        const double product = double{w[n * s.K + k]} * x.at(k, m);
        want += product;
        magnitude += std::fabs(product);
        ++nonzeros;
      }
      const double bound = static_cast<double>(nonzeros + 1) * std::ldexp(magnitude, -24) + 1e-44;
      ASSERT_NEAR(y.at(n, m), want, bound) << "n=" << n << " m=" << m;
    }
  }
  for (std::size_t i = 0; i < y.data.size(); ++i) {
    if (i % y.ld < y.row_size) continue;
    ASSERT_EQ(y.data[i], 1e30f) << "padding, at " << i;
  }
}

void CheckLayout(const KernelTable& kernels, const Shape& s) {
  SCOPED_TRACE(testing::PrintToString(s));
  Buffer<float> w(s.N * s.K);
  Activations x(s, s.K), y(s, s.N);
  FillUniform(w, 1);
  FillUniform(x.data, 2);
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

void Check(const KernelTable& kernels, Shape s) {
  for (const Layout layout : {Layout::kFeatureMajor, Layout::kTokenMajor}) {
    s.layout = layout;
    CheckLayout(kernels, s);
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

TEST_P(SparseGemmTest, ManySlices) {
  for (double sparsity : {0.3, 0.9, 0.999}) {
    Check(kernels(), {1, 5, 9001, sparsity});
    Check(kernels(), {2, 5, 9001, sparsity});
    Check(kernels(), {64, 6, 1100, sparsity});
    Check(kernels(), {64, 8, 1100, sparsity});
    Check(kernels(), {67, 6, 1100, sparsity});
  }
}

TEST_P(SparseGemmTest, ManyGroupsOfChannels) {
  Check(kernels(), {3, 2 * kGroupChannels + 7, 140, 0.9});
  Check(kernels(), {1, 2 * kGroupChannels + 7, 140, 0.9});
}

TEST_P(SparseGemmTest, FullMatrix) { Check(kernels(), {21, 9, 300, 0.0}); }

TEST_P(SparseGemmTest, EmptyMatrixGivesZeros) { Check(kernels(), {21, 9, 300, 1.0}); }

// Sums of numbers up to 2^60 stay finite; those of the smallest denormals are exact.
TEST_P(SparseGemmTest, HugeAndDenormalMagnitudes) {
  for (std::size_t M : {1, 19}) {
    const Shape s = {M, 5, 50};
    Buffer<float> w(s.N * s.K);
    Activations x(s, s.K), y(s, s.N);
    FillUniform(w, 1);
    FillUniform(x.data, 2);
    PruneMagnitude({s.N, s.K, w.data(), s.K, s.sparsity});
    for (float& v : w) v *= 0x1p60f;
    for (float& v : x.data) v *= 0x1p60f;
    MultiplyCsr(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
    MultiplyBlock4x1(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);

    for (float& v : w) v = v == 0 ? 0.0f : 1.0f;
    for (float& v : x.data) v = 0x1p-149f;
    MultiplyCsr(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
    MultiplyBlock4x1(kernels(), s, w, x, y);
    ExpectProduct(s, w, x, y);
  }
}

// Token 1 has an infinity in channel 2, which rows 0 and 4 have a weight for; row 3 has a NaN.
TEST_P(SparseGemmTest, InfinityAndNanReachRowsThatStoreTheirColumnOnly) {
  for (std::size_t M : {2, 16, 20}) {
    const Shape s = {M, 8, 5};
    Buffer<float> w(s.N * s.K);
    Activations x(s, s.K), y(s, s.N);
    FillUniform(x.data, 2);
    x.at(2, 1) = kInfinity;
    for (std::size_t n = 0; n < s.N; ++n) w[n * s.K + n % 2] = 1;
    w[0 * s.K + 2] = w[4 * s.K + 2] = 1;
    w[3 * s.K + 4] = kNan;
    MultiplyCsr(kernels(), s, w, x, y);
    for (std::size_t n = 0; n < s.N; ++n) {
      for (std::size_t m = 0; m < M; ++m) {
        SCOPED_TRACE(testing::Message() << "n=" << n << " m=" << m);
        EXPECT_EQ(std::isnan(y.at(n, m)), n == 3);
        EXPECT_EQ(std::isinf(y.at(n, m)), m == 1 && (n == 0 || n == 4));
      }
    }
    // A block stores its zeros: 0 * infinity is NaN.
    MultiplyBlock4x1(kernels(), s, w, x, y);
    for (std::size_t n = 0; n < s.N; ++n) {
      SCOPED_TRACE(testing::Message() << "n=" << n);
      EXPECT_EQ(std::isfinite(y.at(n, 0)), n != 3);
      EXPECT_FALSE(std::isfinite(y.at(n, 1)));
    }
  }
}

std::vector<int> Rows(const std::vector<SparseSegment>& segments) {
  std::vector<int> rows;
  for (const SparseSegment& segment : segments) rows.push_back(segment.row);
  return rows;
}
std::vector<int> Counts(const std::vector<SparseSegment>& segments) {
  std::vector<int> counts;
  for (const SparseSegment& segment : segments) counts.push_back(segment.count);
  return counts;
}

TEST(SparseMatrixTest, CsrStoresLongSegmentsFirst) {
  const float b[] = {0, 0, -0.0f, 9,  //
                     0, 2, -3,    9,  //
                     7, 0, 0,     9,  //
                     4, 6, 5,     9};
  const CsrMatrix csr = CsrFromDense({4, 3, b, 4});
  EXPECT_EQ(Rows(csr.segments), (std::vector<int>{3, 1, 2, 0}));
  EXPECT_EQ(Counts(csr.segments), (std::vector<int>{3, 2, 1, 0}));
  EXPECT_EQ(csr.col_idx, (std::vector<std::uint16_t>{0, 1, 2, 1, 2, 0}));
  EXPECT_EQ(csr.values, (std::vector<float>{4, 6, 5, 2, -3, 7}));
  EXPECT_EQ(csr.nnz, 6u);
  EXPECT_EQ(csr.size_bytes(), 4u * 4 + 6 * (2 + 4) + csr.masks.size() * 2);
}

TEST(SparseMatrixTest, MasksSayWhichColumnsAreStored) {
  float b[2 * 20] = {};
  for (const std::size_t k : {0, 3, 15, 16, 19}) b[k] = 1;
  for (std::size_t k = 0; k < 16; ++k) b[20 + k] = 1;
  const CsrMatrix csr = CsrFromDense({2, 20, b, 20});
  EXPECT_EQ(Rows(csr.segments), (std::vector<int>{1, 0}));
  const std::size_t masks = csr.slice_columns / kMaskColumns;
  ASSERT_EQ(csr.masks.size(), 2 * masks);
  EXPECT_EQ(csr.masks[0], 0xFFFF);
  EXPECT_EQ(csr.masks[1], 0);
  EXPECT_EQ(csr.masks[masks], 1 << 0 | 1 << 3 | 1 << 15);
  EXPECT_EQ(csr.masks[masks + 1], 1 << 0 | 1 << 3);
}

TEST(SparseMatrixTest, NoMasksWhereFewColumnsAreStored) {
  const float b[] = {0, 0, 0, 1};
  EXPECT_TRUE(CsrFromDense({1, 4, b, 4}).masks.empty());
  EXPECT_EQ(CsrFromDense({1, 4, b, 4}).view().masks, nullptr);
}

TEST(SparseMatrixTest, Block4x1PadsTheLastBlockRow) {
  const float b[] = {0, 1,  //
                     0, 0,  //
                     0, 2,  //
                     0, 0,  //
                     3, 0};
  const Block4x1Matrix blocks = Block4x1FromDense({5, 2, b, 2});
  EXPECT_EQ(Rows(blocks.segments), (std::vector<int>{0, 1}));
  EXPECT_EQ(Counts(blocks.segments), (std::vector<int>{1, 1}));
  EXPECT_EQ(blocks.col_idx, (std::vector<std::uint16_t>{1, 0}));
  EXPECT_EQ(blocks.values, (std::vector<float>{1, 0, 2, 0, 3, 0, 0, 0}));
  EXPECT_EQ(blocks.nnz, 5u);
  EXPECT_EQ(blocks.size_bytes(), 2u * 4 + 2 * (2 + 16));
}

TEST(SparseMatrixTest, Block1x4PadsTheLastBlockOfARow) {
  const std::int8_t b[] = {0, 0, 0, 0, 1, -2, 9};
  const Block1x4S8Matrix blocks = Block1x4S8FromDense({1, 6, b, 7});
  EXPECT_EQ(Counts(blocks.segments), (std::vector<int>{1}));
  EXPECT_EQ(blocks.col_idx[0], 1);
  EXPECT_EQ(blocks.values, (std::vector<std::int8_t>{1, -2, 0, 0}));
  EXPECT_EQ(blocks.nnz, 2u);
}

TEST(SparseMatrixTest, SparserMatricesHaveLongerSlices) {
  Buffer<float> b(64 * 2048);
  FillUniform(b, 3);
  EXPECT_EQ(CsrFromDense({64, 2048, b.data(), 2048}).slice_columns, 128u);
  PruneMagnitude({64, 2048, b.data(), 2048, 0.95});
  EXPECT_EQ(CsrFromDense({64, 2048, b.data(), 2048}).slice_columns, 293u);
}

TEST(SparseMatrixTest, NoRows) {
  EXPECT_TRUE(CsrFromDense({0, 3, nullptr, 3}).segments.empty());
  EXPECT_TRUE(Block4x1FromDense({0, 3, nullptr, 3}).segments.empty());
}

}  // namespace
}  // namespace podium
