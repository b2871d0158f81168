// A small GPT (generator.h lets it generate): the decoder of Radford et al. (layer normalization
// before attention and feed-forward, GELU) with rotary positions, its embedding also the output's
// weights. Scores of attention fall with distance as well (ALiBi, Press et al., arXiv:2108.12409),
// so that it does at any context what it learned at 72 tokens.
//
// It speaks a formal language whose lines can be checked: "7b+c2=3d;", sums and differences of
// numbers of two hexadecimal digits, modulo 256. Weights: train_gpt, in weights/gpt.safetensors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/models/dataset.h"
#include "bench/models/graph.h"

namespace podium::models {

struct GptShape {
  std::size_t layers = 2, hidden = 32, heads = 2, ffn = 128, vocab = 20;
  std::size_t head_dim() const { return hidden / heads; }
};
inline constexpr double kGptRopeBase = 10000;
inline constexpr float kGptEpsilon = 1e-5f;
inline constexpr float kGptSlopes[] = {0.25f, 0.5f};  // of each head

// Tokens 0..15 are the digits, then these.
enum GptToken : std::size_t { kPlus = 16, kMinus = 17, kEquals = 18, kEnd = 19 };
inline constexpr std::size_t kLineTokens = 9, kAnswerAt = 6, kAnswerTokens = 2;  // aa + bb = cc ;

// The answer to the line that begins with these tokens; not a digit if it is no line.
using GptAnswerTokens = std::array<std::size_t, kAnswerTokens>;
GptAnswerTokens GptAnswer(std::span<const std::size_t> line);

// `count` lines with true answers, one behind the other, from a seed.
std::vector<std::size_t> GptLines(std::size_t count, std::uint32_t seed);

// Per layer, row-major: gains and biases of both normalizations, projections outputs x inputs.
struct GptLayerWeights {
  std::vector<float> gain1, bias1, q, k, v, o, gain2, bias2, up, up_bias, down, down_bias;
};
struct GptWeights {
  GptShape shape;
  std::vector<float> embedding;  // vocab x hidden
  std::vector<GptLayerWeights> layers;
  std::vector<float> gain, bias;  // of the last normalization

  explicit GptWeights(const GptShape& s);  // zeros
  // Each array with its name in the file, "layers.0.q".
  std::vector<std::pair<std::string, std::vector<float>*>> Named();
};

// Those that are part of the program. Aborts if the build is broken.
GptWeights TrainedGpt();

// The network for up to `tokens` tokens, more than one: scores of what may follow the last. Every
// operation is an operator of its own; tensors are named "layers.0.attention.sum",
// "layers.0.ffn.up".
inline constexpr std::size_t kGptTokens = 8 * kLineTokens;
Graph GptGraph(const GptWeights& weights, std::size_t tokens = kGptTokens);

// Inputs to quantize it by, of kGptTokens each.
Dataset GptCalibration();

}  // namespace podium::models
