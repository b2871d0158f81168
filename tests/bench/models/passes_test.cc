#include "bench/models/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "bench/models/sparse_weights.h"
#include "bench/models/synthetic.h"
#include "bench/models/zoo.h"
#include "tests/bench/models/graph_builder.h"

namespace podium::models {
namespace {

using testing::HasSubstr;

std::vector<float> Scores(const Graph& graph, const Dataset& data,
                          const KernelTable& kernels = BestKernels()) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
  EXPECT_TRUE(runner.ok()) << runner.status();
  if (!runner.ok()) return {};
  return Evaluate(data, kPixelScale, *runner).scores;
}

double Accuracy(const Graph& graph, const Dataset& data) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, BestKernels());
  EXPECT_TRUE(runner.ok()) << runner.status();
  return runner.ok() ? Evaluate(data, kPixelScale, *runner).accuracy() : 0;
}

// Of all inputs at once; they are as many as the batch.
std::vector<float> BatchScores(const Dataset& data, Runner& runner) {
  SetInput(data.data, data.type, kPixelScale, runner);
  runner.Run();
  if (runner.output_type() == DataType::kS8) {
    const auto scores = runner.output<std::int8_t>();
    return {scores.begin(), scores.end()};
  }
  const auto scores = runner.output<float>();
  return {scores.begin(), scores.end()};
}

Graph Apply(const std::string& network, const std::string& variant) {
  const absl::StatusOr<Graph> graph =
      ApplyPasses(TrainedNetwork(network), variant, Digits(Split::kCalibration, 64), kPixelScale);
  EXPECT_TRUE(graph.ok()) << variant << ": " << graph.status();
  return graph.ok() ? *graph : Graph();
}

std::size_t Count(const Graph& graph, OpKind kind) {
  std::size_t count = 0;
  for (const Op& op : graph.ops) count += op.kind == kind;
  return count;
}

TEST(PassesTest, FusingChangesNoValue) {
  const Dataset data = Digits(Split::kTest, 20);
  const Graph graph = TrainedNetwork("digits_cnn"), fused = Fuse(graph);
  EXPECT_EQ(Count(graph, OpKind::kRelu), 5u);
  EXPECT_EQ(Count(fused, OpKind::kRelu), 0u);
  EXPECT_EQ(Scores(fused, data), Scores(graph, data));
}

TEST(PassesTest, FusingQuantizedLayersChangesNoValue) {
  const Dataset data = Digits(Split::kTest, 20);
  EXPECT_EQ(Scores(Apply("digits_cnn", "quantize+fuse"), data),
            Scores(Apply("digits_cnn", "quantize"), data));
}

TEST(PassesTest, ReluOfWhatOthersReadStays) {
  // y = relu(x w + b) + (x w + b).
  Graph graph = OneOp({.kind = OpKind::kFullyConnected}, Activations(DataType::kF32, {1, 3}),
                      Activations(DataType::kF32, {1, 2}), {2, 3}, 2);
  const std::size_t relu = graph.tensors.size();
  graph.tensors.push_back(Activations(DataType::kF32, {1, 2}));
  graph.tensors.push_back(Activations(DataType::kF32, {1, 2}));
  graph.ops.push_back({.kind = OpKind::kRelu, .inputs = {1}, .output = relu});
  graph.ops.push_back({.kind = OpKind::kAdd, .inputs = {relu, 1}, .output = relu + 1});
  graph.output = relu + 1;
  EXPECT_EQ(Count(Fuse(graph), OpKind::kRelu), 1u);
}

TEST(PassesTest, QuantizingCostsLittleAccuracy) {
  const Dataset data = Digits(Split::kTest, 500);
  for (const char* network : {"digits_mlp", "digits_cnn"}) {
    const double f32 = Accuracy(TrainedNetwork(network), data);
    EXPECT_GE(f32, 0.90) << network;
    EXPECT_GE(Accuracy(Apply(network, "fuse+quantize"), data), f32 - 0.02) << network;
    EXPECT_LT(Apply(network, "quantize").size_bytes(), 0.3 * TrainedNetwork(network).size_bytes());
  }
}

TEST(PassesTest, QuantizedScoresAreTheSameBitsOnEveryIsa) {
  const Dataset data = Digits(Split::kTest, 10);
  const Graph graph = Apply("digits_cnn", "fuse+quantize");
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(Scores(graph, data, *kernels), Scores(graph, data, ReferenceKernels()))
        << IsaName(kernels->isa);
  }
}

// Zeros among the weights of the first layer of digits_mlp, 128 x 256, of 256.
std::size_t ZerosPer256(const std::string& variant) {
  const Graph graph = Apply("digits_mlp", variant);
  const auto w = graph.tensors[graph.ops[1].inputs[1]].values<float>();
  return static_cast<std::size_t>(std::count(w.begin(), w.end(), 0.0f)) / 128;
}

TEST(PassesTest, EveryPatternLeavesItsShare) {
  for (const char* variant :
       {"prune75", "random75", "rows75", "columns75", "block75", "quad75", "1of4"}) {
    EXPECT_EQ(ZerosPer256(variant), 192u) << variant;
  }
  EXPECT_EQ(ZerosPer256("2of4"), 128u);
  // Of all layers together: this one's weights are not the largest.
  EXPECT_GE(ZerosPer256("global75"), 192u);
}

TEST(PassesTest, PrunedWeightsAreStoredInFewerBytes) {
  const std::size_t dense = TrainedNetwork("digits_mlp").size_bytes(),
                    quantized = Apply("digits_mlp", "quantize").size_bytes();
  for (const char* variant : {"prune50", "global75", "random75", "rows50", "columns50", "block50",
                              "quad50", "2of4", "1of4"}) {
    EXPECT_LT(Apply("digits_mlp", variant).size_bytes(), 0.8 * dense) << variant;
  }
  for (const char* variant : {"quad75+quantize", "quantize+quad75", "rows75+quantize"}) {
    EXPECT_LT(Apply("digits_mlp", variant).size_bytes(), 0.5 * quantized) << variant;
  }
  // Too few of their blocks of 1 x 4 are zero.
  for (const char* variant : {"prune50+quantize", "quantize+prune50", "2of4+quantize"}) {
    EXPECT_EQ(Apply("digits_mlp", variant).size_bytes(), quantized) << variant;
  }
}

// With 64 inputs at once, so that the sparse kernels pay.
TEST(PassesTest, SparseLayersComputeWhatDenseOnesOfTheSameWeightsDo) {
  constexpr std::size_t kBatch = 64;
  const Dataset data = Digits(Split::kTest, kBatch);
  for (const char* variant : {"prune90", "block75", "1of4", "block75+fuse", "quad90+quantize"}) {
    const Graph sparse = Apply("digits_mlp", variant);
    Graph dense = sparse;
    for (Tensor& t : dense.tensors) t.sparse = SparseFormat::kNone;
    const auto pays = [](const Tensor& t) { return SparsePays(t, kBatch); };
    EXPECT_TRUE(std::any_of(sparse.tensors.begin(), sparse.tensors.end(), pays)) << variant;
    const bool s8 = sparse.tensors[sparse.output].type == DataType::kS8;
    const std::vector<float> want = Scores(dense, data, ReferenceKernels());
    for (const KernelTable* kernels : SupportedKernels()) {
      absl::StatusOr<Runner> runner = Runner::Make(WithBatch(sparse, kBatch), *kernels);
      ASSERT_TRUE(runner.ok()) << runner.status();
      const std::vector<float> got = BatchScores(data, *runner);
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        // Shares of 1; sums of up to 256 terms in other orders; s8 exactly.
        ASSERT_NEAR(got[i], want[i], s8 ? 0 : 1e-4)
            << variant << " " << IsaName(kernels->isa) << " score " << i;
      }
    }
  }
}

TEST(PassesTest, WhatIsNoPassIsNamed) {
  const Graph graph = DigitsMlp();
  const auto message = [&](const std::string& variant) {
    return std::string(ApplyPasses(graph, variant, {}, kPixelScale).status().message());
  };
  EXPECT_THAT(message("fuse+melt"),
              HasSubstr("\"fuse+melt\", pass \"melt\": no pass of that name"));
  EXPECT_THAT(message("prune100"), HasSubstr("with a percentage from 1 to 99"));
  EXPECT_THAT(message("quantize+quantize"), HasSubstr("quantized already"));
}

TEST(PassesTest, TechniquesAreNamedInTheirOrder) {
  EXPECT_EQ(TechniquesOf("f32"), "");
  EXPECT_EQ(TechniquesOf("block50+fuse+quantize"), "pruning,fusion,quantization");
}

}  // namespace
}  // namespace podium::models
