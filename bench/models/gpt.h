// A small GPT that generates token by token: the decoder of Radford et al. (layer normalization before
// attention and feed-forward, GELU) with rotary positions, its embedding also the output's weights. Scores
// of attention fall with distance as well (ALiBi, Press et al., arXiv:2108.12409), so that it does at any
// context what it learned at 72 tokens.
//
// It speaks a formal language whose lines can be checked: "7b+c2=3d;", sums and differences of
// numbers of two hexadecimal digits, modulo 256. Weights: train_gpt, in weights/gpt.safetensors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/models/layers.h"
#include "kernels/kernel_table.h"
#include "kernels/kv_attention/kv_cache.h"

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
  std::size_t params() const;
};

// Those that are part of the program. Aborts if the build is broken.
GptWeights TrainedGpt();

enum class Generation { kRecompute, kCached };

// Where a token's time goes. Attention and feed-forward each of all layers, with their normalization; the rest
// is the embedding and the scores.
enum class GptPart { kAttention, kFeedForward, kRest };

// The network on the kernels of one ISA, which outlive it, with room for `max_tokens` of context. After
// construction nothing is allocated. With kCached each call sees the tokens of those before in its KV
// cache; with kRecompute it takes all of them through all layers again, as without one.
class Gpt {
 public:
  Gpt(const GptWeights& weights, std::size_t max_tokens, Generation generation, KvType cache,
      const KernelTable& kernels);

  void Truncate(std::size_t length);                 // forgets all tokens from there on
  void Reset();                                      // forgets the context
  void Append(std::span<const std::size_t> tokens);  // to the context, which has room for them
  std::size_t length() const { return context_.size(); }
  // The likeliest next token, the first of several.
  std::size_t Next();
  // The scores of all tokens to be the next.
  std::span<const float> Logits();

  // One part of what Next does to the last token (kRecompute: to all), for timing it alone. Call Reset before
  // what Next returns is to mean something again.
  void RunPart(GptPart part);

  std::size_t cache_bytes() const { return cache_bytes_; }  // 0 with kRecompute: nothing is kept
  std::size_t weight_bytes() const { return weight_bytes_; }

 private:
  struct Linear {
    std::size_t N, K;
    std::vector<float> packed;
  };
  struct Layer {
    Linear q, k, v, o, up, down;
    std::vector<float> gain1, bias1, gain2, bias2, up_bias, down_bias;
  };

  Linear Pack(std::size_t N, std::size_t K, const std::vector<float>& w);
  void Multiply(const Linear& w, std::size_t count, const float* x, float* y) const;
  void Normalize(std::size_t count, const float* x, const std::vector<float>& gain,
                 const std::vector<float>& bias, float* y) const;
  void Forward(std::span<const std::size_t> tokens);  // behind those in the caches
  void Embed(std::span<const std::size_t> tokens);
  void Attention(std::size_t layer, std::size_t count);
  void Attend(std::size_t layer, std::size_t count);
  void FeedForward(std::size_t layer, std::size_t count);
  void Score(std::size_t count);  // of the last token

  GptShape shape_;
  const KernelTable& kernels_;
  bool cached_;
  std::size_t weight_bytes_ = 0, cache_bytes_ = 0;
  std::vector<float> embedding_, gain_, bias_, rope_;
  std::vector<Layer> layers_;
  Linear logits_of_;
  std::vector<AlignedBytes> memory_;
  std::unique_ptr<KvCache[]> caches_;
  std::vector<std::size_t> context_;
  std::size_t computed_ = 0;  // tokens of the context that are in the caches
  std::vector<float> x_, h_, q_, k_, v_, attended_, wide_, scratch_, logits_;
};

}  // namespace podium::models
