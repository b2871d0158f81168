// Each operator against its definition, on every ISA.
#include "bench/models/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "bench/memory.h"
#include "bench/models/runner.h"
#include "tests/bench/models/graph_builder.h"

namespace podium::models {
namespace {

using testing::HasSubstr;

template <class T>
std::vector<T> RunGraph(const Graph& graph, const KernelTable& kernels, const std::vector<T>& x) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
  if (!runner.ok()) {
    ADD_FAILURE() << runner.status();
    return {};
  }
  std::copy(x.begin(), x.end(), runner->input<T>().begin());
  runner->Run();
  return {runner->output<T>().begin(), runner->output<T>().end()};
}

// A convolution: images of H x W x C, `stride`, filters of KH x KW to N channels (depthwise: N =
// C).
struct Conv {
  std::size_t batch, H, W, C, KH, KW, N, stride;
  Padding padding;
  bool depthwise;

  std::size_t out(std::size_t in, std::size_t K) const {
    return padding == Padding::kSame ? (in + stride - 1) / stride : (in - K) / stride + 1;
  }
  std::ptrdiff_t before(std::size_t in, std::size_t K) const {
    const std::size_t covered = (out(in, K) - 1) * stride + K;
    return padding == Padding::kSame && covered > in
               ? static_cast<std::ptrdiff_t>((covered - in) / 2)
               : 0;
  }

  Graph ToGraph(DataType type, Clamp clamp) const {
    Op op = {.kind = depthwise ? OpKind::kDepthwiseConv2d : OpKind::kConv2d,
             .clamp = clamp,
             .padding = padding,
             .stride_h = stride,
             .stride_w = stride};
    const std::vector<std::size_t> weights =
        depthwise ? std::vector{std::size_t{1}, KH, KW, C} : std::vector{N, KH, KW, C};
    return OneOp(op, Activations(type, {batch, H, W, C}, 0.05f, 11),
                 Activations(type, {batch, out(H, KH), out(W, KW), N}, 0.07f, -9), weights, N);
  }

  // f(n, sum of x w) for each output in order, `outside` for what the window sees beyond the image.
  template <class T, class Sum>
  void ForEachOutput(const std::vector<T>& x, std::span<const T> w, T outside,
                     const std::function<void(std::size_t, Sum)>& f) const {
    const std::ptrdiff_t top = before(H, KH), left = before(W, KW);
    for (std::size_t b = 0; b < batch; ++b) {
      for (std::size_t i = 0; i < out(H, KH); ++i) {
        for (std::size_t j = 0; j < out(W, KW); ++j) {
          for (std::size_t n = 0; n < N; ++n) {
            Sum sum = 0;
            for (std::size_t p = 0; p < KH; ++p) {
              for (std::size_t q = 0; q < KW; ++q) {
                const auto row = static_cast<std::ptrdiff_t>(i * stride + p) - top;
                const auto col = static_cast<std::ptrdiff_t>(j * stride + q) - left;
                const bool inside = row >= 0 && row < static_cast<std::ptrdiff_t>(H) && col >= 0 &&
                                    col < static_cast<std::ptrdiff_t>(W);
                for (std::size_t c = 0; c < C; ++c) {
                  if (depthwise && c != n) continue;
                  const std::size_t pixel = inside ? (b * H + static_cast<std::size_t>(row)) * W +
                                                         static_cast<std::size_t>(col)
                                                   : 0;
                  const Sum value = inside ? x[pixel * C + c] : outside;
                  const std::size_t weight =
                      depthwise ? (p * KW + q) * C + c : ((n * KH + p) * KW + q) * C + c;
                  sum += value * static_cast<Sum>(w[weight]);
                }
              }
            }
            f(n, sum);
          }
        }
      }
    }
  }
};

const Conv kConvs[] = {
    {1, 6, 5, 3, 3, 3, 7, 1, Padding::kSame, false},
    {2, 9, 4, 2, 4, 3, 5, 2, Padding::kSame, false},  // two images, an even filter
    {1, 7, 7, 3, 3, 2, 4, 2, Padding::kValid, false},
    {1, 13, 11, 16, 1, 1, 24, 1, Padding::kSame, false},  // no im2col, more than one block of rows
    {1, 5, 5, 4, 1, 1, 4, 2, Padding::kSame, false},
    {2, 6, 5, 19, 3, 3, 19, 1, Padding::kSame, true},
    {1, 9, 9, 8, 3, 3, 8, 2, Padding::kSame, true},
};

TEST(LayersTest, ConvolutionsInS8AreExact) {
  for (const Conv& conv : kConvs) {
    for (const Clamp clamp : {Clamp::kNone, Clamp::kRelu, Clamp::kRelu6}) {
      const Graph graph = conv.ToGraph(DataType::kS8, clamp);
      const Tensor &x = graph.tensors[0], &y = graph.tensors[1], &w = graph.tensors[2];
      const auto input = Random<std::int8_t>(x.size(), -128, 127, 3);
      // The products of (q - zero point), so that a zero outside of the image is 0.
      std::vector<std::int16_t> centered, weights;
      for (const std::int8_t q : input) centered.push_back(std::int16_t(q - x.zero_point));
      for (const std::int8_t q : w.values<std::int8_t>()) weights.push_back(q);
      const int lo = clamp == Clamp::kNone ? -128 : y.zero_point;
      const int hi = clamp == Clamp::kRelu6 ? 77 : 127;  // 6 / 0.07 - 9, to the nearest
      std::vector<std::int8_t> want;
      conv.ForEachOutput<std::int16_t, std::int32_t>(
          centered, weights, 0, [&](std::size_t n, std::int32_t sum) {
            const double real = double{x.scales[0]} * w.scales[n] / y.scales[0];
            const std::int32_t q = MultiplyFixedPoint(
                sum + graph.tensors[3].values<std::int32_t>()[n], FixedPointOf(real));
            want.push_back(static_cast<std::int8_t>(std::clamp(q + y.zero_point, lo, hi)));
          });
      for (const KernelTable* kernels : SupportedKernels()) {
        EXPECT_EQ(RunGraph(graph, *kernels, input), want)
            << IsaName(kernels->isa) << ", convolution " << &conv - kConvs;
      }
    }
  }
}

TEST(LayersTest, ConvolutionsInF32AreClose) {
  for (const Conv& conv : kConvs) {
    for (const Clamp clamp : {Clamp::kNone, Clamp::kRelu, Clamp::kRelu6}) {
      const Graph graph = conv.ToGraph(DataType::kF32, clamp);
      const auto input = Random<float>(graph.tensors[0].size(), -1, 1, 3);
      std::vector<double> want;
      conv.ForEachOutput<float, double>(
          input, graph.tensors[2].values<float>(), 0, [&](std::size_t n, double sum) {
            sum += graph.tensors[3].values<float>()[n];
            if (clamp != Clamp::kNone) sum = std::max(sum, 0.0);
            want.push_back(clamp == Clamp::kRelu6 ? std::min(sum, 6.0) : sum);
          });
      // At most 16 + 1 terms of at most 1 each, or 3 * 4 * 3: the bounds of the kernels.
      for (const KernelTable* kernels : SupportedKernels()) {
        const std::vector<float> got = RunGraph(graph, *kernels, input);
        ASSERT_EQ(got.size(), want.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
          ASSERT_NEAR(got[i], want[i], 40 * 40 * 0x1p-24)
              << IsaName(kernels->isa) << ", convolution " << &conv - kConvs << ", output " << i;
        }
      }
    }
  }
}

TEST(LayersTest, FullyConnectedIsAConvolutionOfOnePixel) {
  const Graph graph = OneOp({.kind = OpKind::kFullyConnected, .clamp = Clamp::kRelu},
                            Activations(DataType::kS8, {3, 30}, 0.05f, 11),
                            Activations(DataType::kS8, {3, 12}, 0.07f, -9), {12, 30}, 12);
  const Conv conv = {3, 1, 1, 30, 1, 1, 12, 1, Padding::kSame, false};
  const auto input = Random<std::int8_t>(90, -128, 127, 3);
  const KernelTable& kernels = BestKernels();
  EXPECT_EQ(RunGraph(graph, kernels, input),
            RunGraph(conv.ToGraph(DataType::kS8, Clamp::kRelu), kernels, input));
}

TEST(LayersTest, AveragePoolRoundsHalvesAwayFromZero) {
  const Graph graph = OneOp({.kind = OpKind::kAveragePool2d, .filter_h = 1, .filter_w = 2},
                            Activations(DataType::kS8, {1, 1, 2, 3}, 0.5f, 7),
                            Activations(DataType::kS8, {1, 1, 1, 3}, 0.5f, 7), {}, 0);
  EXPECT_EQ(RunGraph<std::int8_t>(graph, BestKernels(), {1, -1, -128, 2, -2, -128}),
            (std::vector<std::int8_t>{2, -2, -128}));
}

TEST(LayersTest, PoolsCountOnlyWhatLiesInside) {
  // 3 x 3 on 2 x 2 pixels: each position sees four of them.
  Op op = {.kind = OpKind::kAveragePool2d, .padding = Padding::kSame, .filter_h = 3, .filter_w = 3};
  const Tensor image = Activations(DataType::kF32, {1, 2, 2, 1});
  EXPECT_EQ(RunGraph<float>(OneOp(op, image, image, {}, 0), BestKernels(), {1, 2, 3, 6}),
            (std::vector<float>{3, 3, 3, 3}));
  op.kind = OpKind::kMaxPool2d;
  EXPECT_EQ(RunGraph<float>(OneOp(op, image, image, {}, 0), BestKernels(), {-1, -2, -3, -6}),
            (std::vector<float>{-1, -1, -1, -1}));
}

Graph AddGraph(const Tensor& a, const Tensor& b, const Tensor& y) {
  // b is a, requantized through f32.
  Graph graph;
  graph.tensors = {a, Activations(DataType::kF32, a.shape), b, y};
  graph.ops = {{.kind = OpKind::kDequantize, .inputs = {0}, .output = 1},
               {.kind = OpKind::kQuantize, .inputs = {1}, .output = 2},
               {.kind = OpKind::kAdd, .inputs = {0, 2}, .output = 3, .clamp = Clamp::kRelu}};
  graph.output = 3;
  return graph;
}

TEST(LayersTest, AddInS8IsTheSumOfRealValues) {
  const std::vector<std::size_t> shape = {1, 1, 1, 256};
  const Graph graph = AddGraph(Activations(DataType::kS8, shape, 0.02f, 3),
                               Activations(DataType::kS8, shape, 0.03f, -5),
                               Activations(DataType::kS8, shape, 0.045f, -20));
  std::vector<std::int8_t> input;
  for (int q = -128; q < 128; ++q) input.push_back(static_cast<std::int8_t>(q));
  const std::vector<std::int8_t> want = RunGraph(graph, ReferenceKernels(), input);
  for (std::size_t i = 0; i < 256; ++i) {
    const double a = 0.02 * (input[i] - 3);
    const double b = 0.03 * std::clamp(std::round(a / 0.03) - 5, -128.0, 127.0) + 0.15;
    // Within the rounding of the output, and 2^-19 of it for the operands'.
    EXPECT_NEAR(0.045 * (want[i] + 20), std::clamp(a + b, 0.0, 0.045 * 147), 0.0225 * 1.001)
        << "for " << int{input[i]};
  }
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(RunGraph(graph, *kernels, input), want) << IsaName(kernels->isa);
  }
}

TEST(LayersTest, SoftmaxInS8IsWithinOneStepOfTheTrueOne) {
  constexpr std::size_t kRows = 40, kCols = 12;
  Tensor x = Activations(DataType::kS8, {kRows, kCols}, 0.11f, 14);
  Tensor y = Activations(DataType::kS8, {kRows, kCols}, 1.0f / 256, -128);
  const auto input = Random<std::int8_t>(kRows * kCols, -128, 127, 5);
  const auto got = RunGraph(OneOp({.kind = OpKind::kSoftmax}, x, y, {}, 0), BestKernels(), input);
  for (std::size_t m = 0; m < kRows; ++m) {
    double sum = 0;
    for (std::size_t n = 0; n < kCols; ++n) sum += std::exp(0.11 * input[m * kCols + n]);
    for (std::size_t n = 0; n < kCols; ++n) {
      const double p = std::exp(0.11 * input[m * kCols + n]) / sum;
      EXPECT_NEAR(got[m * kCols + n], std::min(256 * p - 128, 127.0), 1) << m << ", " << n;
    }
  }
}

TEST(LayersTest, SoftmaxInS8OfEqualScoresIsExact) {
  Tensor x = Activations(DataType::kS8, {1, 4}, 1.0f, 0);
  Tensor y = Activations(DataType::kS8, {1, 4}, 1.0f / 256, -128);
  const Graph graph = OneOp({.kind = OpKind::kSoftmax}, x, y, {}, 0);
  EXPECT_EQ(RunGraph<std::int8_t>(graph, BestKernels(), {9, 9, 9, 9}),
            (std::vector<std::int8_t>{-64, -64, -64, -64}));
  // Far below the largest score there is nothing.
  EXPECT_EQ(RunGraph<std::int8_t>(graph, BestKernels(), {127, -128, -128, -128}),
            (std::vector<std::int8_t>{127, -128, -128, -128}));
}

TEST(LayersTest, QuantizeRoundsHalvesAwayFromZeroAndSaturates) {
  Tensor y = Activations(DataType::kS8, {1, 5}, 0.5f, 10);
  Graph graph = OneOp({.kind = OpKind::kQuantize}, Activations(DataType::kF32, {1, 5}), y, {}, 0);
  absl::StatusOr<Runner> runner = Runner::Make(graph, BestKernels());
  ASSERT_TRUE(runner.ok());
  const float x[] = {0, 0.25f, -0.25f, 1000, -1000};
  std::copy(std::begin(x), std::end(x), runner->input<float>().begin());
  runner->Run();
  EXPECT_THAT(runner->output<std::int8_t>(), testing::ElementsAre(10, 11, 9, 127, -128));
}

TEST(LayersTest, ARunAllocatesNothing) {
  const Graph graph = kConvs[0].ToGraph(DataType::kS8, Clamp::kRelu);
  absl::StatusOr<Runner> runner = Runner::Make(graph, BestKernels());
  ASSERT_TRUE(runner.ok());
  const bench::HeapMonitor heap;
  runner->Run();
  EXPECT_EQ(heap.allocations(), 0);
}

absl::Status StatusOf(const Graph& graph) { return Runner::Make(graph, BestKernels()).status(); }

// x -> op -> y with a constant for the input of this number.
Graph WithConstant(Op op, std::size_t input) {
  Graph graph =
      OneOp(op, Activations(DataType::kF32, {16, 16}), Activations(DataType::kF32, {16, 16}),
            op.kind == OpKind::kFullyConnected ? std::vector<std::size_t>{16, 16}
                                               : std::vector<std::size_t>{},
            16);
  std::vector<std::size_t>& inputs = graph.ops[0].inputs;
  inputs.resize(std::max(inputs.size(), op.inputs.size()));
  inputs[input] = AddConstant<float>(graph, "fixed", {16, 16}, Random<float>(16 * 16, -1, 1, 3));
  return graph;
}

TEST(LayersTest, AConstantInPlaceOfWhatIsComputedIsRefused) {
  const auto expect_refused = [](const Op& op, std::size_t input) {
    const absl::Status status = StatusOf(WithConstant(op, input));
    EXPECT_TRUE(absl::IsUnimplemented(status)) << Name(op.kind) << ": " << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("input ", input, ", \"fixed\", is a constant")));
  };
  expect_refused({.kind = OpKind::kRelu}, 0);
  expect_refused({.kind = OpKind::kReshape}, 0);
  expect_refused({.kind = OpKind::kFullyConnected}, 0);
  expect_refused({.kind = OpKind::kAdd, .inputs = {0, 0}}, 1);
  const Op attention = {
      .kind = OpKind::kCausalAttention, .inputs = {0, 0, 0}, .heads = 2, .slopes = {1, 1}};
  for (const std::size_t input : {0, 1, 2}) expect_refused(attention, input);
}

TEST(LayersTest, WhatDoesNotFitIsNamed) {
  const Graph good = kConvs[0].ToGraph(DataType::kS8, Clamp::kNone);
  EXPECT_TRUE(StatusOf(good).ok());

  Graph bad = good;
  bad.tensors[1].shape[1] = 5;
  EXPECT_THAT(
      std::string(StatusOf(bad).message()),
      HasSubstr("conv2d to tensor 1 \"activations\": an output of 5 x 5, which should be 6 x 5"));
  bad = good;
  bad.tensors[2].scales.pop_back();
  EXPECT_THAT(std::string(StatusOf(bad).message()), HasSubstr("6 scales for 7 channels"));
  bad = good;
  bad.tensors[1].scales = {1e-12f};
  EXPECT_THAT(std::string(StatusOf(bad).message()),
              HasSubstr("the sums of channel 0 may overflow"));
  bad = good;
  bad.tensors[0].type = DataType::kF32;
  EXPECT_THAT(std::string(StatusOf(bad).message()), HasSubstr("from f32 to s8: no such form"));
  bad = good;
  bad.tensors[2].data.pop_back();
  EXPECT_THAT(std::string(StatusOf(bad).message()),
              HasSubstr("188 bytes of data, its shape has 189"));
  bad = good;
  bad.ops[0].inputs[0] = 1;
  EXPECT_THAT(std::string(StatusOf(bad).message()),
              HasSubstr("neither a constant nor computed before"));
  bad = good;
  bad.ops[0].inputs.pop_back();
  EXPECT_THAT(std::string(StatusOf(bad).message()), HasSubstr("has 2 inputs, not 3"));
}

}  // namespace
}  // namespace podium::models
