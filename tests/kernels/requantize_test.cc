#include <algorithm>
#include <cmath>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

TEST(FixedPointTest, RoundsToNearestHalvesUpwards) {
  const FixedPoint half = FixedPointOf(0.5);
  EXPECT_EQ(half.multiplier, 1 << 30);
  EXPECT_EQ(half.shift, 0);
  EXPECT_EQ(MultiplyFixedPoint(3, half), 2);    // 1.5
  EXPECT_EQ(MultiplyFixedPoint(-3, half), -1);  // -1.5
  EXPECT_EQ(MultiplyFixedPoint(1, FixedPointOf(0.499999999)), 0);
  EXPECT_EQ(MultiplyFixedPoint(INT32_MIN, FixedPointOf(0.999999999)), -2147483646);
}

TEST(FixedPointTest, ReachesFromNothingToTwoToTheThirtieth) {
  EXPECT_EQ(FixedPointOf(0).multiplier, 0);
  EXPECT_EQ(FixedPointOf(0x1p-33).multiplier, 0);
  EXPECT_EQ(FixedPointOf(0x1p-32).shift, -31);
  EXPECT_EQ(FixedPointOf(1).shift, 1);
  EXPECT_EQ(MultiplyFixedPoint(-5, FixedPointOf(7)), -35);
  EXPECT_EQ(FixedPointOf(1e12).multiplier, INT32_MAX);
  EXPECT_EQ(FixedPointOf(1e12).shift, 30);
  // All of its 31 bits round up to the next power of two.
  EXPECT_EQ(FixedPointOf(1 - 0x1p-40).multiplier, 1 << 30);
  EXPECT_EQ(FixedPointOf(1 - 0x1p-40).shift, 1);
}

using RequantizeTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, RequantizeTest, AllIsas(), IsaTestName);

// Sums over the whole range of 32 bits, each factor such that its largest result fits: all shifts, and
// halves, which an exact power of two makes.
struct Problem {
  std::size_t M, N, padding;
  bool with_bias, one_factor;

  std::vector<std::int8_t> RunOn(const KernelTable& kernels) const {
    const std::size_t ld = N + padding;
    Buffer<std::int32_t> x(M * ld, 1), bias(N, 1);
    Buffer<std::int8_t> y(M * ld, 1);
    std::mt19937 rng(1);
    std::vector<FixedPoint> factors;
    for (std::size_t n = 0; n < N; ++n) {
      const int bits = static_cast<int>(n % 30);
      const double real = n % 3 == 0 ? 1 : 1 + rng() * 0x1p-32;
      factors.push_back(FixedPointOf(std::ldexp(real, -bits)));
    }
    if (N == 0) factors.push_back(FixedPointOf(1));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t n = one_factor ? 0 : i % ld;
      // |x| < 2^(bits + 9), so that results reach beyond 8 bits on both sides.
      const int bits = std::min(31, static_cast<int>(n % 30) + 10);
      x[i] = static_cast<std::int32_t>(rng()) >> (32 - bits);
    }
    for (std::int32_t& b : bias) b = static_cast<std::int32_t>(rng() % 201) - 100;
    for (std::int8_t& value : y) value = 55;
    kernels.requantize_s8({.M = M,
                           .N = N,
                           .x = x.data(),
                           .ldx = ld,
                           .bias = with_bias ? bias.data() : nullptr,
                           .factors = factors.data(),
                           .factors_stride = one_factor ? 0u : 1u,
                           .zero_point = 5,
                           .y_min = -120,
                           .y_max = 127,
                           .y = y.data(),
                           .ldy = ld});
    return y.ToVector();
  }
};

TEST_P(RequantizeTest, IsExact) {
  for (const std::size_t N : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 64, 100}) {
    for (const std::size_t M : {0, 1, 5}) {
      for (const std::size_t padding : {0, 3}) {
        for (const bool with_bias : {false, true}) {
          for (const bool one_factor : {false, true}) {
            const Problem p = {M, N, padding, with_bias, one_factor};
            EXPECT_EQ(p.RunOn(kernels()), p.RunOn(ReferenceKernels()))
                << "M=" << M << " N=" << N << " padding=" << padding << " bias=" << with_bias
                << " one factor=" << one_factor;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace podium
