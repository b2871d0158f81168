#include "bench/quality.h"

#include <gtest/gtest.h>

#include <limits>

namespace podium::bench {
namespace {

TEST(CompareToTruthTest, ExactResultIsPerfect) {
  const float got[] = {1, -2, 3, 4};
  const double want[] = {1, -2, 3, 4};
  const Quality quality = CompareToTruth(got, want, 2);
  EXPECT_EQ(quality.max_rel_err, 0);
  EXPECT_EQ(quality.sqnr_db, 300);
  EXPECT_EQ(quality.top1_agreement, 1);
}

TEST(CompareToTruthTest, ErrorsAreRelativeToTheLargestElement) {
  const float got[] = {1.5f, 4};
  const double want[] = {1, 4};
  const Quality quality = CompareToTruth(got, want, 2);
  EXPECT_DOUBLE_EQ(quality.max_rel_err, 0.125);
  EXPECT_NEAR(quality.sqnr_db, 18.3251, 1e-4);  // 10 log10(17 / 0.25)
}

TEST(CompareToTruthTest, TopOneCountsRowsWhoseLargestElementMoved) {
  const float got[] = {1, 2, 9, 8, 5, 6};
  const double want[] = {1, 2, 8, 9, 5, 6};
  EXPECT_DOUBLE_EQ(CompareToTruth(got, want, 2).top1_agreement, 2.0 / 3);
}

TEST(CompareToTruthTest, NanIsAnInfiniteError) {
  const float got[] = {std::numeric_limits<float>::quiet_NaN(), 1};
  const double want[] = {1, 1};
  EXPECT_EQ(CompareToTruth(got, want, 2).max_rel_err, std::numeric_limits<double>::infinity());
}

TEST(MatmulTruthTest, MultipliesByTheTransposeOfB) {
  const float a[] = {1, 2, 3, 4};        // 2 x 2
  const float b[] = {1, 0, 0, 1, 1, 1};  // 3 x 2
  EXPECT_EQ(MatmulTruth(2, 3, 2, a, b), (std::vector<double>{1, 2, 3, 3, 4, 7}));
}

}  // namespace
}  // namespace podium::bench
