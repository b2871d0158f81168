#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using MachineTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, MachineTest, AllIsas(), IsaTestName);

TEST_P(MachineTest, ReadTakesEveryWordOnce) {
  for (std::size_t count = 1; count <= 300; ++count) {
    Buffer<float> data(count, 1);
    FillUniform(data, static_cast<std::uint32_t>(count));
    EXPECT_EQ(kernels().read_f32(data.data(), count, 1),
              ReferenceKernels().read_f32(data.data(), count, 1))
        << "count=" << count;
  }
}

TEST_P(MachineTest, ReadTwiceCancels) {
  Buffer<float> data(300, 1);
  FillUniform(data, 1);
  EXPECT_EQ(kernels().read_f32(data.data(), 300, 2), 0u);
  EXPECT_EQ(kernels().read_f32(data.data(), 300, 3), kernels().read_f32(data.data(), 300, 1));
}

TEST_P(MachineTest, PeaksRunAtLeastTheOperationsAskedFor) {
  float f32 = 0;
  std::int32_t s32 = 0;
  for (std::size_t operations : {1, 1000, 123457}) {
    EXPECT_GE(kernels().peak_f32(operations, &f32), operations);
    EXPECT_GE(kernels().peak_u8s8(operations, &s32), operations);
  }
}

// Each chain converges to the fixed point of x -> x / 2 + 1.
TEST_P(MachineTest, PeakF32ComputesWhatItClaims) {
  if (kernels().isa == Isa::kReference) GTEST_SKIP() << "a single chain";
  float sum = 0;
  kernels().peak_f32(1 << 16, &sum);
  EXPECT_EQ(std::fmod(sum, 2.0f), 0.0f);
  EXPECT_GT(sum, 2 * 12);
}

}  // namespace
}  // namespace podium
