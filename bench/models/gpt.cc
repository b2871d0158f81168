#include "bench/models/gpt.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/models/embedded_weights.h"
#include "bench/models/safetensors.h"

namespace podium::models {
namespace {

void Check(KvStatus status) {
  if (status != KvStatus::kOk) std::abort();  // the caches were made for what is done here
}

}  // namespace

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

std::size_t GptWeights::params() const {
  std::size_t sum = embedding.size() + gain.size() + bias.size();
  for (const GptLayerWeights& l : layers) {
    sum += 4 * l.q.size() + 2 * l.up.size() + 5 * l.gain1.size() + l.up_bias.size();
  }
  return sum;
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

Gpt::Gpt(const GptWeights& w, std::size_t max_tokens, Generation generation, KvType cache,
         const KernelTable& kernels)
    : shape_(w.shape),
      kernels_(kernels),
      cached_(generation == Generation::kCached),
      embedding_(w.embedding),
      gain_(w.gain),
      bias_(w.bias),
      rope_(max_tokens * w.shape.head_dim()),
      logits_of_(Pack(w.shape.vocab, w.shape.hidden, w.embedding)),
      caches_(std::make_unique<KvCache[]>(w.shape.layers)),
      x_(max_tokens * w.shape.hidden),
      h_(x_.size()),
      q_(x_.size()),
      k_(x_.size()),
      v_(x_.size()),
      attended_(x_.size()),
      wide_(max_tokens * w.shape.ffn),
      scratch_(PrefillScratchSize(max_tokens, 1, w.shape.head_dim())),
      logits_(w.shape.vocab) {
  const std::size_t d = shape_.hidden, F = shape_.ffn;
  FillRopeTable(max_tokens, shape_.head_dim(), kGptRopeBase, rope_.data());
  for (const GptLayerWeights& l : w.layers) {
    layers_.push_back({.q = Pack(d, d, l.q),
                       .k = Pack(d, d, l.k),
                       .v = Pack(d, d, l.v),
                       .o = Pack(d, d, l.o),
                       .up = Pack(F, d, l.up),
                       .down = Pack(d, F, l.down),
                       .gain1 = l.gain1,
                       .bias1 = l.bias1,
                       .gain2 = l.gain2,
                       .bias2 = l.bias2,
                       .up_bias = l.up_bias,
                       .down_bias = l.down_bias});
  }
  context_.reserve(max_tokens);
  const KvCacheConfig config = {.type = cache,
                                .n_heads = shape_.heads,
                                .n_kv_heads = shape_.heads,
                                .head_dim = shape_.head_dim(),
                                .max_tokens = max_tokens,
                                .rope = rope_.data(),
                                .rope_positions = max_tokens};
  std::size_t bytes = 0;
  Check(KvCache::Bytes(config, &bytes));
  for (std::size_t i = 0; i < shape_.layers; ++i) {
    memory_.emplace_back(bytes);
    Check(KvCache::Make(config, memory_[i].data(), bytes, &caches_[i]));
  }
  if (cached_) cache_bytes_ = shape_.layers * bytes;
}

Gpt::Linear Gpt::Pack(std::size_t N, std::size_t K, const std::vector<float>& w) {
  Linear linear = {N, K, std::vector<float>(kernels_.packed_f32_size(N, K))};
  kernels_.pack_f32({N, K, w.data(), K, linear.packed.data()});
  weight_bytes_ += linear.packed.size() * sizeof(float);
  return linear;
}

void Gpt::Multiply(const Linear& w, std::size_t count, const float* x, float* y) const {
  kernels_.gemm_f32({count, w.N, w.K, x, w.K, w.packed.data(), y, w.N});
}

void Gpt::Normalize(std::size_t count, const float* x, const std::vector<float>& gain,
                    const std::vector<float>& bias, float* y) const {
  const std::size_t d = shape_.hidden;
  kernels_.layernorm_f32({count, d, x, d, gain.data(), bias.data(), kGptEpsilon, y, d});
}

void Gpt::Reset() {
  context_.clear();
  computed_ = 0;
  for (std::size_t i = 0; i < shape_.layers; ++i) Check(caches_[i].Reset(0));
}

void Gpt::Truncate(std::size_t length) {
  context_.resize(std::min(length, context_.size()));
  computed_ = std::min(computed_, context_.size());
  for (std::size_t i = 0; i < shape_.layers; ++i) Check(caches_[i].Truncate(0, computed_));
}

void Gpt::Append(std::span<const std::size_t> tokens) {
  assert(context_.size() + tokens.size() <= context_.capacity());
  for (const std::size_t token : tokens) {
    assert(token < shape_.vocab);
    context_.push_back(token);
  }
}

std::span<const float> Gpt::Logits() {
  assert(!context_.empty());
  if (!cached_ || computed_ == context_.size()) {
    for (std::size_t i = 0; i < shape_.layers; ++i) Check(caches_[i].Truncate(0, 0));
    computed_ = 0;
  }
  Forward(std::span(context_).subspan(computed_));
  computed_ = context_.size();
  return logits_;
}

std::size_t Gpt::Next() {
  const std::span<const float> logits = Logits();
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void Gpt::Attend(std::size_t layer, std::size_t count) {
  const KvCache& cache = caches_[layer];
  const std::size_t d = shape_.hidden;
  const float scale = 1 / std::sqrt(static_cast<float>(shape_.head_dim()));
  if (count == 1) {
    return kernels_.decode_attention({.n_heads = shape_.heads,
                                      .q = q_.data(),
                                      .ldq = shape_.head_dim(),
                                      .cache = cache.View(0),
                                      .end = cache.length(0),
                                      .scale = scale,
                                      .alibi_slopes = kGptSlopes,
                                      .out = attended_.data(),
                                      .ldo = shape_.head_dim()});
  }
  kernels_.prefill_attention({.n_heads = shape_.heads,
                              .count = count,
                              .q = q_.data(),
                              .ldq = d,
                              .cache = cache.View(0),
                              .scale = scale,
                              .alibi_slopes = kGptSlopes,
                              .out = attended_.data(),
                              .ldo = d,
                              .scratch = scratch_.data()});
}

void Gpt::Embed(std::span<const std::size_t> tokens) {
  const std::size_t d = shape_.hidden;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    std::copy_n(embedding_.begin() + static_cast<std::ptrdiff_t>(tokens[t] * d), d,
                x_.begin() + static_cast<std::ptrdiff_t>(t * d));
  }
}

void Gpt::Attention(std::size_t layer, std::size_t count) {
  const Layer& l = layers_[layer];
  KvCache& cache = caches_[layer];
  const std::size_t d = shape_.hidden;
  Normalize(count, x_.data(), l.gain1, l.bias1, h_.data());
  Multiply(l.q, count, h_.data(), q_.data());
  Multiply(l.k, count, h_.data(), k_.data());
  Multiply(l.v, count, h_.data(), v_.data());
  kernels_.rotate(
      {count, shape_.heads, shape_.head_dim(), cache.length(0), q_.data(), d, rope_.data()});
  Check(cache.Append(kernels_, 0, {count, k_.data(), v_.data(), d}));
  Attend(layer, count);
  Multiply(l.o, count, attended_.data(), h_.data());
  for (std::size_t e = 0; e < count * d; ++e) x_[e] += h_[e];
}

void Gpt::FeedForward(std::size_t layer, std::size_t count) {
  const Layer& l = layers_[layer];
  const std::size_t d = shape_.hidden;
  Normalize(count, x_.data(), l.gain2, l.bias2, h_.data());
  kernels_.gemm_bias_activation_f32({.M = count,
                                     .N = l.up.N,
                                     .K = l.up.K,
                                     .a = h_.data(),
                                     .lda = d,
                                     .packed_b = l.up.packed.data(),
                                     .bias = l.up_bias.data(),
                                     .activation = Activation::kGeluTanh,
                                     .c = wide_.data(),
                                     .ldc = l.up.N});
  Multiply(l.down, count, wide_.data(), h_.data());
  for (std::size_t e = 0; e < count * d; ++e) x_[e] += h_[e] + l.down_bias[e % d];
}

void Gpt::Score(std::size_t count) {
  Normalize(1, x_.data() + (count - 1) * shape_.hidden, gain_, bias_, h_.data());
  Multiply(logits_of_, 1, h_.data(), logits_.data());
}

void Gpt::Forward(std::span<const std::size_t> tokens) {
  Embed(tokens);
  for (std::size_t i = 0; i < shape_.layers; ++i) {
    Attention(i, tokens.size());
    FeedForward(i, tokens.size());
  }
  Score(tokens.size());
}

void Gpt::RunPart(GptPart part) {
  const std::size_t begin = cached_ ? context_.size() - 1 : 0, count = context_.size() - begin;
  if (part == GptPart::kRest) {
    Embed(std::span(context_).subspan(begin));
    return Score(count);
  }
  for (std::size_t i = 0; i < shape_.layers; ++i) {
    if (part == GptPart::kFeedForward) {
      FeedForward(i, count);
    } else {
      Check(caches_[i].Truncate(0, begin));
      Attention(i, count);
    }
  }
}

}  // namespace podium::models
