// Operators on tokens: in s8 the same bits on every ISA and within rounding of what f32 makes of
// the same values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/models/layers.h"
#include "bench/models/runner.h"
#include "tests/bench/models/token_graphs.h"

namespace podium::models {
namespace {

std::vector<std::int8_t> Inputs() { return Random<std::int8_t>(kTokens * kChannels, -128, 127, 5); }

// Half a step, and for the rounding of f32, which may tip a value over to the next, some more of
// it.
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
