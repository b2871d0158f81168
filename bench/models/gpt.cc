#include "bench/models/gpt.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/models/embedded_weights.h"
#include "bench/models/safetensors.h"

namespace podium::models {
GptAnswerTokens GptAnswer(std::span<const std::size_t> line) {
  constexpr GptAnswerTokens kNone = {kEnd, kEnd};
  if (line.size() < kAnswerAt || line[5] != kEquals) return kNone;
  for (const std::size_t at : {0, 1, 3, 4}) {
    if (line[at] >= 16) return kNone;
  }
  if (line[2] != kPlus && line[2] != kMinus) return kNone;
  const std::size_t a = 16 * line[0] + line[1], b = 16 * line[3] + line[4];
  const std::size_t answer = line[2] == kPlus ? a + b : a + 256 - b;
  return {answer / 16 % 16, answer % 16};
}

std::vector<std::size_t> GptLines(std::size_t count, std::uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t at = 0; at < 5; ++at) {
      tokens.push_back(at == 2 ? kPlus + rng() % 2 : rng() % 16);
    }
    tokens.push_back(kEquals);
    for (const std::size_t digit : GptAnswer(std::span(tokens).last(kAnswerAt))) {
      tokens.push_back(digit);
    }
    tokens.push_back(kEnd);
  }
  return tokens;
}

GptWeights::GptWeights(const GptShape& s)
    : shape(s), embedding(s.vocab * s.hidden), layers(s.layers), gain(s.hidden), bias(s.hidden) {
  const std::size_t square = s.hidden * s.hidden;
  for (GptLayerWeights& l : layers) {
    l.gain1 = l.bias1 = l.gain2 = l.bias2 = l.down_bias = std::vector<float>(s.hidden);
    l.q = l.k = l.v = l.o = std::vector<float>(square);
    l.up = l.down = std::vector<float>(s.ffn * s.hidden);
    l.up_bias = std::vector<float>(s.ffn);
  }
}

std::vector<std::pair<std::string, std::vector<float>*>> GptWeights::Named() {
  std::vector<std::pair<std::string, std::vector<float>*>> named = {
      {"embedding", &embedding}, {"gain", &gain}, {"bias", &bias}};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    GptLayerWeights& l = layers[i];
    const std::pair<const char*, std::vector<float>*> arrays[] = {
        {"gain1", &l.gain1}, {"bias1", &l.bias1},
        {"q", &l.q},         {"k", &l.k},
        {"v", &l.v},         {"o", &l.o},
        {"gain2", &l.gain2}, {"bias2", &l.bias2},
        {"up", &l.up},       {"up_bias", &l.up_bias},
        {"down", &l.down},   {"down_bias", &l.down_bias}};
    for (const auto& [name, values] : arrays) {
      named.emplace_back(absl::StrCat("layers.", i, ".", name), values);
    }
  }
  return named;
}

GptWeights TrainedGpt() {
  GptWeights weights{GptShape()};
  const absl::StatusOr<Safetensors> file = ParseSafetensors(EmbeddedWeights("gpt"));
  for (auto& [name, values] : weights.Named()) {
    const auto found = file.ok() ? file->arrays.find(name) : decltype(file->arrays.end()){};
    if (!file.ok() || found == file->arrays.end() ||
        found->second.values.size() != values->size()) {
      std::fprintf(stderr, "weights of gpt: no array \"%s\" of its size\n", name.c_str());
      std::abort();
    }
    *values = found->second.values;
  }
  return weights;
}

namespace {

// Appends operators to a graph.
class Builder {
 public:
  Builder(const GptShape& shape, std::size_t tokens) : shape_(shape) {
    graph_.tensors.push_back({.name = "tokens", .type = DataType::kS32, .shape = {tokens}});
    graph_.input = 0;
  }

  std::size_t Constant(const std::string& name, std::vector<std::size_t> shape,
                       const std::vector<float>& values) {
    return AddConstant<float>(graph_, name, std::move(shape), values);
  }
  std::size_t Row(const std::string& name, const std::vector<float>& values) {
    return Constant(name, {values.size()}, values);
  }
  // N outputs for each row of `inputs[0]`.
  std::size_t Append(const std::string& name, Op op, std::size_t N) {
    const std::size_t rows =
        op.kind == OpKind::kLastToken ? 1 : graph_.tensors[op.inputs[0]].shape[0];
    graph_.tensors.push_back({.name = name, .type = DataType::kF32, .shape = {rows, N}});
    op.output = graph_.tensors.size() - 1;
    graph_.ops.push_back(std::move(op));
    return graph_.ops.back().output;
  }
  std::size_t Linear(const std::string& name, std::size_t x, std::size_t N,
                     const std::vector<float>& weights, const std::vector<float>& bias = {}) {
    Op op = {.kind = OpKind::kFullyConnected, .inputs = {x}};
    op.inputs.push_back(Constant(name + ".weight", {N, weights.size() / N}, weights));
    if (!bias.empty()) op.inputs.push_back(Row(name + ".bias", bias));
    return Append(name, std::move(op), N);
  }
  std::size_t Norm(const std::string& name, std::size_t x, const std::vector<float>& gain,
                   const std::vector<float>& bias) {
    const std::size_t g = Row(name + ".gain", gain), b = Row(name + ".bias", bias);
    return Append(name, {.kind = OpKind::kLayerNorm, .inputs = {x, g, b}, .epsilon = kGptEpsilon},
                  shape_.hidden);
  }
  std::size_t Rotate(const std::string& name, std::size_t x) {
    return Append(
        name,
        {.kind = OpKind::kRotate, .inputs = {x}, .heads = shape_.heads, .rope_base = kGptRopeBase},
        shape_.hidden);
  }
  std::size_t Add(const std::string& name, std::size_t a, std::size_t b) {
    return Append(name, {.kind = OpKind::kAdd, .inputs = {a, b}}, shape_.hidden);
  }
  std::size_t Attention(const std::string& name, std::size_t x, const GptLayerWeights& w) {
    const std::size_t d = shape_.hidden;
    const std::size_t h = Norm(name + ".norm", x, w.gain1, w.bias1);
    const std::size_t q = Rotate(name + ".q.rotated", Linear(name + ".q", h, d, w.q)),
                      k = Rotate(name + ".k.rotated", Linear(name + ".k", h, d, w.k)),
                      v = Linear(name + ".v", h, d, w.v);
    const std::size_t heads = Append(name + ".heads",
                                     {.kind = OpKind::kCausalAttention,
                                      .inputs = {q, k, v},
                                      .heads = shape_.heads,
                                      .slopes = {std::begin(kGptSlopes), std::end(kGptSlopes)}},
                                     d);
    return Add(name + ".sum", Linear(name + ".o", heads, d, w.o), x);
  }
  std::size_t FeedForward(const std::string& name, std::size_t x, const GptLayerWeights& w) {
    const std::size_t h = Norm(name + ".norm", x, w.gain2, w.bias2);
    const std::size_t up = Linear(name + ".up", h, shape_.ffn, w.up, w.up_bias);
    const std::size_t wide =
        Append(name + ".gelu", {.kind = OpKind::kGelu, .inputs = {up}}, shape_.ffn);
    return Add(name + ".sum", Linear(name + ".down", wide, shape_.hidden, w.down, w.down_bias), x);
  }
  Graph Finish(std::size_t output) {
    graph_.output = output;
    return std::move(graph_);
  }

 private:
  GptShape shape_;
  Graph graph_;
};

}  // namespace

Graph GptGraph(const GptWeights& w, std::size_t tokens) {
  const std::size_t d = w.shape.hidden, vocab = w.shape.vocab;
  Builder net(w.shape, tokens);
  const std::size_t embedding = net.Constant("embedding", {vocab, d}, w.embedding);
  std::size_t x = net.Append("embedded", {.kind = OpKind::kEmbedding, .inputs = {0, embedding}}, d);
  for (std::size_t i = 0; i < w.layers.size(); ++i) {
    x = net.Attention(absl::StrCat("layers.", i, ".attention"), x, w.layers[i]);
    x = net.FeedForward(absl::StrCat("layers.", i, ".ffn"), x, w.layers[i]);
  }
  x = net.Append("last", {.kind = OpKind::kLastToken, .inputs = {x}}, d);
  x = net.Norm("norm", x, w.gain, w.bias);
  return net.Finish(
      net.Append("scores", {.kind = OpKind::kFullyConnected, .inputs = {x, embedding}}, vocab));
}

Dataset GptCalibration() {
  constexpr std::size_t kInputs = 256;
  Dataset set = {.type = ElementType::kU8, .input_size = kGptTokens};
  for (std::uint32_t i = 0; i < kInputs; ++i) {
    // They end anywhere in a line: the scores of a digit that is certain take on another range.
    const std::vector<std::size_t> tokens = GptLines(kGptTokens / kLineTokens + 1, 4000000 + i);
    for (std::size_t t = 0; t < kGptTokens; ++t) {
      set.data.push_back(static_cast<std::byte>(tokens[i % kLineTokens + t]));
    }
  }
  set.labels.resize(kInputs);
  return set;
}

}  // namespace podium::models
