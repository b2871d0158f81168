// Graphs of one operator with random constants, for the tests of layers and passes.
#pragma once

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "bench/models/graph.h"

namespace podium::models {

inline Tensor Activations(DataType type, std::vector<std::size_t> shape, float scale = 0,
                          std::int32_t zero_point = 0) {
  Tensor t = {.name = "activations", .type = type, .shape = std::move(shape)};
  if (type == DataType::kS8) t.scales = {scale};
  t.zero_point = zero_point;
  return t;
}

template <class T>
std::vector<T> Random(std::size_t count, double lo, double hi, std::uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<T> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = lo + (hi - lo) * (rng() * 0x1p-32);
    values.push_back(static_cast<T>(std::is_same_v<T, float> ? value : std::round(value)));
  }
  return values;
}

inline std::size_t Size(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t dim : shape) size *= dim;
  return size;
}

// x -> op -> y, with weights of that shape and a bias for each of N channels.
inline Graph OneOp(Op op, Tensor x, Tensor y, const std::vector<std::size_t>& weights,
                   std::size_t N) {
  Graph graph;
  const bool s8 = x.type == DataType::kS8;
  graph.tensors = {std::move(x), std::move(y)};
  graph.input = 0;
  graph.output = op.output = 1;
  op.inputs = {0};
  if (!weights.empty()) {
    if (s8) {
      std::vector<float> scales;
      for (std::size_t n = 0; n < N; ++n) scales.push_back(0.001f * static_cast<float>(n % 7 + 1));
      op.inputs.push_back(AddConstant<std::int8_t>(
          graph, "weights", weights, Random<std::int8_t>(Size(weights), -127, 127, 1), scales));
      op.inputs.push_back(
          AddConstant<std::int32_t>(graph, "bias", {N}, Random<std::int32_t>(N, -3000, 3000, 2)));
    } else {
      op.inputs.push_back(
          AddConstant<float>(graph, "weights", weights, Random<float>(Size(weights), -1, 1, 1)));
      op.inputs.push_back(AddConstant<float>(graph, "bias", {N}, Random<float>(N, -1, 1, 2)));
    }
  }
  graph.ops = {std::move(op)};
  return graph;
}

}  // namespace podium::models
