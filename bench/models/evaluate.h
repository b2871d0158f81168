// A network on labelled inputs, one at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "bench/models/dataset.h"
#include "bench/models/runner.h"

namespace podium::models {

// u8 as values within 0..1, as images and spectra are given to networks.
inline constexpr Scale kPixelScale = {1.0f / 255, -128};

// Sets the runner's input (batch 1), s8, f32 or tokens, of one input of a data set; sizes are
// equal. `scale`, that of the integer network's input, makes real values of stored bytes, and s8 of
// those. Of u8 the zero point is 128 more. Bytes that are tokens stay what they are.
void SetInput(std::span<const std::byte> input, ElementType type, Scale scale, Runner& runner);

// The network's output; of s8 the integers.
std::vector<float> Scores(const Runner& runner);

struct Evaluation {
  std::vector<std::size_t>
      predicted;              // of each input: the largest score's index, the first of several
  std::vector<float> scores;  // of each input all; of s8 networks the integers
  std::size_t classes = 0;
  std::size_t correct = 0;

  double accuracy() const {
    return static_cast<double>(correct) / static_cast<double>(predicted.size());
  }
};

Evaluation Evaluate(const Dataset& set, Scale scale, Runner& runner);

// The share of inputs whose prediction is the same.
double Agreement(const Evaluation& a, const Evaluation& b);

}  // namespace podium::models
