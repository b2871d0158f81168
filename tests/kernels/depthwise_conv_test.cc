#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using DepthwiseConvTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, DepthwiseConvTest, AllIsas(), IsaTestName);

// An image of H x W, filters of KH x KW; the output is as large as padding "same" makes it, or as
// small as one that needs no padding.
DepthwiseShape Same(std::size_t H, std::size_t W, std::size_t C, std::size_t KH, std::size_t KW,
                    std::size_t stride) {
  const std::size_t OH = (H + stride - 1) / stride, OW = (W + stride - 1) / stride;
  const auto pad = [stride](std::size_t out, std::size_t K, std::size_t in) {
    const std::size_t covered = (out - 1) * stride + K;
    return covered > in ? (covered - in) / 2 : 0;
  };
  return {H, W, C, KH, KW, stride, stride, pad(OH, KH, H), pad(OW, KW, W), OH, OW};
}
DepthwiseShape Valid(std::size_t H, std::size_t W, std::size_t C, std::size_t KH, std::size_t KW,
                     std::size_t stride) {
  return {H, W, C, KH, KW, stride, stride, 0, 0, (H - KH) / stride + 1, (W - KW) / stride + 1};
}

std::vector<DepthwiseShape> Shapes() {
  std::vector<DepthwiseShape> shapes = {
      Same(25, 5, 64, 3, 3, 1),
      Same(9, 9, 8, 3, 3, 2),
      Same(4, 7, 24, 5, 3, 1),
      Valid(11, 11, 16, 3, 3, 2),
      Valid(6, 4, 3, 2, 2, 1),
      Valid(8, 16, 5, 8, 16, 1),
      Same(1, 1, 40, 3, 3, 1),
      Same(3, 150, 33, 3, 3, 1),
      Same(20, 60, 64, 3, 3, 1),  // more than waits on the stack
      Same(5, 5, 200, 3, 3, 2),
      Same(2, 200, 9, 1, 64, 3),
      Valid(127, 1, 4, 127, 1, 1),
      {3, 3, 17, 2, 2, 1, 1, 4, 4, 8, 8},  // whole outputs in the padding
  };
  for (const std::size_t C : {1, 7, 15, 16, 17, 31, 32, 33, 63, 65}) {
    shapes.push_back(Same(3, 2, C, 3, 3, 1));
  }
  return shapes;
}

std::string Name(const DepthwiseShape& s) {
  return testing::PrintToString(
      std::vector<std::size_t>{s.H, s.W, s.C, s.KH, s.KW, s.stride_h, s.OH, s.OW});
}

// Factors up to `largest_factor`.
std::vector<std::int8_t> RunS8(const KernelTable& kernels, const DepthwiseShape& s,
                               double largest_factor) {
  const std::size_t taps = s.KH * s.KW;
  Buffer<std::int8_t> x(s.H * s.W * s.C, 1), w(taps * s.C), y(s.OH * s.OW * s.C, 3);
  FillExtreme(x, 1);
  FillExtreme(w, 2);
  Buffer<std::int32_t> bias(s.C);
  std::vector<FixedPoint> factors;
  std::mt19937 rng(3);
  for (std::size_t c = 0; c < s.C; ++c) {
    bias[c] = static_cast<std::int32_t>(rng() % 20001) - 10000;
    factors.push_back(FixedPointOf((rng() % 1000 + 1) * 1e-3 * largest_factor));
  }
  Buffer<std::byte> packed(kernels.packed_depthwise_s8_size(s.KH, s.KW, s.C));
  kernels.pack_depthwise_s8(
      {s.KH, s.KW, s.C, w.data(), bias.data(), factors.data(), packed.data()});
  kernels.depthwise_s8({.shape = s,
                        .x = x.data(),
                        .padding = -77,
                        .packed = packed.data(),
                        .zero_point = -20,
                        .y_min = -100,
                        .y_max = 126,
                        .y = y.data()});
  return y.ToVector();
}

TEST_P(DepthwiseConvTest, S8IsExact) {
  for (const DepthwiseShape& shape : Shapes()) {
    for (const double largest : {0.01, 2.0}) {  // below a fourth, and not
      EXPECT_EQ(RunS8(kernels(), shape, largest), RunS8(ReferenceKernels(), shape, largest))
          << Name(shape) << ", factors up to " << largest;
    }
  }
}

// Every product at its most extreme: no intermediate of 16 bits may overflow.
TEST_P(DepthwiseConvTest, S8SumsOfExtremesAreExact) {
  const DepthwiseShape s = Valid(3, 3, 70, 3, 3, 1);
  for (const std::int8_t weight : {std::int8_t{-128}, std::int8_t{127}}) {
    const std::vector<std::int8_t> x(9 * 70, -128), w(9 * 70, weight);
    const std::vector<std::int32_t> bias(70, 0);
    const std::vector<FixedPoint> factors(70, FixedPointOf(1e-3 / 16));
    Buffer<std::byte> packed(kernels().packed_depthwise_s8_size(3, 3, 70));
    kernels().pack_depthwise_s8({3, 3, 70, w.data(), bias.data(), factors.data(), packed.data()});
    Buffer<std::int8_t> y(70);
    kernels().depthwise_s8({s, x.data(), 0, packed.data(), 0, -128, 127, y.data()});
    // 9 * -128 * weight / 16000, to the nearest.
    EXPECT_EQ(y.ToVector(), std::vector<std::int8_t>(70, weight < 0 ? 9 : -9));
  }
}

TEST_P(DepthwiseConvTest, F32IsCloseToReference) {
  for (const DepthwiseShape& s : Shapes()) {
    for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
      Buffer<float> x(s.H * s.W * s.C, 1), w(s.KH * s.KW * s.C, 1), bias(s.C, 1);
      FillUniform(x, 1);
      FillUniform(w, 2);
      FillUniform(bias, 3);
      Buffer<float> got(s.OH * s.OW * s.C, 1), want(got.size());
      kernels().depthwise_f32({s, x.data(), w.data(), bias.data(), activation, got.data()});
      ReferenceKernels().depthwise_f32(
          {s, x.data(), w.data(), bias.data(), activation, want.data()});
      // All factors are at most 1: the bound of the header.
      const float taps = static_cast<float>(s.KH * s.KW),
                  bound = (taps + 1) * (taps + 1) * 0x1p-24f;
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], bound) << Name(s) << " at " << i;
      }
    }
  }
}

}  // namespace
}  // namespace podium
