// One token of decoding, in one attention layer: what a cache of keys and values saves.
//
// recompute        keys and values of the whole context are projected anew from its hidden states
// cached           only the new token's are projected, and appended to the cache
// cached_separate  the same, with scores, softmax and values in three passes per query head
// cached_f16, cached_s8   as cached, in 16 and 8 bits
//
// All variants time the projections q, k and v of what they need and the attention; none applies
// the output projection or RoPE. An iteration projects the context's last token and, where there is
// a cache, writes it into the last slot again, so every iteration does the same. `recompute` stores
// what it projects and attends to it by the kernels of `cached`.
//
// size_bytes is the layer's weights and what it has to keep from one token to the next: the cache, or
// for `recompute` the hidden states.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <span>
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

std::size_t Hidden(const DecodeShape& s) { return s.n_heads * s.head_dim; }
std::size_t KvDim(const DecodeShape& s) { return s.n_kv_heads * s.head_dim; }

struct Problem {
  AlignedVector<float> hidden;      // context x Hidden, row-major
  AlignedVector<float> wq, wk, wv;  // row-major, Hidden columns
  std::vector<double> truth;        // n_heads x head_dim
};

// In FP64, from projections in FP64.
std::vector<double> Truth(const DecodeShape& s, const Problem& p) {
  const std::size_t hidden = Hidden(s), kv_dim = KvDim(s);
  const std::span<const float> last = std::span(p.hidden).last(hidden);
  const std::vector<double> q = MatmulTruth(1, hidden, hidden, last, p.wq);
  const std::vector<double> k = MatmulTruth(s.context, kv_dim, hidden, p.hidden, p.wk);
  const std::vector<double> v = MatmulTruth(s.context, kv_dim, hidden, p.hidden, p.wv);
  std::vector<double> out(hidden, 0.0), weights(s.context);
  for (std::size_t h = 0; h < s.n_heads; ++h) {
    const std::size_t column = h / (s.n_heads / s.n_kv_heads) * s.head_dim;
    for (std::size_t t = 0; t < s.context; ++t) {
      double dot = 0;
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        dot += q[h * s.head_dim + d] * k[t * kv_dim + column + d];
      }
      weights[t] = dot / std::sqrt(static_cast<double>(s.head_dim));
    }
    const double max = *std::max_element(weights.begin(), weights.end());
    double sum = 0;
    for (double& weight : weights) sum += weight = std::exp(weight - max);
    for (std::size_t t = 0; t < s.context; ++t) {
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        out[h * s.head_dim + d] += weights[t] / sum * v[t * kv_dim + column + d];
      }
    }
  }
  return out;
}

std::shared_ptr<const Problem> SharedProblem(const DecodeShape& s) {
  return Shared(std::tuple(s.context, s.n_heads, s.n_kv_heads, s.head_dim), [&] {
    const std::size_t hidden = Hidden(s);
    Problem p = {.hidden = Activations(s.context, hidden, kSeed),
                 .wq = Weights(hidden, hidden, kSeed + 1),
                 .wk = Weights(KvDim(s), hidden, kSeed + 2),
                 .wv = Weights(KvDim(s), hidden, kSeed + 3),
                 .truth = {}};
    p.truth = Truth(s, p);
    return p;
  });
}

// The layer with its weights packed by `kernels`.
class Layer {
 public:
  Layer(const DecodeShape& shape, const KernelTable& kernels)
      : s_(shape),
        kernels_(kernels),
        problem_(SharedProblem(shape)),
        wq_(Pack(problem_->wq)),
        wk_(Pack(problem_->wk)),
        wv_(Pack(problem_->wv)),
        q_(Hidden(shape)),
        out_(Hidden(shape)) {}

  const Problem& problem() const { return *problem_; }
  std::span<const float> out() const { return out_; }

  void ProjectQuery() { Project(1, wq_, Hidden(s_), q_.data()); }

  // Keys and values of the last `count` tokens of the context, rows of KvDim.
  void ProjectKeysAndValues(std::size_t count, float* k, float* v) {
    Project(count, wk_, KvDim(s_), k);
    Project(count, wv_, KvDim(s_), v);
  }

  DecodeAttentionArgs Attention(const KvView& cache) {
    return {.n_heads = s_.n_heads,
            .q = q_.data(),
            .ldq = s_.head_dim,
            .cache = cache,
            .begin = 0,
            .end = cache.length,
            .scale = 1 / std::sqrt(static_cast<float>(s_.head_dim)),
            .out = out_.data(),
            .ldo = s_.head_dim};
  }

 private:
  AlignedVector<float> Pack(const AlignedVector<float>& w) const {
    const std::size_t K = Hidden(s_), N = w.size() / K;
    AlignedVector<float> packed(kernels_.packed_f32_size(N, K));
    kernels_.pack_f32({N, K, w.data(), K, packed.data()});
    return packed;
  }

  void Project(std::size_t M, const AlignedVector<float>& w, std::size_t N, float* c) const {
    const std::size_t K = Hidden(s_);
    const float* a = problem_->hidden.data() + (s_.context - M) * K;
    kernels_.gemm_f32({M, N, K, a, K, w.data(), c, N});
  }

  DecodeShape s_;
  const KernelTable& kernels_;
  std::shared_ptr<const Problem> problem_;
  AlignedVector<float> wq_, wk_, wv_, q_, out_;
};

// Rounding leaves 1e-5 or less in FP32; a lost, doubled or misplaced token or head changes a result by at
// least about 1 / context of the largest: 2e-4. What storage rounds is measured to be below these
// (0.028, 0.0008); kv_decode holds the kernels to less, on the same stored keys and values.
double Tolerance(KvType type) {
  return type == KvType::kF32 ? 1e-4 : type == KvType::kS8 ? 5e-2 : 2e-3;
}

// What the variants' rows share. `kept_bytes` is what stays between two tokens, and
// `projected` the number of tokens whose keys and values are projected.
Row DecodeRow(const DecodeShape& s, std::size_t kept_bytes, std::size_t projected) {
  const std::size_t hidden = Hidden(s), kv_dim = KvDim(s);
  const std::size_t weights = hidden * (hidden + 2 * kv_dim);
  Row row;
  row.work = {{"flops", 2.0 * static_cast<double>(hidden * hidden) +
                            4.0 * static_cast<double>(projected * hidden * kv_dim) +
                            4.0 * static_cast<double>(s.context * hidden)},
              {"tokens", 1}};
  row.size_bytes = static_cast<double>(sizeof(float) * weights + kept_bytes);
  row.params = static_cast<double>(weights);
  row.bytes = row.size_bytes + static_cast<double>(sizeof(float) * 2 * hidden);
  row.operand_bytes = kept_bytes + sizeof(float) * (weights + 2 * hidden);
  return row;
}

void SetQuality(Row& row, const std::shared_ptr<Layer>& layer, std::size_t head_dim,
                double tolerance) {
  row.run();
  row.quality = CompareToTruth(layer->out(), layer->problem().truth, head_dim);
  row.verify = [layer, head_dim, tolerance] {
    const Quality quality = CompareToTruth(layer->out(), layer->problem().truth, head_dim);
    if (quality.max_rel_err <= tolerance) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("relative error ", quality.max_rel_err, ", more than ",
                                            tolerance, ", against FP64"));
  };
}

// A layer whose cache holds the whole context.
struct CachedLayer : Layer {
  CachedLayer(const DecodeShape& shape, KvType type, const KernelTable& with)
      : Layer(shape, with),
        kernels(with),
        context(shape.context),
        new_k(KvDim(shape)),
        new_v(KvDim(shape)) {
    const KvCacheConfig config = {.type = type,
                                  .n_heads = shape.n_heads,
                                  .n_kv_heads = shape.n_kv_heads,
                                  .head_dim = shape.head_dim,
                                  .max_tokens = shape.context};
    std::size_t bytes = 0;
    Check(KvCache::Bytes(config, &bytes));
    memory.resize(bytes);
    Check(KvCache::Make(config, memory.data(), bytes, &cache));
    AlignedVector<float> k_rows(shape.context * KvDim(shape)), v_rows(k_rows.size());
    ProjectKeysAndValues(shape.context, k_rows.data(), v_rows.data());
    ReplaceAll(k_rows.data(), v_rows.data());
  }

  void ReplaceAll(const float* k, const float* v) {
    Check(cache.Reset(0));
    Check(cache.Append(kernels, 0, {context, k, v, new_k.size()}));
  }

  void ReplaceLastToken() {
    ProjectKeysAndValues(1, new_k.data(), new_v.data());
    Check(cache.Truncate(0, cache.length(0) - 1));
    Check(cache.Append(kernels, 0, {1, new_k.data(), new_v.data(), new_k.size()}));
  }

  void Attend() { kernels.decode_attention(Attention(cache.View(0))); }

  const KernelTable& kernels;
  const std::size_t context;
  AlignedVector<float> new_k, new_v;
  AlignedVector<std::byte> memory;
  KvCache cache;

 private:
  static void Check(KvStatus status) {
    if (status != KvStatus::kOk) std::abort();  // the cache was made for the context
  }
};

Row MakeRecompute(const DecodeShape& shape, const KernelTable& kernels) {
  const auto layer = std::make_shared<CachedLayer>(shape, KvType::kF32, kernels);
  const std::size_t kv_dim = KvDim(shape);
  const auto k = std::make_shared<AlignedVector<float>>(shape.context * kv_dim);
  const auto v = std::make_shared<AlignedVector<float>>(shape.context * kv_dim);
  Row row = DecodeRow(shape, sizeof(float) * shape.context * Hidden(shape), shape.context);
  row.operand_bytes += sizeof(float) * (k->size() + v->size()) + layer->memory.size();
  row.run = [layer, k, v, context = shape.context] {
    layer->ProjectQuery();
    layer->ProjectKeysAndValues(context, k->data(), v->data());
    layer->ReplaceAll(k->data(), v->data());
    layer->Attend();
  };
  SetQuality(row, layer, shape.head_dim, Tolerance(KvType::kF32));
  return row;
}

Row MakeCached(const DecodeShape& shape, KvType type, bool separate, const KernelTable& kernels) {
  const auto layer = std::make_shared<CachedLayer>(shape, type, kernels);
  Row row = DecodeRow(shape, shape.context * layer->cache.token_bytes(), 1);
  if (separate) {
    const auto scores = std::make_shared<AlignedVector<float>>(ScoreScratch(0, shape.context));
    row.operand_bytes += sizeof(float) * scores->size();
    row.run = [layer, scores, &kernels] {
      layer->ProjectQuery();
      layer->ReplaceLastToken();
      kernels.decode_attention_separate({layer->Attention(layer->cache.View(0)), scores->data()});
    };
  } else {
    row.run = [layer] {
      layer->ProjectQuery();
      layer->ReplaceLastToken();
      layer->Attend();
    };
  }
  SetQuality(row, layer, shape.head_dim, Tolerance(type));
  return row;
}

const bool kRegistered = [] {
  for (const DecodeShape& shape : kDecodeShapes) {
    const Keys keys = {{"context", absl::StrCat(shape.context)},
                       {"n_heads", absl::StrCat(shape.n_heads)},
                       {"n_kv_heads", absl::StrCat(shape.n_kv_heads)},
                       {"head_dim", absl::StrCat(shape.head_dim)}};
    const auto add = [&keys](const char* name, const char* techniques, bool baseline,
                             const MakeRow& make) {
      RegisterForEachIsa({"kv_attention", name, techniques, baseline}, keys, make);
    };
    add("recompute", "", true,
        [shape](const KernelTable& kernels) { return MakeRecompute(shape, kernels); });
    const auto add_cached = [&](const char* name, const char* techniques, KvType type,
                                bool separate) {
      add(name, techniques, false,
          [=](const KernelTable& kernels) { return MakeCached(shape, type, separate, kernels); });
    };
    add_cached("cached_separate", "kv_cache", KvType::kF32, true);
    add_cached("cached", "kv_cache", KvType::kF32, false);
    add_cached("cached_f16", "kv_cache,quantization", KvType::kF16, false);
    add_cached("cached_s8", "kv_cache,quantization", KvType::kS8, false);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
