#include "bench/inputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace podium::bench {
namespace {

double Rms(const AlignedVector<float>& x, std::size_t first, std::size_t stride) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = first; i < x.size(); i += stride, ++count) sum += double{x[i]} * x[i];
  return std::sqrt(sum / static_cast<double>(count));
}

TEST(InputsTest, SameSeedGivesSameValues) {
  EXPECT_EQ(Activations(3, 5, 7), Activations(3, 5, 7));
  EXPECT_EQ(Weights(3, 5, 7), Weights(3, 5, 7));
  EXPECT_EQ(Biases(5, 7), Biases(5, 7));
}

TEST(InputsTest, OtherSeedGivesOtherValues) {
  EXPECT_NE(Activations(3, 5, 7), Activations(3, 5, 8));
  EXPECT_NE(Weights(3, 5, 7), Weights(3, 5, 8));
}

// With 4000 rows a channel's standard deviation is known to 1.1 % (one sigma): 0.1 is 9 of them.
TEST(InputsTest, OneChannelInAHundredIsTenTimesAsWide) {
  constexpr std::size_t kChannels = 200;
  const AlignedVector<float> x = Activations(4000, kChannels, 1);
  std::size_t wide = 0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    const double rms = Rms(x, c, kChannels);
    if (rms > 5) ++wide;
    EXPECT_NEAR(rms > 5 ? rms / 10 : rms, 1.0, 0.1) << "channel " << c;
  }
  EXPECT_GE(wide, 1u);
  EXPECT_LE(wide, 2u);
}

TEST(InputsTest, WideChannelsAreTheSameForEverySeed) {
  constexpr std::size_t kChannels = 64;
  const AlignedVector<float> a = Activations(1000, kChannels, 1),
                             b = Activations(1000, kChannels, 2);
  for (std::size_t c = 0; c < kChannels; ++c) {
    EXPECT_EQ(Rms(a, c, kChannels) > 5, Rms(b, c, kChannels) > 5) << "channel " << c;
  }
}

// Log-normal with sigma 0.3: the scales of 500 channels spread by a factor between 2 and 12.
TEST(InputsTest, ChannelsOfWeightsDifferInScale) {
  constexpr std::size_t N = 500, K = 400;
  const AlignedVector<float> w = Weights(N, K, 1);
  std::vector<double> scales;
  for (std::size_t n = 0; n < N; ++n) {
    const AlignedVector<float> row(w.begin() + n * K, w.begin() + (n + 1) * K);
    scales.push_back(Rms(row, 0, 1) * std::sqrt(K));
  }
  std::sort(scales.begin(), scales.end());
  EXPECT_NEAR(scales[N / 2], 1.0, 0.1);
  EXPECT_GT(scales.back() / scales.front(), 2);
  EXPECT_LT(scales.back() / scales.front(), 12);
}

}  // namespace
}  // namespace podium::bench
