#include "bench/quantize_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/inputs.h"
#include "kernels/int8_matmul/quantize_s8.h"

namespace podium::bench {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

using Q = WeightQuantization;

constexpr float kWeights[] = {7, -3.5f, 1, 0.5f, 14, 2, 0, 0, 0, 0};  // 2 x 5

TEST(QuantizeWeightsTest, OneScaleForTheTensor) {
  const QuantizedWeights w = Quantize({.bits = 4, .group = Q::kPerTensor}, 2, 5, kWeights);
  EXPECT_THAT(w.scales, ElementsAre(2));
  EXPECT_THAT(w.q, ElementsAre(4, -2, 0, 0, 7, 1, 0, 0, 0, 0));  // 3.5 and -1.75, 0.5: ties to even
}

TEST(QuantizeWeightsTest, OneScalePerChannel) {
  const QuantizedWeights w = Quantize({.bits = 4, .group = Q::kPerChannel}, 2, 5, kWeights);
  EXPECT_THAT(w.scales, ElementsAre(2, 2.0f / 7));
  EXPECT_THAT(w.q, ElementsAre(4, -2, 0, 0, 7, 7, 0, 0, 0, 0));
}

TEST(QuantizeWeightsTest, LastGroupOfAChannelMayBeSmaller) {
  const QuantizedWeights w = Quantize({.bits = 4, .group = 4}, 2, 5, kWeights);
  EXPECT_THAT(w.scales, ElementsAre(1, 2, 2.0f / 7, 1));  // 1 where all weights are 0
  EXPECT_THAT(w.q, ElementsAre(7, -4, 1, 0, 7, 7, 0, 0, 0, 0));
  EXPECT_THAT(Dequantize({.bits = 4, .group = 4}, 2, 5, w),
              ElementsAre(7, -4, 1, 0, 14, 2, 0, 0, 0, 0));
}

TEST(QuantizeWeightsTest, PerChannelInEightBitsIsWhatTheKernelsUse) {
  constexpr std::size_t N = 7, K = 33;
  const AlignedVector<float> b = Weights(N, K, 1);
  std::vector<std::int8_t> q(N * K);
  std::vector<float> scales(N);
  QuantizeS8PerChannel({N, K, b.data(), K, q.data(), scales.data()});
  const QuantizedWeights w = Quantize({.bits = 8, .group = Q::kPerChannel}, N, K, b);
  EXPECT_THAT(w.q, ElementsAreArray(q));
  EXPECT_THAT(w.scales, ElementsAreArray(scales));
}

TEST(QuantizeWeightsTest, StoredBytesCountBitsAndScales) {
  const Q how = {.bits = 4, .group = 4};
  EXPECT_EQ(StoredBytes(how, Quantize(how, 2, 5, kWeights)), 5 + 4 * 4);
}

}  // namespace
}  // namespace podium::bench
