// Causal attention of the rows of a run to all tokens up to their own: those of this run, and with
// a cache those of earlier ones. f32 on the kernels of kv_attention/; s8 keeps keys and values in
// s8 as they come and computes in plain loops whose order of additions is written down, so that it
// is the same bits everywhere: exact sums of products of s8 for the scores, an exponential of its
// own, values weighted in f32.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "bench/models/layers.h"
#include "kernels/kv_attention/kv_cache.h"

namespace podium::models {
namespace {

struct AttentionShape {
  Rows rows;
  std::size_t heads, head_dim;
  std::vector<float> slopes;
};

struct F32Attention {
  AttentionShape shape;
  KvCacheConfig config;
  std::size_t bytes;  // of the cache
  bool keeps;         // it from run to run; else it lies at the beginning of the scratch
  AlignedBytes memory;
  KvCache cache;
  const KernelTable& kernels;

  F32Attention(AttentionShape s, const KvCacheConfig& c, std::size_t b, bool kept,
               const KernelTable& k)
      : shape(std::move(s)), config(c), bytes(b), keeps(kept), memory(kept ? b : 0), kernels(k) {}

  void Run(const LayerIo& io) {
    const std::size_t count = shape.rows.Now(io), ld = shape.rows.size;
    assert(keeps || io.position == 0);
    // There is room, and positions follow each other.
    KvStatus status =
        keeps ? cache.Truncate(0, io.position) : KvCache::Make(config, io.scratch, bytes, &cache);
    if (status == KvStatus::kOk) {
      status = cache.Append(kernels, 0,
                            {count, reinterpret_cast<const float*>(io.x2),
                             reinterpret_cast<const float*>(io.x3), ld});
    }
    if (status != KvStatus::kOk) std::abort();
    const float scale = 1 / std::sqrt(static_cast<float>(shape.head_dim));
    if (count == 1) {
      return kernels.decode_attention({.n_heads = shape.heads,
                                       .q = io.in<float>(),
                                       .ldq = shape.head_dim,
                                       .cache = cache.View(0),
                                       .end = cache.length(0),
                                       .scale = scale,
                                       .alibi_slopes = shape.slopes.data(),
                                       .out = io.out<float>(),
                                       .ldo = shape.head_dim});
    }
    kernels.prefill_attention(
        {.n_heads = shape.heads,
         .count = count,
         .q = io.in<float>(),
         .ldq = ld,
         .cache = cache.View(0),
         .scale = scale,
         .alibi_slopes = shape.slopes.data(),
         .out = io.out<float>(),
         .ldo = ld,
         .scratch = reinterpret_cast<float*>(io.scratch + (keeps ? 0 : AlignUp(bytes, 64)))});
  }
};

// exp(x) for -87 <= x <= 0, within 1 ulp; below, as at -87. As Cephes' expf: 2^n times a polynomial
// of what remains.
inline float Exp(float x) {
  constexpr float kRound = 12582912;  // 1.5 * 2^23: what is added to it has no fraction left
  x = x < -87.0f ? -87.0f : x;
  const float n = (x * 1.44269504f + kRound) - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  for (const float c :
       {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    p = p * r + c;
  }
  p = p * r * r + r + 1.0f;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

constexpr std::size_t kLanes = kHeadDimUnit;

// f over n values, kLanes of them side by side.
template <class F>
float Fold(const float* x, std::size_t n, float start, const F& f) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, start);
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = f(lanes[i], x[t + i]);
  }
  for (std::size_t i = 0; t + i < n; ++i) lanes[i] = f(lanes[i], x[t + i]);
  for (std::size_t i = 1; i < kLanes; ++i) lanes[0] = f(lanes[0], lanes[i]);
  return lanes[0];
}

struct S8Attention {
  AttentionShape shape;
  Scale q, k, v, y;
  std::vector<std::int8_t> kept =
      {};  // keys, then values, where they are kept; else in the scratch

  // Each heads x tokens x head_dim.
  std::size_t KeyBytes() const { return shape.rows.most * shape.rows.size; }
  std::size_t ScoreBytes() const { return shape.rows.most * sizeof(float); }

  // Softmax of the scores from the first on that counts, without its division.
  struct Softmax {
    std::size_t begin;
    float sum;  // what the weights are to be divided by
  };
  static Softmax Weights(float* scores, std::size_t n) {
    const float largest =
        Fold(scores, n, scores[0], [](float a, float b) { return a < b ? b : a; });
    // Weights below exp(-30) of the largest move no s8: with ALiBi those of tokens far away.
    std::size_t begin = 0;
    while (scores[begin] < largest - 30) ++begin;
    for (std::size_t t = begin; t < n; ++t) scores[t] = Exp(scores[t] - largest);
    return {begin, Fold(scores + begin, n - begin, 0.0f, [](float a, float b) { return a + b; })};
  }

  // Of one query that stands behind n - 1 tokens.
  void Head(const std::int8_t* keys, const std::int8_t* values, std::size_t head,
            const std::int8_t* query, std::size_t n, float* scores, std::int8_t* out) const {
    const std::size_t D = shape.head_dim, begin = head * shape.rows.most * D;
    std::int16_t real[kMaxHeadDim];
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < D; ++d) {
      real[d] = static_cast<std::int16_t>(query[d] - q.zero_point);
      sum += real[d];
    }
    const float factor = q.scale * k.scale / std::sqrt(static_cast<float>(D));
    const float slope = shape.slopes[head];
    const std::int8_t* key = keys + begin;
    for (std::size_t t = 0; t < n; ++t, key += D) {
      std::int32_t dot = -k.zero_point * sum;
      for (std::size_t d = 0; d < D; d += kLanes) {
        for (std::size_t i = 0; i < kLanes; ++i) {
          dot += real[d + i] * static_cast<std::int16_t>(key[d + i]);
        }
      }
      scores[t] = static_cast<float>(dot);
    }
    for (std::size_t t = 0; t < n; ++t) {
      const auto distance = static_cast<std::int32_t>(n - 1 - t);
      scores[t] = factor * scores[t] - slope * static_cast<float>(distance);
    }
    const Softmax softmax = Weights(scores, n);
    const float inverse = 1 / softmax.sum;
    for (std::size_t d = 0; d < D; d += kLanes) {
      float lanes[kLanes] = {};
      const std::int8_t* value = values + begin + softmax.begin * D + d;
      for (std::size_t t = softmax.begin; t < n; ++t, value += D) {
        for (std::size_t i = 0; i < kLanes; ++i) {
          lanes[i] += scores[t] * static_cast<float>(value[i]);
        }
      }
      for (std::size_t i = 0; i < kLanes; ++i) {
        const float mean = lanes[i] * inverse - static_cast<float>(v.zero_point);
        out[d + i] = QuantizedS8(v.scale * mean, y);
      }
    }
  }

  void Run(const LayerIo& io) {
    const std::size_t D = shape.head_dim, ld = shape.rows.size, most = shape.rows.most;
    const std::size_t count = shape.rows.Now(io);
    assert(io.position + count <= most && (!kept.empty() || io.position == 0));
    auto* const scores = reinterpret_cast<float*>(io.scratch);
    std::int8_t* const keys =
        kept.empty() ? reinterpret_cast<std::int8_t*>(io.scratch + ScoreBytes()) : kept.data();
    std::int8_t* const values = keys + KeyBytes();
    for (std::size_t head = 0; head < shape.heads; ++head) {
      for (std::size_t m = 0; m < count; ++m) {
        const std::size_t from = m * ld + head * D, to = (head * most + io.position + m) * D;
        std::copy_n(reinterpret_cast<const std::int8_t*>(io.x2) + from, D, keys + to);
        std::copy_n(reinterpret_cast<const std::int8_t*>(io.x3) + from, D, values + to);
      }
      for (std::size_t m = 0; m < count; ++m) {
        const std::size_t at = m * ld + head * D;
        Head(keys, values, head, io.in<std::int8_t>() + at, io.position + m + 1, scores,
             io.out<std::int8_t>() + at);
      }
    }
  }
};

absl::StatusOr<Layer> MakeF32(const Op& op, AttentionShape shape, const KernelTable& kernels) {
  const std::size_t most = shape.rows.most, head_dim = shape.head_dim;
  const KvCacheConfig config = {.type = op.cache.value_or(KvType::kF32),
                                .n_heads = shape.heads,
                                .n_kv_heads = shape.heads,
                                .head_dim = head_dim,
                                .max_tokens = most};
  std::size_t bytes = 0;
  if (const KvStatus status = KvCache::Bytes(config, &bytes); status != KvStatus::kOk) {
    return absl::InvalidArgumentError(KvStatusText(status));
  }
  const bool keeps = op.cache.has_value();
  const auto attention =
      std::make_shared<F32Attention>(std::move(shape), config, bytes, keeps, kernels);
  Layer layer = {.kind = op.kind};
  layer.scratch_bytes = PrefillScratchSize(most, 1, head_dim) * sizeof(float);
  if (keeps) {
    const KvStatus status =
        KvCache::Make(config, attention->memory.data(), bytes, &attention->cache);
    if (status != KvStatus::kOk) return absl::InternalError(KvStatusText(status));
    layer.cache_bytes = bytes;
  } else {
    layer.scratch_bytes += AlignUp(bytes, 64);
  }
  layer.run = [=](const LayerIo& io) { attention->Run(io); };
  return layer;
}

}  // namespace

absl::StatusOr<Layer> MakeAttentionLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels) {
  const Tensor& q = graph.tensors[op.inputs[0]];
  const Tensor& k = graph.tensors[op.inputs[1]];
  const Tensor& v = graph.tensors[op.inputs[2]];
  const Tensor& y = graph.tensors[op.output];
  if (q.shape.size() != 2 || k.shape != q.shape || v.shape != q.shape || y.shape != q.shape) {
    return absl::InvalidArgumentError("queries, keys, values and output differ in shape");
  }
  const Rows rows(q);
  const std::size_t head_dim = op.heads == 0 ? 0 : rows.size / op.heads;
  if (head_dim == 0 || head_dim * op.heads != rows.size || head_dim % kHeadDimUnit != 0 ||
      head_dim > kMaxHeadDim || op.slopes.size() != op.heads) {
    return absl::InvalidArgumentError(
        absl::StrCat(op.heads, " heads of ", head_dim, " channels, ", op.slopes.size(),
                     " slopes: channels are multiples of ", kHeadDimUnit));
  }
  AttentionShape shape = {rows, op.heads, head_dim, op.slopes};
  absl::StatusOr<Layer> layer = Layer{.kind = op.kind};
  if (y.type == DataType::kF32) {
    layer = MakeF32(op, std::move(shape), kernels);
  } else {
    const auto attention = std::make_shared<S8Attention>(
        S8Attention{std::move(shape), ScaleOf(q), ScaleOf(k), ScaleOf(v), ScaleOf(y)});
    if (op.cache) attention->kept.resize(2 * attention->KeyBytes());
    layer->cache_bytes = attention->kept.size();
    layer->scratch_bytes = attention->ScoreBytes() + (op.cache ? 0 : 2 * attention->KeyBytes());
    layer->run = [attention](const LayerIo& io) { attention->Run(io); };
  }
  // Scores, and sums of values, of each token with itself and those before.
  if (layer.ok()) layer->macs = double(rows.size) * double(rows.most) * double(rows.most + 1);
  return layer;
}

}  // namespace podium::models
