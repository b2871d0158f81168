#include "bench/matmul_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "bench/caches.h"
#include "bench/matmul_problem.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(MatmulKeysTest, NamesWhatIsNotTheRule) {
  EXPECT_THAT(MatmulKeys({{1, 2, 3}}), ElementsAre(Pair("M", "1"), Pair("N", "2"), Pair("K", "3")));
  EXPECT_THAT(MatmulKeys({.shape = {1, 2, 3}, .cold_weights = true, .threads = 4}),
              ElementsAre(Pair("M", "1"), Pair("N", "2"), Pair("K", "3"), Pair("weights", "cold"),
                          Pair("threads", "4")));
}

TEST(MatmulWorkloadsTest, NamesDiffer) {
  std::set<std::string> names;
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    std::string name;
    for (const auto& [key, value] : MatmulKeys(workload)) name += key + ":" + value + "/";
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(SliceChannelsTest, CoversAllChannelsInWholePanels) {
  const auto bytes = [](std::size_t channels) { return 10 * channels; };
  const std::vector<Slice> slices =
      SliceChannels({.shape = {1, 193, 1}, .cold_weights = false, .threads = 3}, bytes);
  ASSERT_EQ(slices.size(), 3u);
  std::size_t n = 0;
  for (const Slice& slice : slices) {
    EXPECT_EQ(slice.n, n);
    EXPECT_EQ(slice.n % kPackedChannels, 0u);
    EXPECT_EQ(slice.offset, 10 * n);
    n += slice.N;
  }
  EXPECT_EQ(n, 193u);
}

TEST(SliceChannelsTest, LeavesThreadsIdleRatherThanSplitAPanel) {
  EXPECT_EQ(SliceChannels({.shape = {1, 64, 1}, .cold_weights = false, .threads = 3},
                          [](std::size_t N) { return N; })
                .size(),
            1u);
}

std::vector<float> Multiply(const MatmulWorkload& workload, const KernelTable& kernels) {
  const Matmul<float> matmul = MatmulF32(workload, kernels);
  AlignedVector<std::byte> packed(matmul.packed_bytes);
  std::vector<float> c(workload.shape.M * workload.shape.N);
  matmul.pack(packed.data());
  matmul.bind(packed.data(), c.data())();
  return c;
}

// 130 is two panels and a rest.
TEST(MatmulF32Test, ThreadsChangeNoBit) {
  for (const KernelTable* kernels : SupportedKernels()) {
    for (const MatmulShape& shape : {MatmulShape{1, 130, 100}, MatmulShape{70, 130, 1000}}) {
      const std::vector<float> one = Multiply({.shape = shape}, *kernels),
                               two = Multiply({.shape = shape, .threads = 2}, *kernels);
      EXPECT_EQ(std::memcmp(one.data(), two.data(), sizeof(float) * one.size()), 0)
          << IsaName(kernels->isa) << " M=" << shape.M;
    }
  }
}

TEST(MatmulRowTest, ColdWeightsAreNotInACacheWhenTheirTurnComesAgain) {
  constexpr std::size_t kPackedBytes = std::size_t{1} << 26;
  std::vector<const std::byte*> used;
  Matmul<float> matmul = {.size_bytes = 0,
                          .packed_bytes = kPackedBytes,
                          .a_bytes = 0,
                          .pack = [](std::byte* packed) { packed[0] = std::byte{7}; },
                          .bind = nullptr};
  matmul.bind = [&](const std::byte* packed, float*) {
    return [&used, packed] {
      EXPECT_EQ(packed[0], std::byte{7});
      used.push_back(packed);
    };
  };
  const Row row = MatmulRow({.shape = {1, 1, 1}, .cold_weights = true}, "flops", matmul,
                            std::make_shared<AlignedVector<float>>());
  do row.run();
  while (used.size() < 2 || used.back() != used.front());
  used.pop_back();
  EXPECT_EQ(std::set(used.begin(), used.end()).size(), used.size());
  EXPECT_GT(used.size() * kPackedBytes, UncachedBytes());
}

}  // namespace
}  // namespace podium::bench
