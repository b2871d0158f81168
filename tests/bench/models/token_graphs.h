// Graphs of one operator on tokens, and runs of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "bench/models/runner.h"
#include "tests/bench/models/graph_builder.h"

namespace podium::models {

inline constexpr std::size_t kTokens = 37, kChannels = 32;  // two heads
inline constexpr Scale kFrom = {0.03f, 11}, kTo = {0.04f, -9};

// x -> op -> y, both tokens x channels.
inline Graph TokenOp(Op op, DataType type, std::size_t constants = 0) {
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

inline Runner MakeRunner(const Graph& graph, const KernelTable& kernels) {
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

// What a fully connected layer of the input's tokens gives.
inline Graph Full(DataType type, bool gelu, bool residual) {
  Graph graph = OneOp({.kind = OpKind::kFullyConnected, .gelu = gelu, .before_gelu = {0.02f, 5}},
                      Activations(type, {kTokens, kChannels}, kFrom.scale, kFrom.zero_point),
                      Activations(type, {kTokens, kChannels}, kTo.scale, kTo.zero_point),
                      {kChannels, kChannels}, kChannels);
  if (residual) graph.ops[0].inputs.push_back(0);
  return graph;
}

}  // namespace podium::models
