#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/kv_attention/decode_attention.h"

namespace podium::reference {
namespace {

// One query head and its KV head.
struct Head {
  const DecodeAttentionArgs& args;
  std::size_t h, g;

  double Scale(const float* scales, std::size_t t) const {
    return args.cache.type == KvType::kS8 ? scales[ScaleIndex(args.cache, g, t)] : 1;
  }
  double V(std::size_t t, std::size_t d) const {
    const KvView& c = args.cache;
    return KvElement(c.type, c.v, ValueIndex(c, g, t, d)) * Scale(c.v_scales, t);
  }
  double Score(std::size_t t) const {
    const KvView& c = args.cache;
    double sum = 0;
    for (std::size_t d = 0; d < c.head_dim; ++d) {
      sum += double{args.q[h * args.ldq + d]} * KvElement(c.type, c.k, KeyIndex(c, g, t, d));
    }
    sum *= args.scale * Scale(args.cache.k_scales, t);
    if (args.softcap > 0) sum = args.softcap * std::tanh(sum / args.softcap);
    if (args.alibi_slopes != nullptr) {
      sum -= args.alibi_slopes[h] * static_cast<double>(args.cache.length - 1 - t);
    }
    return sum;
  }
};

// Two passes over the tokens: the maximum, then the weights. Scores are computed again where they
// are needed, so that nothing of the context's length has to be stored.
void Attend(const Head& head) {
  const DecodeAttentionArgs& args = head.args;
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  double max = kNone, all = 0;
  bool none = true;
  for (std::size_t t = args.begin; t < args.end; ++t) {
    const double score = head.Score(t);
    max = std::max(max, score);
    none = none && score == kNone;  // a NaN is something
  }
  constexpr std::size_t kColumns = 64;
  for (std::size_t d0 = 0; d0 < args.cache.head_dim; d0 += kColumns) {
    const std::size_t columns = std::min(args.cache.head_dim - d0, kColumns);
    double sum = 0, out[kColumns] = {};
    for (std::size_t t = args.begin; t < args.end && !none; ++t) {
      const double weight = std::exp(head.Score(t) - max);
      sum += weight;
      for (std::size_t d = 0; d < columns; ++d) out[d] += weight * head.V(t, d0 + d);
    }
    for (std::size_t d = 0; d < columns; ++d) {
      args.out[head.h * args.ldo + d0 + d] = none ? 0.0f : static_cast<float>(out[d] / sum);
    }
    all = sum;
  }
  if (args.sums != nullptr) {
    args.sums[head.h] = {none ? -std::numeric_limits<float>::max() : static_cast<float>(max),
                         static_cast<float>(all)};
  }
}

}  // namespace

void DecodeAttention(const DecodeAttentionArgs& args) {
  if (args.n_heads == 0) return;
  assert(args.cache.n_kv_heads > 0 && args.n_heads % args.cache.n_kv_heads == 0);
  assert(args.begin <= args.end && args.end <= args.cache.length);
  for (std::size_t h = 0; h < args.n_heads; ++h) {
    Attend({args, h, h / (args.n_heads / args.cache.n_kv_heads)});
  }
}

void DecodeAttentionSeparate(const DecodeAttentionSeparateArgs& args) {
  DecodeAttention(args.attention);
}

}  // namespace podium::reference
