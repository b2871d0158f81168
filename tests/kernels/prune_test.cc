#include "kernels/sparse_gemm/prune.h"

#include <algorithm>

#include "kernels/sparse_gemm/sparse_matrix.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

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
  EXPECT_EQ(Block4x1FromDense({N, K, b.data(), K}).nnz, 4u * 6);
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

std::vector<float> Pruned(void (*prune)(const PruneArgs&), std::size_t N, std::vector<float> b,
                          double sparsity) {
  const std::size_t K = b.size() / N;
  prune({N, K, b.data(), K, sparsity});
  return b;
}

TEST(PruneBlocks1x4Test, OrdersNeighboursAlongKByTheSumOfMagnitudes) {
  EXPECT_EQ(Pruned(PruneBlocks1x4, 1, {1, -1, 1, 1, 0, 5, 0, 0, 3, 0}, 2.0 / 3),
            (std::vector<float>{0, 0, 0, 0, 0, 5, 0, 0, 0, 0}));
}

TEST(PruneRowsTest, ZeroesTheRowsOfSmallestNorm) {
  EXPECT_EQ(Pruned(PruneRows, 3, {1, 1, 3, 0, 0, 2}, 2.0 / 3),
            (std::vector<float>{0, 0, 3, 0, 0, 0}));
}

TEST(PruneColumnsTest, ZeroesTheColumnsOfSmallestNorm) {
  EXPECT_EQ(Pruned(PruneColumns, 2, {1, 2, -3, 1, 2, 0}, 1.0 / 3),
            (std::vector<float>{0, 2, -3, 0, 2, 0}));
}

TEST(PruneColumnsTest, NoRows) {
  Buffer<float> b(0);
  PruneColumns({0, 5, b.data(), 5, 0.5});
  PruneRows({5, 0, b.data(), 0, 0.5});
}

TEST(PruneMagnitudeGlobalTest, TakesMoreFromTheLayerOfSmallWeights) {
  std::vector<float> small = {1, 9, 2, 9, 9, 9}, large = {5, -2, 7};  // small's rows are padded
  const PruneLayer layers[] = {{2, 1, small.data(), 2}, {1, 3, large.data(), 3}};
  PruneMagnitudeGlobal(layers, 0.4);
  EXPECT_EQ(small, (std::vector<float>{0, 9, 0, 9, 9, 9}));
  EXPECT_EQ(large, (std::vector<float>{5, -2, 7}));
}

TEST(PruneRandomTest, TheSeedDecides) {
  std::vector<float> first(100, 1.0f), again = first, other = first;
  PruneRandom({10, 10, first.data(), 10, 0.3}, 7);
  PruneRandom({10, 10, again.data(), 10, 0.3}, 7);
  PruneRandom({10, 10, other.data(), 10, 0.3}, 8);
  EXPECT_EQ(std::count(first.begin(), first.end(), 0.0f), 30);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

// What an implementation of MT19937-64 in another language chose.
TEST(PruneRandomTest, TheSameWeightsEverywhere) {
  std::vector<float> b(12, 1.0f);
  PruneRandom({3, 4, b.data(), 4, 5.0 / 12}, 7);
  EXPECT_EQ(b, (std::vector<float>{1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0}));
}

std::vector<float> OfFour(std::size_t keep, std::vector<float> b) {
  PruneOfFour({1, b.size(), b.data(), b.size(), keep});
  return b;
}

TEST(PruneOfFourTest, KeepsTheLargestOfEachGroup) {
  EXPECT_EQ(OfFour(2, {1, -4, 3, 2, 9, 8, 7, 6}), (std::vector<float>{0, -4, 3, 0, 9, 8, 0, 0}));
  EXPECT_EQ(OfFour(1, {1, -4, 3, 2, 9, 8, 7, 6}), (std::vector<float>{0, -4, 0, 0, 9, 0, 0, 0}));
}

TEST(PruneOfFourTest, PrunesTheFirstAmongEquals) {
  EXPECT_EQ(OfFour(2, {1, 1, 1, -1}), (std::vector<float>{0, 0, 1, -1}));
}

TEST(PruneOfFourTest, ShortGroupsKeepWhatFits) {
  EXPECT_EQ(OfFour(2, {1, 2, 3, 4, 1, 2}), (std::vector<float>{0, 0, 3, 4, 1, 2}));
  EXPECT_EQ(OfFour(2, {3, 1, 2}), (std::vector<float>{3, 0, 2}));
}

}  // namespace
}  // namespace podium
