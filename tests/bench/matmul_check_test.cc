#include "bench/matmul_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bench/inputs.h"

namespace podium::bench {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST(SpreadRowsTest, HoldsTheFirstAndTheLast) {
  EXPECT_THAT(SpreadRows(10, 4), ElementsAre(0, 3, 6, 9));
  EXPECT_THAT(SpreadRows(3, 8), ElementsAre(0, 1, 2));
  EXPECT_THAT(SpreadRows(5, 1), ElementsAre(0));
  EXPECT_THAT(SpreadRows(0, 8), ElementsAre());
}

// K = 1, norms 1: the bound is 2 * 2^-24 = 1.2e-7.
TEST(MatmulCheckTest, AcceptsRoundingAndRejectsMore) {
  const float one[] = {1.0f};
  const MatmulCheck check(1, 1, 1, one, one);
  const float rounded[] = {1.0f + 0x1p-23f};
  EXPECT_TRUE(check.Check(rounded).ok());
  const float wrong[] = {1.0f + 0x1p-22f};
  EXPECT_FALSE(check.Check(wrong).ok());
}

// 40 rows, of which 8 are known in full (rows 0, 5, 11, ...), and 20 columns: one group, and 4 more.
class LargeMatmulCheckTest : public testing::Test {
 protected:
  static constexpr std::size_t M = 40, N = 20, K = 30;

  LargeMatmulCheckTest() {
    for (std::size_t m = 0; m < M; ++m) {
      for (std::size_t n = 0; n < N; ++n) {
        double sum = 0;
        for (std::size_t k = 0; k < K; ++k) sum += double{a_[m * K + k]} * b_[n * K + k];
        c_.push_back(static_cast<float>(sum));
      }
    }
  }

  std::string Error() const { return std::string(check_.Check(c_).message()); }

  AlignedVector<float> a_ = Activations(M, K, 1), b_ = Weights(N, K, 2);
  MatmulCheck check_{M, N, K, a_, b_, /*most_products=*/1};
  std::vector<float> c_;
};

TEST_F(LargeMatmulCheckTest, AcceptsTheResult) { EXPECT_EQ(Error(), ""); }

TEST_F(LargeMatmulCheckTest, NamesAWrongElementOfAKnownRow) {
  c_[5 * N + 3] += 0.01f;
  EXPECT_THAT(Error(), StartsWith("C[5, 3] = "));
}

TEST_F(LargeMatmulCheckTest, NamesTheGroupOfAnyOtherWrongElement) {
  c_[6 * N + 3] += 0.01f;
  EXPECT_THAT(Error(), StartsWith("C[6, 0..15]: "));
}

TEST_F(LargeMatmulCheckTest, RejectsASwapOfTwoColumns) {
  std::swap(c_[7 * N + 17], c_[7 * N + 18]);
  EXPECT_THAT(Error(), StartsWith("C[7, 16..19]: "));
}

TEST_F(LargeMatmulCheckTest, RejectsNan) {
  c_[39 * N] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Error(), StartsWith("C[39, 0] = nan"));
  c_[39 * N] = 0;
  c_[38 * N] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(Error(), "");
}

TEST_F(LargeMatmulCheckTest, QualityIsThatOfTheKnownRows) {
  std::vector<float> biased = c_;
  const std::vector<float> bias(N, 0.5f);
  for (float& x : biased) x += 0.5f;
  biased[6 * N] += 100;  // no known row
  EXPECT_GT(check_.QualityOf(biased, bias).sqnr_db, 100);
  EXPECT_LT(check_.QualityOf(biased).sqnr_db, 100);
}

}  // namespace
}  // namespace podium::bench
