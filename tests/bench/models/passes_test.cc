#include "bench/models/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(PassesTest, PruningLeavesTheGivenShare) {
  const Graph graph = Apply("digits_mlp", "prune75");
  const Tensor& w = graph.tensors[graph.ops[1].inputs[1]];
  EXPECT_EQ(std::count(w.values<float>().begin(), w.values<float>().end(), 0.0f),
            128 * 256 * 3 / 4);
  EXPECT_EQ(w.sparse, SparseFormat::kCsr);
}

TEST(PassesTest, SparseLayersComputeWhatDenseOnesOfTheSameWeightsDo) {
  const Dataset data = Digits(Split::kTest, 10);
  for (const char* network : {"digits_mlp", "digits_cnn"}) {
    for (const char* variant : {"prune60", "block60", "block60+fuse"}) {
      const Graph sparse = Apply(network, variant);
      Graph dense = sparse;
      for (Tensor& t : dense.tensors) t.sparse = SparseFormat::kNone;
      for (const KernelTable* kernels : SupportedKernels()) {
        const std::vector<float> got = Scores(sparse, data, *kernels);
        const std::vector<float> want = Scores(dense, data, ReferenceKernels());
        for (std::size_t i = 0; i < got.size(); ++i) {
          // Shares of 1; sums of up to 256 terms in other orders.
          ASSERT_NEAR(got[i], want[i], 1e-4)
              << network << " " << variant << " " << IsaName(kernels->isa) << " score " << i;
        }
      }
    }
  }
}

TEST(PassesTest, PruningS8WeightsKeepsThemDense) {
  const Graph graph = Apply("digits_mlp", "quantize+prune50");
  const Tensor& w = graph.tensors[graph.ops[1].inputs[1]];
  EXPECT_GE(std::count(w.values<std::int8_t>().begin(), w.values<std::int8_t>().end(), 0),
            128 * 256 / 2);
  EXPECT_EQ(graph.size_bytes(), Apply("digits_mlp", "quantize").size_bytes());
}

TEST(PassesTest, WhatIsNoPassIsNamed) {
  const Graph graph = DigitsMlp();
  const auto message = [&](const std::string& variant) {
    return std::string(ApplyPasses(graph, variant, {}, kPixelScale).status().message());
  };
  EXPECT_EQ(message("fuse+melt"), "no pass 'melt'");
  EXPECT_EQ(message("prune100"), "no pass 'prune100'");
  EXPECT_THAT(message("quantize+quantize"), HasSubstr("quantized already"));
}

TEST(PassesTest, TechniquesAreNamedInTheirOrder) {
  EXPECT_EQ(TechniquesOf("f32"), "");
  EXPECT_EQ(TechniquesOf("block50+fuse+quantize"), "pruning,fusion,quantization");
}

}  // namespace
}  // namespace podium::models
