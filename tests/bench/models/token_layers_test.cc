// Operators on tokens: in s8 the same bits on every ISA and within rounding of what f32 makes of the same
// values; of a run's rows those that are asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/models/layers.h"
#include "bench/models/runner.h"
#include "tests/bench/models/graph_builder.h"

namespace podium::models {
namespace {

constexpr std::size_t kTokens = 37, kChannels = 32;  // two heads
constexpr Scale kFrom = {0.03f, 11}, kTo = {0.04f, -9};

// x -> op -> y, both tokens x channels.
Graph TokenOp(Op op, DataType type, std::size_t constants = 0) {
  Graph graph;
  graph.tensors = {Activations(type, {kTokens, kChannels}, kFrom.scale, kFrom.zero_point),
                   Activations(type, {kTokens, kChannels}, kTo.scale, kTo.zero_point)};
  graph.output = op.output = 1;
  if (op.inputs.empty()) op.inputs = {0};
  for (std::size_t i = 0; i < constants; ++i) {
    op.inputs.push_back(
        AddConstant<float>(graph, "constant", {kChannels}, Random<float>(kChannels, -1, 1, 3)));
  }
  graph.ops = {std::move(op)};
  return graph;
}

Runner MakeRunner(const Graph& graph, const KernelTable& kernels) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
  EXPECT_TRUE(runner.ok()) << runner.status();
  return *std::move(runner);
}

template <class T>
std::vector<T> RunOn(const Graph& graph, const KernelTable& kernels, const std::vector<T>& x) {
  Runner runner = MakeRunner(graph, kernels);
  std::ranges::copy(x, runner.input<T>().begin());
  runner.Run();
  return {runner.output<T>().begin(), runner.output<T>().end()};
}

std::vector<std::int8_t> Inputs() { return Random<std::int8_t>(kTokens * kChannels, -128, 127, 5); }

// Half a step, and for the rounding of f32, which may tip a value over to the next, some more of it.
constexpr float kHalfAStep = 0.501f * kTo.scale;

void ExpectS8IsRoundedF32(const Op& op, std::size_t constants = 0) {
  const std::vector<std::int8_t> x = Inputs();
  std::vector<float> real;
  for (const std::int8_t q : x) {
    real.push_back(kFrom.scale * static_cast<float>(q - kFrom.zero_point));
  }
  const std::vector<float> want =
      RunOn(TokenOp(op, DataType::kF32, constants), ReferenceKernels(), real);
  const Graph graph = TokenOp(op, DataType::kS8, constants);
  const std::vector<std::int8_t> got = RunOn(graph, ReferenceKernels(), x);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const float inside = std::clamp(want[i], kTo.scale * static_cast<float>(-128 - kTo.zero_point),
                                    kTo.scale * static_cast<float>(127 - kTo.zero_point));
    EXPECT_NEAR(kTo.scale * static_cast<float>(got[i] - kTo.zero_point), inside, kHalfAStep)
        << "element " << i;
  }
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(RunOn(graph, *kernels, x), got) << IsaName(kernels->isa);
  }
}

TEST(TokenLayersTest, GeluInS8IsRoundedF32) { ExpectS8IsRoundedF32({.kind = OpKind::kGelu}); }

TEST(TokenLayersTest, LayerNormInS8IsRoundedF32) {
  ExpectS8IsRoundedF32({.kind = OpKind::kLayerNorm, .epsilon = 1e-5f}, 2);
}

TEST(TokenLayersTest, RotationInS8IsRoundedF32) {
  ExpectS8IsRoundedF32({.kind = OpKind::kRotate, .heads = 2, .rope_base = 10000});
}

TEST(TokenLayersTest, AttentionInS8IsRoundedF32) {
  ExpectS8IsRoundedF32(
      {.kind = OpKind::kCausalAttention, .inputs = {0, 0, 0}, .heads = 2, .slopes = {0.25f, 0.5f}});
}

TEST(TokenLayersTest, AnEmbeddingInS8IsItsTablesRowsRounded) {
  Graph graph;
  graph.tensors = {Activations(DataType::kS32, {3}),
                   Activations(DataType::kS8, {3, 2}, kTo.scale, kTo.zero_point)};
  const std::vector<std::int8_t> rows = {10, -20, 30, -40};
  graph.ops = {{.kind = OpKind::kEmbedding, .inputs = {0, 2}, .output = 1}};
  AddConstant<std::int8_t>(graph, "table", {2, 2}, rows, {0.08f, 0.02f});
  graph.output = 1;
  Runner runner = MakeRunner(graph, BestKernels());
  std::ranges::copy(std::vector{1, 0, 1}, runner.input<std::int32_t>().begin());
  runner.Run();
  const auto y = runner.output<std::int8_t>();
  // 30 * 0.02 / 0.04 - 9, -40 * 0.02 / 0.04 - 9; 10 * 0.08 / 0.04 - 9, -20 * 0.08 / 0.04 - 9.
  EXPECT_EQ(std::vector<int>(y.begin(), y.end()), (std::vector{6, -29, 11, -49, 6, -29}));
}

// What a fully connected layer of the input's tokens gives.
Graph Full(DataType type, bool gelu, bool residual) {
  Graph graph = OneOp({.kind = OpKind::kFullyConnected, .gelu = gelu, .before_gelu = {0.02f, 5}},
                      Activations(type, {kTokens, kChannels}, kFrom.scale, kFrom.zero_point),
                      Activations(type, {kTokens, kChannels}, kTo.scale, kTo.zero_point),
                      {kChannels, kChannels}, kChannels);
  if (residual) graph.ops[0].inputs.push_back(0);
  return graph;
}

TEST(TokenLayersTest, GeluInsideOfAFullyConnectedLayerIsGeluBehindIt) {
  Graph apart = Full(DataType::kS8, false, false);
  apart.tensors[1] = Activations(DataType::kS8, {kTokens, kChannels}, 0.02f, 5);
  apart.tensors.push_back(
      Activations(DataType::kS8, {kTokens, kChannels}, kTo.scale, kTo.zero_point));
  apart.output = apart.tensors.size() - 1;
  apart.ops.push_back({.kind = OpKind::kGelu, .inputs = {1}, .output = apart.output});
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(RunOn(Full(DataType::kS8, true, false), *kernels, Inputs()),
              RunOn(apart, *kernels, Inputs()))
        << IsaName(kernels->isa);
  }
}

TEST(TokenLayersTest, AResidualInsideOfAFullyConnectedLayerIsAnAdditionBehindIt) {
  Graph apart = Full(DataType::kF32, true, false);
  apart.tensors.push_back(Activations(DataType::kF32, {kTokens, kChannels}));
  apart.output = apart.tensors.size() - 1;
  apart.ops.push_back({.kind = OpKind::kAdd, .inputs = {1, 0}, .output = apart.output});
  const auto x = Random<float>(kTokens * kChannels, -2, 2, 7);
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(RunOn(Full(DataType::kF32, true, true), *kernels, x), RunOn(apart, *kernels, x))
        << IsaName(kernels->isa);
  }
}

TEST(TokenLayersTest, AResidualInS8IsNotImplemented) {
  const auto runner = Runner::Make(Full(DataType::kS8, false, true), BestKernels());
  EXPECT_TRUE(absl::IsUnimplemented(runner.status())) << runner.status();
}

TEST(TokenLayersTest, ARunOfSomeRowsComputesThoseAndLeavesTheOthers) {
  constexpr std::size_t kRows = 5;
  const std::vector<std::int8_t> x = Inputs();
  for (const Op& op : {Op{.kind = OpKind::kGelu}, Op{.kind = OpKind::kAdd, .inputs = {0, 0}},
                       Op{.kind = OpKind::kRotate, .heads = 2, .rope_base = 10000}}) {
    const Graph graph = TokenOp(op, DataType::kS8);
    const std::vector<std::int8_t> all = RunOn(graph, BestKernels(), x);
    Runner runner = MakeRunner(graph, BestKernels());
    std::ranges::copy(x, runner.input<std::int8_t>().begin());
    const auto y = runner.output<std::int8_t>();
    const std::vector<std::int8_t> before(y.begin(), y.end());
    runner.SetTokens(kRows, 0);
    runner.Run();
    const auto split = static_cast<std::ptrdiff_t>(kRows * kChannels);
    EXPECT_TRUE(std::equal(y.begin(), y.begin() + split, all.begin())) << Name(op.kind);
    EXPECT_TRUE(std::equal(y.begin() + split, y.end(), before.begin() + split)) << Name(op.kind);
  }
}

TEST(TokenLayersTest, WhatDoesNotFitIsRefused) {
  const auto refused = [](const Op& op, std::size_t constants = 0) {
    return absl::IsInvalidArgument(
        Runner::Make(TokenOp(op, DataType::kS8, constants), BestKernels()).status());
  };
  EXPECT_TRUE(refused({.kind = OpKind::kLayerNorm}, 2)) << "no epsilon";
  EXPECT_TRUE(refused({.kind = OpKind::kLayerNorm, .epsilon = 1}, 1)) << "no bias";
  EXPECT_TRUE(refused({.kind = OpKind::kRotate, .rope_base = 10000})) << "no heads";
  EXPECT_TRUE(refused({.kind = OpKind::kCausalAttention, .inputs = {0, 0, 0}, .heads = 2}))
      << "no slopes";
  EXPECT_TRUE(refused(
      {.kind = OpKind::kCausalAttention, .inputs = {0, 0, 0}, .heads = 4, .slopes = {1, 1, 1, 1}}))
      << "heads of 8 channels";
  EXPECT_TRUE(refused({.kind = OpKind::kLastToken})) << "an output of as many rows";
}

}  // namespace
}  // namespace podium::models
