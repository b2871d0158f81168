#include "tools/submission/cost.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/tools/submission/test_run.h"

namespace podium::report {
namespace {

using testing::HasSubstr;

Metric Rate(const std::string& name, double value) {
  return {name, *Sample::Create({value, value})};
}

// A layer that takes `us` for so many operations and bytes.
Entry Layer(const std::string& layer, double us, double flops, double bytes) {
  const double s = us * 1e-6;
  Entry entry =
      TestEntry(absl::StrCat("model_layer/variant:f32/isa:avx2/net:kws/layer:", layer), {s, s});
  if (flops > 0) entry.metrics.push_back(Rate("flops_per_s", flops / s));
  entry.metrics.push_back(Rate("bytes_per_s", bytes / s));
  return entry;
}

// A machine of 100 Gflop/s that reads 10 GB/s from an L1 of 32 KiB and 1 GB/s from memory.
std::vector<Entry> Machine() {
  const auto row = [](const std::string& keys, Metric metric) {
    Entry entry = TestEntry("machine/variant:peak/isa:avx2/" + keys, {1, 1});
    entry.metrics.push_back(std::move(metric));
    return entry;
  };
  return {row("limit:fma_f32", Rate("flops_per_s", 1e11)),
          row("limit:fma_f32/threads:2", Rate("flops_per_s", 2e11)),
          row("limit:read_L1/buffer_bytes:16384", Rate("bytes_per_s", 1e10)),
          row("limit:read_memory/buffer_bytes:268435456", Rate("bytes_per_s", 1e9))};
}

std::vector<Entry> RunOf(std::vector<Entry> layers) {
  for (Entry& entry : Machine()) layers.push_back(std::move(entry));
  return layers;
}

TEST(CostTest, SharesAreOfTheTimeOfAllLayersTheLargestFirst) {
  const std::vector<Entry> run = RunOf({Layer("00_a", 10, 1e5, 1e3), Layer("01_b", 30, 1e5, 1e3)});
  const std::vector<CostProfile> profiles = CostsOf(run, false);
  ASSERT_EQ(profiles.size(), 1u);
  EXPECT_EQ(profiles[0].workload, "model/net:kws");
  EXPECT_NEAR(profiles[0].time_s, 40e-6, 1e-12);
  ASSERT_EQ(profiles[0].costs.size(), 2u);
  EXPECT_EQ(profiles[0].costs[0].name, "01_b");
  EXPECT_NEAR(profiles[0].costs[0].share, 0.75, 1e-9);
}

TEST(CostTest, TheLargerOfArithmeticAndMemoryBoundsALayer) {
  // 1e6 operations take 10 us at the peak; 20 kB 2 us from L1, 50 kB 50 us from memory.
  const std::vector<Entry> run =
      RunOf({Layer("00_compute", 20, 1e6, 2e4), Layer("01_memory", 100, 1e6, 5e4)});
  const std::vector<Cost> costs = CostsOf(run, false)[0].costs;
  const Cost &memory = costs[0], &compute = costs[1];
  EXPECT_EQ(compute.bound, Bound::kCompute);
  EXPECT_EQ(compute.memory, "L1");
  EXPECT_NEAR(*compute.roof_s, 10e-6, 1e-12);
  EXPECT_NEAR(*compute.of_roof(), 0.5, 1e-9);
  EXPECT_NEAR(*compute.intensity(), 50, 1e-6);
  EXPECT_EQ(memory.bound, Bound::kMemory);
  EXPECT_EQ(memory.memory, "memory");
  EXPECT_NEAR(*memory.of_roof(), 0.5, 1e-9);
}

TEST(CostTest, WithoutMultiplicationsMemoryBounds) {
  const Cost cost = CostsOf(RunOf({Layer("00_softmax", 1, 0, 100)}), false)[0].costs[0];
  EXPECT_EQ(cost.operations, std::nullopt);
  EXPECT_EQ(cost.bound, Bound::kMemory);
}

TEST(CostTest, WithoutTheMachinesRowsThereIsNoRoofButAReason) {
  const std::vector<Entry> run = {Layer("00_a", 1, 1e5, 100)};
  const Cost cost = CostsOf(run, false)[0].costs[0];
  EXPECT_EQ(cost.of_roof(), std::nullopt);
  EXPECT_THAT(cost.reason, HasSubstr("no rows machine/"));
}

TEST(CostTest, LayersOfAKindAddUp) {
  const std::vector<Entry> run =
      RunOf({Layer("00_conv2d", 20, 1e6, 2e4), Layer("01_softmax", 5, 0, 100),
             Layer("02_conv2d", 20, 1e6, 2e4)});
  const std::vector<Cost> kinds = CostsOf(run, true)[0].costs;
  ASSERT_EQ(kinds.size(), 2u);
  EXPECT_EQ(kinds[0].name, "conv2d");
  EXPECT_NEAR(kinds[0].time_s.value, 40e-6, 1e-12);
  EXPECT_NEAR(*kinds[0].operations, 2e6, 1);
  EXPECT_NEAR(*kinds[0].of_roof(), 0.5, 1e-9);
}

TEST(CostTest, FindsTheNetworkAsAWhole) {
  std::vector<Entry> run = {Layer("attention", 1, 1e5, 100)};
  run[0].parts = ParseBenchmarkName(
      "generate_layer/variant:kv_cache/isa:avx2/net:gpt/context:64/layer:attention");
  run.push_back(TestEntry("generate/variant:kv_cache/isa:avx2/net:gpt/context:64", {1, 1}));
  run.push_back(TestEntry("model/variant:f32/isa:avx2/net:kws/batch:4", {1, 1}));
  run.push_back(TestEntry("model/variant:f32/isa:avx2/net:kws/batch:1", {1, 1}));
  run.push_back(Layer("00_a", 1, 1e5, 100));
  const std::vector<CostProfile> profiles = CostsOf(run, false);
  ASSERT_EQ(profiles.size(), 2u);
  EXPECT_EQ(profiles[0].whole, &run[1]);
  EXPECT_EQ(profiles[0].costs[0].name, "attention");
  EXPECT_EQ(profiles[1].whole, &run[3]);
}

}  // namespace
}  // namespace podium::report
