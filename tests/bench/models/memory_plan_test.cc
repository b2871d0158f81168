#include "bench/models/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace podium::models {
namespace {

TEST(MemoryPlanTest, TensorsThatNeverMeetShareBytes) {
  // A chain: each is read by the operator that writes the next.
  const std::vector<Buffer> buffers = {{640, 0, 0}, {320, 0, 1}, {640, 1, 2}, {64, 2, 3}};
  const MemoryPlan plan = PlanMemory(buffers);
  EXPECT_EQ(plan.bytes, 640u + 320u);
  EXPECT_EQ(plan.offsets[0], plan.offsets[2]);
}

TEST(MemoryPlanTest, OffsetsAreAligned) {
  const std::vector<Buffer> buffers = {{1, 0, 0}, {1, 0, 0}};
  EXPECT_EQ(PlanMemory(buffers).offsets, (std::vector<std::size_t>{0, 64}));
}

TEST(MemoryPlanTest, NothingNeedsNothing) { EXPECT_EQ(PlanMemory({}).bytes, 0u); }

TEST(MemoryPlanTest, NoTwoAliveTogetherOverlap) {
  std::mt19937 rng(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 12; ++i) {
      const std::size_t first = rng() % 10;
      buffers.push_back({rng() % 1000, first, first + rng() % 4});
    }
    const MemoryPlan plan = PlanMemory(buffers);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      ASSERT_LE(plan.offsets[i] + buffers[i].bytes, plan.bytes);
      for (std::size_t k = 0; k < i; ++k) {
        const Buffer &a = buffers[i], &b = buffers[k];
        if (a.last < b.first || b.last < a.first) continue;
        ASSERT_TRUE(plan.offsets[i] + a.bytes <= plan.offsets[k] ||
                    plan.offsets[k] + b.bytes <= plan.offsets[i])
            << "buffers " << i << " and " << k << " of trial " << trial;
      }
    }
  }
}

}  // namespace
}  // namespace podium::models
