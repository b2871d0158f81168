// Gradients of the constants of an f32 graph, for training: fully connected layers, convolutions, average
// pools, additions, ReLU, reshapes, and a softmax at the end. Plain loops: run once, ahead of time.
#pragma once

#include <span>
#include <vector>

#include "bench/models/graph.h"

namespace podium::models {

enum class Loss {
  kCrossEntropy,    // of a softmax, the last operator, with a class
  kReconstruction,  // mean square of the output less the input
};

class Backprop {
 public:
  // `graph` for one input; the constants are those of the graph at each call.
  Backprop(Graph& graph, Loss loss);

  // Adds the gradients of one input's loss to gradient(). Returns the loss.
  float Accumulate(std::span<const float> input, std::size_t label);

  std::span<float> values(std::size_t tensor);    // of a constant
  std::span<float> gradient(std::size_t tensor);  // of any tensor; those of constants add up
  std::span<const float> output() const;

 private:
  void Forward(const Op& op);
  void Backward(const Op& op);

  Graph& graph_;
  Loss loss_;
  std::vector<std::vector<float>> values_, gradients_;  // by tensor; values of constants are empty
};

}  // namespace podium::models
