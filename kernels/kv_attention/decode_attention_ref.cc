#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/kv_attention/decode_attention.h"

namespace podium::reference {
namespace {

struct Head {
  const float* q;
  const float* k;
  const float* v;
  float* out;
};

double Score(const DecodeAttentionF32Args& args, const Head& head, std::size_t t) {
  const float* k = head.k + t * args.cache.token_stride;
  double sum = 0;
  for (std::size_t d = 0; d < args.cache.head_dim; ++d) sum += double{head.q[d]} * k[d];
  return sum * args.scale;
}

// Two passes over the tokens: the maximum, then the weights. Scores are computed again where they
// are needed, so that nothing of the context's length has to be stored.
void Attend(const DecodeAttentionF32Args& args, const Head& head) {
  const KvCacheF32& cache = args.cache;
  double max = -std::numeric_limits<double>::infinity();
  for (std::size_t t = 0; t < cache.length; ++t) max = std::max(max, Score(args, head, t));
  constexpr std::size_t kColumns = 64;
  for (std::size_t d0 = 0; d0 < cache.head_dim; d0 += kColumns) {
    const std::size_t columns = std::min(cache.head_dim - d0, kColumns);
    double sum = 0, out[kColumns] = {};
    for (std::size_t t = 0; t < cache.length; ++t) {
      const double weight = std::exp(Score(args, head, t) - max);
      const float* v = head.v + t * cache.token_stride + d0;
      sum += weight;
      for (std::size_t d = 0; d < columns; ++d) out[d] += weight * v[d];
    }
    for (std::size_t d = 0; d < columns; ++d) {
      head.out[d0 + d] = cache.length == 0 ? 0.0f : static_cast<float>(out[d] / sum);
    }
  }
}

}  // namespace

void DecodeAttentionF32(const DecodeAttentionF32Args& args) {
  const KvCacheF32& cache = args.cache;
  assert(args.n_heads == 0 || (cache.n_kv_heads > 0 && args.n_heads % cache.n_kv_heads == 0));
  for (std::size_t h = 0; h < args.n_heads; ++h) {
    const std::size_t kv = h / (args.n_heads / cache.n_kv_heads) * cache.head_stride;
    Attend(args, {args.q + h * args.ldq, cache.k + kv, cache.v + kv, args.out + h * args.ldo});
  }
}

void DecodeAttentionSeparateF32(const DecodeAttentionSeparateF32Args& args) {
  DecodeAttentionF32(args.attention);
}

}  // namespace podium::reference
