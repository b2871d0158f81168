// One token of decoding through all layers of a language model: what the cache saves, and what it costs
// as the context grows. Without the embedding and the matrix of logits.
//
// recompute     all layers on all tokens of the context, as without a cache
// cached, cached_f16, cached_s8   the new token alone, with what is left of the others in caches
//
// Networks are of the shape of the real ones with random weights in FP32; layers take turns at
// kWeightSets sets of weights, more than a cache holds, and each has a KV cache of its own. The caches
// of a timed row hold random keys and values: a row is verified on a short prompt of real ones.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/shared.h"
#include "kernels/kv_attention/kv_cache.h"

namespace podium::bench {
namespace {

constexpr std::size_t kWeightSets = 2;
constexpr double kRopeBase = 500000;

std::size_t KvDim(const NetShape& n) { return n.n_kv_heads * n.head_dim; }

// C = A * W^T, W packed.
struct Linear {
  std::size_t N, K;
  AlignedVector<float> packed;

  Linear(std::size_t outputs, std::size_t inputs, std::uint32_t seed, const KernelTable& kernels)
      : N(outputs), K(inputs), packed(kernels.packed_f32_size(outputs, inputs)) {
    const AlignedVector<float> w = Weights(N, K, seed);
    kernels.pack_f32({N, K, w.data(), K, packed.data()});
  }
  void Run(const KernelTable& kernels, std::size_t M, const float* a, float* c) const {
    kernels.gemm_f32({M, N, K, a, K, packed.data(), c, N});
  }
};

struct LayerWeights {
  Linear q, k, v, o, up, gate, down;

  LayerWeights(const NetShape& n, std::uint32_t seed, const KernelTable& kernels)
      : q(n.hidden, n.hidden, seed, kernels),
        k(KvDim(n), n.hidden, seed + 1, kernels),
        v(KvDim(n), n.hidden, seed + 2, kernels),
        o(n.hidden, n.hidden, seed + 3, kernels),
        up(n.ffn, n.hidden, seed + 4, kernels),
        gate(n.llama ? n.ffn : 0, n.hidden, seed + 5, kernels),
        down(n.hidden, n.ffn, seed + 6, kernels) {}
};

std::shared_ptr<const std::vector<LayerWeights>> SharedWeights(const NetShape& n,
                                                               const KernelTable& kernels) {
  return Shared(std::tuple(std::string(n.name), &kernels), [&] {
    std::vector<LayerWeights> weights;
    for (std::size_t i = 0; i < kWeightSets; ++i) {
      weights.emplace_back(n, kSeed + 10 * static_cast<std::uint32_t>(i), kernels);
    }
    return weights;
  });
}

class Stack {
 public:
  // Room for `max_tokens` in the caches, for `most` tokens at once.
  Stack(const NetShape& n, KvType type, std::size_t max_tokens, std::size_t most,
        const KernelTable& kernels)
      : n_(n),
        kernels_(kernels),
        weights_(SharedWeights(n, kernels)),
        caches_(n.layers),
        memory_(n.layers),
        rope_(n.llama ? max_tokens * n.head_dim : 0),
        ones_(n.hidden, 1.0f),
        zeros_(n.hidden, 0.0f),
        h_(most * n.hidden),
        q_(most * n.hidden),
        k_(most * KvDim(n)),
        v_(most * KvDim(n)),
        attended_(most * n.hidden),
        up_(most * n.ffn),
        gate_(n.llama ? most * n.ffn : 0),
        scratch_(PrefillScratchSize(most, n.n_heads / n.n_kv_heads, n.head_dim)) {
    if (n.llama) FillRopeTable(max_tokens, n.head_dim, kRopeBase, rope_.data());
    const KvCacheConfig config = {.type = type,
                                  .n_heads = n.n_heads,
                                  .n_kv_heads = n.n_kv_heads,
                                  .head_dim = n.head_dim,
                                  .max_tokens = max_tokens,
                                  .rope = n.llama ? rope_.data() : nullptr,
                                  .rope_positions = max_tokens};
    for (std::size_t i = 0; i < n.layers; ++i) {
      std::size_t bytes = 0;
      Check(KvCache::Bytes(config, &bytes));
      memory_[i].resize(bytes);
      Check(KvCache::Make(config, memory_[i].data(), bytes, &caches_[i]));
    }
  }

  // Random keys and values of `count` tokens in every layer.
  void Fill(std::size_t count) {
    const std::size_t kv_dim = KvDim(n_);
    const AlignedVector<float> k = Activations(count, kv_dim, kSeed + 1);
    const AlignedVector<float> v = Activations(count, kv_dim, kSeed + 2);
    for (KvCache& cache : caches_)
      Check(cache.Append(kernels_, 0, {count, k.data(), v.data(), kv_dim}));
  }
  void Truncate(std::size_t length) {
    for (KvCache& cache : caches_) Check(cache.Truncate(0, length));
  }
  std::size_t token_bytes() const { return caches_[0].token_bytes() * n_.layers; }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& memory : memory_) sum += memory.size();
    return sum;
  }

  // x: count x hidden, the tokens after those in the caches; becomes the result.
  void Forward(std::size_t count, float* x) {
    for (std::size_t i = 0; i < n_.layers; ++i) {
      const LayerWeights& w = (*weights_)[i % kWeightSets];
      KvCache& cache = caches_[i];
      Normalize(count, x);
      w.q.Run(kernels_, count, h_.data(), q_.data());
      w.k.Run(kernels_, count, h_.data(), k_.data());
      w.v.Run(kernels_, count, h_.data(), v_.data());
      if (n_.llama) {
        kernels_.rotate(
            {count, n_.n_heads, n_.head_dim, cache.length(0), q_.data(), n_.hidden, rope_.data()});
      }
      Check(cache.Append(kernels_, 0, {count, k_.data(), v_.data(), KvDim(n_)}));
      Attend(count, cache.View(0));
      w.o.Run(kernels_, count, attended_.data(), h_.data());
      Add(count, x);
      Normalize(count, x);
      w.up.Run(kernels_, count, h_.data(), up_.data());
      if (n_.llama) w.gate.Run(kernels_, count, h_.data(), gate_.data());
      Activate(count);
      w.down.Run(kernels_, count, up_.data(), h_.data());
      Add(count, x);
    }
  }

 private:
  static void Check(KvStatus status) {
    if (status != KvStatus::kOk) std::abort();  // the caches were made for what is done here
  }

  void Normalize(std::size_t count, const float* x) {
    if (n_.llama) {
      return kernels_.rmsnorm_f32(
          {count, n_.hidden, x, n_.hidden, ones_.data(), 1e-5f, h_.data(), n_.hidden});
    }
    kernels_.layernorm_f32(
        {count, n_.hidden, x, n_.hidden, ones_.data(), zeros_.data(), 1e-5f, h_.data(), n_.hidden});
  }
  // GELU of what goes up, or SiLU of the gate times it.
  void Activate(std::size_t count) {
    const float* x = n_.llama ? gate_.data() : up_.data();
    kernels_.bias_activation_f32(
        {.M = count,
         .N = n_.ffn,
         .x = x,
         .ldx = n_.ffn,
         .bias = nullptr,
         .activation = n_.llama ? Activation::kSilu : Activation::kGeluTanh,
         .y = up_.data(),
         .ldy = n_.ffn,
         .then = {.factor = n_.llama ? up_.data() : nullptr, .ldf = n_.ffn}});
  }
  void Add(std::size_t count, float* x) const {
    for (std::size_t i = 0; i < count * n_.hidden; ++i) x[i] += h_[i];
  }
  void Attend(std::size_t count, const KvView& view) {
    const float scale = 1 / std::sqrt(static_cast<float>(n_.head_dim));
    if (count == 1) {
      return kernels_.decode_attention({.n_heads = n_.n_heads,
                                        .q = q_.data(),
                                        .ldq = n_.head_dim,
                                        .cache = view,
                                        .end = view.length,
                                        .scale = scale,
                                        .out = attended_.data(),
                                        .ldo = n_.head_dim});
    }
    kernels_.prefill_attention({.n_heads = n_.n_heads,
                                .count = count,
                                .q = q_.data(),
                                .ldq = n_.hidden,
                                .cache = view,
                                .scale = scale,
                                .out = attended_.data(),
                                .ldo = n_.hidden,
                                .scratch = scratch_.data()});
  }

  NetShape n_;
  const KernelTable& kernels_;
  std::shared_ptr<const std::vector<LayerWeights>> weights_;
  std::vector<KvCache> caches_;
  std::vector<AlignedVector<std::byte>> memory_;
  AlignedVector<float> rope_, ones_, zeros_;
  AlignedVector<float> h_, q_, k_, v_, attended_, up_, gate_, scratch_;
};

// A prompt but for its last token, and then that one, against all of it at once: the last token's
// result must be the same but for what storage rounds.
absl::Status Verify(const NetShape& n, KvType type, const KernelTable& kernels) {
  constexpr std::size_t kTokens = 24;
  AlignedVector<float> whole = Activations(kTokens, n.hidden, kSeed);
  AlignedVector<float> parts = whole;
  Stack(n, KvType::kF32, kTokens, kTokens, kernels).Forward(kTokens, whole.data());
  Stack cached(n, type, kTokens, kTokens, kernels);
  cached.Forward(kTokens - 1, parts.data());
  float* last = parts.data() + (kTokens - 1) * n.hidden;
  cached.Forward(1, last);
  const std::vector<double> want(whole.end() - static_cast<std::ptrdiff_t>(n.hidden), whole.end());
  const double error =
      CompareToTruth(std::vector<float>(last, last + n.hidden), want, n.hidden).max_rel_err;
  const double tolerance = type == KvType::kF32 ? 1e-4 : type == KvType::kS8 ? 5e-2 : 5e-3;
  if (error <= tolerance) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("relative error ", error, ", more than ", tolerance,
                                          ", against the whole prompt at once"));
}

Row MakeRow(const NetShape& n, std::size_t context, KvType type, bool recompute,
            const KernelTable& kernels) {
  const auto stack = std::make_shared<Stack>(n, type, context, recompute ? context : 1, kernels);
  const auto tokens = std::make_shared<const AlignedVector<float>>(
      Activations(recompute ? context : 1, n.hidden, kSeed));
  const auto x = std::make_shared<AlignedVector<float>>(*tokens);
  const std::size_t kv_dim = KvDim(n);
  const std::size_t params =
      n.layers * n.hidden * (2 * n.hidden + 2 * kv_dim + (n.llama ? 3 : 2) * n.ffn);
  Row row;
  row.work = {{"tokens", 1}};
  row.params = static_cast<double>(params);
  const std::size_t kept =
      recompute ? sizeof(float) * context * n.hidden : context * stack->token_bytes();
  row.size_bytes = static_cast<double>(sizeof(float) * params + kept);
  row.bytes = row.size_bytes;
  row.operand_bytes = stack->bytes() + sizeof(float) * kWeightSets * params / n.layers;
  const std::size_t before = recompute ? 0 : context - 1;
  if (before > 0) stack->Fill(before);
  row.run = [=] {
    stack->Truncate(before);
    std::copy(tokens->begin(), tokens->end(), x->begin());
    stack->Forward(context - before, x->data());
  };
  row.verify = [n, type, &kernels] { return Verify(n, type, kernels); };
  row.verify_needs_run = false;  // which may take minutes
  return row;
}

const bool kRegistered = [] {
  for (const NetShape& net : kNetShapes) {
    for (const std::size_t context : kNetContexts) {
      const Keys keys = {{"net", net.name}, {"context", absl::StrCat(context)}};
      const auto add = [&](const char* name, const char* techniques, KvType type, bool recompute) {
        RegisterForEachIsa({"llm_decode", name, techniques, recompute}, keys,
                           [=](const KernelTable& kernels) {
                             return MakeRow(net, context, type, recompute, kernels);
                           });
      };
      add("recompute", "", KvType::kF32, true);
      add("cached", "kv_cache", KvType::kF32, false);
      add("cached_f16", "kv_cache,quantization", KvType::kF16, false);
      add("cached_s8", "kv_cache,quantization", KvType::kS8, false);
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
