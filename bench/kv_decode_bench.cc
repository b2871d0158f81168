// Attention alone: one query token in one layer, on caches of every storage type.
//
// separate, separate_f16   three passes per query head over a contiguous cache: the baseline
// f32, f16, bf16, s8       one pass for all heads of a KV head, contiguous
// f16_paged16, ...         the same with a block table, blocks where the cache puts them: in a row
// ..._scattered            the same with blocks all over the ring, in random order
//
// `bytes` is the rate at which the cache is read. cache:cold: each iteration takes another layer of a
// ring that no cache holds, and `of_read_memory` is the rate as a fraction of what machine/'s loop,
// right before the repetition, reads of the ring on as many threads; without the key, an iteration
// reads again what the last one read. threads:<t>: each thread takes as many KV heads of a contiguous
// cache, or else a part of the context, and the parts are merged. sequences:<n>: an iteration serves a
// batch of so many sequences, the i-th i/n of `context` long.
//
// The quality is that of the logits which an output matrix of kLogits rows makes of the results of
// kQueries query tokens, against FP64 attention to keys and values before they were rounded.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/caches.h"
#include "bench/inputs.h"
#include "bench/parallel.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/shared.h"
#include "kernels/kv_attention/kv_cache.h"

namespace podium::bench {
namespace {

constexpr std::size_t kQueries = 16, kLogits = 512;

std::size_t Hidden(const DecodeShape& s) { return s.n_heads * s.head_dim; }
std::size_t KvDim(const DecodeShape& s) { return s.n_kv_heads * s.head_dim; }

struct Problem {
  AlignedVector<float> q;      // kQueries x Hidden
  AlignedVector<float> k, v;   // context x KvDim
  AlignedVector<float> w;      // kLogits x Hidden
  std::vector<double> logits;  // kQueries x kLogits
};

std::vector<double> Logits(const DecodeShape& s, const AlignedVector<float>& w,
                           const std::vector<double>& out) {
  const std::size_t hidden = Hidden(s);
  std::vector<double> logits(kQueries * kLogits);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double* x = out.data() + i / kLogits * hidden;
    const float* row = w.data() + i % kLogits * hidden;
    for (std::size_t d = 0; d < hidden; ++d) logits[i] += x[d] * row[d];
  }
  return logits;
}

std::vector<double> Truth(const DecodeShape& s, const Problem& p) {
  const std::size_t hidden = Hidden(s), kv_dim = KvDim(s);
  std::vector<double> out(kQueries * hidden), weights(s.context);
  for (std::size_t i = 0; i < kQueries * s.n_heads; ++i) {
    const std::size_t h = i % s.n_heads;
    const std::size_t column = h / (s.n_heads / s.n_kv_heads) * s.head_dim;
    const float* q = p.q.data() + i * s.head_dim;
    double* to = out.data() + i * s.head_dim;
    double max = -HUGE_VAL, sum = 0;
    for (std::size_t t = 0; t < s.context; ++t) {
      const float* k = p.k.data() + t * kv_dim + column;
      double dot = 0;
      for (std::size_t d = 0; d < s.head_dim; ++d) dot += double{q[d]} * k[d];
      weights[t] = dot / std::sqrt(static_cast<double>(s.head_dim));
      max = std::max(max, weights[t]);
    }
    for (double& weight : weights) sum += weight = std::exp(weight - max);
    for (std::size_t t = 0; t < s.context; ++t) {
      const float* v = p.v.data() + t * kv_dim + column;
      for (std::size_t d = 0; d < s.head_dim; ++d) to[d] += weights[t] / sum * v[d];
    }
  }
  return out;
}

std::shared_ptr<const Problem> SharedProblem(const DecodeShape& s) {
  return Shared(std::tuple(s.context, s.n_heads, s.n_kv_heads, s.head_dim), [&] {
    Problem p = {.q = Activations(kQueries, Hidden(s), kSeed),
                 .k = Activations(s.context, KvDim(s), kSeed + 1),
                 .v = Activations(s.context, KvDim(s), kSeed + 2),
                 .w = Weights(kLogits, Hidden(s), kSeed + 3),
                 .logits = {}};
    p.logits = Logits(s, p.w, Truth(s, p));
    return p;
  });
}

struct Storage {
  const char* name;
  KvType type;
  std::size_t block_tokens;  // 0: contiguous
  bool separate, scattered = false;
};

constexpr Storage kStorages[] = {
    {"separate", KvType::kF32, 0, true},
    {"separate_f16", KvType::kF16, 0, true},
    {"f32", KvType::kF32, 0, false},
    {"f16", KvType::kF16, 0, false},
    {"bf16", KvType::kBf16, 0, false},
    {"s8", KvType::kS8, 0, false},
    {"f32_paged64", KvType::kF32, 64, false},
    {"f16_paged64", KvType::kF16, 64, false},
    {"f16_paged16", KvType::kF16, 16, false},
    {"s8_paged64", KvType::kS8, 64, false},
    {"f32_paged64_scattered", KvType::kF32, 64, false, true},
    {"f16_paged64_scattered", KvType::kF16, 64, false, true},
    {"s8_paged64_scattered", KvType::kS8, 64, false, true},
};

// What varies between the rows of a shape and a storage.
struct Setting {
  std::size_t sequences;
  bool cold;
  int threads;
};

// The layers of the ring, times the sequences of the batch, are sequences of one cache, all of the
// same tokens.
class Layers {
 public:
  Layers(const DecodeShape& s, const Storage& storage, const Setting& setting,
         const KernelTable& kernels)
      : s_(s),
        storage_(storage),
        kernels_(kernels),
        problem_(SharedProblem(s)),
        batch_(setting.sequences),
        out_(batch_ * Hidden(s)),
        scores_(ScoreScratch(0, s.context)),
        parts_(setting.threads),
        part_outs_(setting.threads * Hidden(s)),
        sums_(setting.threads * s.n_heads) {
    KvCacheConfig config = {.type = storage.type,
                            .n_heads = s.n_heads,
                            .n_kv_heads = s.n_kv_heads,
                            .head_dim = s.head_dim,
                            .n_sequences = batch_,
                            .max_tokens = s.context,
                            .block_tokens = storage.block_tokens};
    Check(KvCache::Bytes(config, &bytes_));
    if (setting.cold) config.n_sequences = batch_ * (UncachedBytes() / bytes_ + 1);
    Check(KvCache::Bytes(config, &bytes_));
    memory_.resize(bytes_);
    Check(KvCache::Make(config, memory_.data(), bytes_, &cache_));
    if (!error_.empty()) return;
    if (storage.scattered) {
      StoreScattered();
      return;
    }
    // In turn, as layers and sequences grow.
    constexpr std::size_t kPiece = 64;
    for (std::size_t t = 0; t < s.context; t += kPiece) {
      for (std::size_t i = 0; i < config.n_sequences; ++i) {
        if (Length(i) <= t) continue;
        Check(cache_.Append(kernels, i,
                            {std::min(kPiece, Length(i) - t), problem_->k.data() + t * KvDim(s),
                             problem_->v.data() + t * KvDim(s), KvDim(s)}));
      }
    }
  }

  const std::string& error() const { return error_; }
  std::size_t bytes() const { return bytes_; }
  // Of all sequences of a batch.
  std::size_t tokens() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < batch_; ++i) sum += Length(i);
    return sum;
  }
  std::size_t layer_bytes() const { return tokens() * cache_.token_bytes(); }

  void Run() {
    for (std::size_t i = 0; i < batch_; ++i) Attend(next_ + i, i, out_.data() + i * Hidden(s_));
    next_ = next_ + batch_ < cache_.n_sequences() ? next_ + batch_ : 0;
  }

  // Of the ring, on as many threads, in bytes a second.
  double ReadBandwidth() {
    const std::size_t floats = memory_.size() / sizeof(float) / parts_;
    const auto start = std::chrono::steady_clock::now();
    Parallel(parts_, [&](int i) {
      const auto* part = reinterpret_cast<const float*>(memory_.data()) + i * floats;
      benchmark::DoNotOptimize(kernels_.read_f32(part, floats, 1));
    });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return static_cast<double>(floats * sizeof(float)) * parts_ / elapsed.count();
  }

  Quality LogitsQuality() {
    std::vector<double> outs;
    for (std::size_t i = 0; i < kQueries; ++i) {
      Attend(batch_ - 1, i, out_.data());  // the one of the whole context
      outs.insert(outs.end(), out_.begin(), out_.begin() + Hidden(s_));
    }
    const std::vector<double> logits = Logits(s_, problem_->w, outs);
    return CompareToTruth(std::vector<float>(logits.begin(), logits.end()), problem_->logits,
                          kLogits);
  }

  // The last result against the reference, on the same stored keys and values.
  absl::Status Verify() {
    std::vector<float> want(out_.size());
    for (std::size_t i = 0; i < batch_; ++i) {
      ReferenceKernels().decode_attention(Args(i, i, want.data() + i * Hidden(s_)));
    }
    const std::vector<double> truth(want.begin(), want.end());
    const double error = CompareToTruth(out_, truth, s_.head_dim).max_rel_err;
    // Of s8, weights are rounded to 15 bits.
    const double tolerance = storage_.type == KvType::kS8 ? 5e-4 : 2e-5;
    if (error <= tolerance) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("relative error ", error, ", more than ", tolerance,
                                            ", against the reference"));
  }

 private:
  void Check(KvStatus status) {
    if (status != KvStatus::kOk) error_ = KvStatusText(status);
  }

  // The blocks of the pool in random order, and the context in every layer.
  void StoreScattered() {
    const std::size_t layers = cache_.n_sequences(), slots = cache_.View(0).n_blocks;
    tables_.resize(layers * slots);
    std::iota(tables_.begin(), tables_.end(), 0);
    std::mt19937 rng(kSeed);
    std::shuffle(tables_.begin(), tables_.end(), rng);
    for (std::size_t i = 0; i < layers; ++i) {
      KvView empty = View(i);
      empty.length = 0;
      kernels_.store_kv(
          {empty, {s_.context, problem_->k.data(), problem_->v.data(), KvDim(s_)}, nullptr});
    }
  }

  KvView View(std::size_t layer) const {
    KvView view = cache_.View(layer);
    if (storage_.scattered) {
      view.blocks = tables_.data() + layer * view.n_blocks;
      view.length = s_.context;
    }
    return view;
  }

  std::size_t Length(std::size_t sequence) const {
    return s_.context * (sequence % batch_ + 1) / batch_;
  }

  DecodeAttentionArgs Args(std::size_t layer, std::size_t query, float* out) const {
    return {.n_heads = s_.n_heads,
            .q = problem_->q.data() + query * Hidden(s_),
            .ldq = s_.head_dim,
            .cache = View(layer),
            .end = Length(layer),
            .scale = 1 / std::sqrt(static_cast<float>(s_.head_dim)),
            .out = out,
            .ldo = s_.head_dim};
  }

  // The i-th of `parts` equal parts of the KV heads, and the query heads that share them.
  static DecodeAttentionArgs HeadsOf(const DecodeAttentionArgs& all, std::size_t i,
                                     std::size_t parts) {
    DecodeAttentionArgs part = all;
    const std::size_t kv_heads = all.cache.n_kv_heads / parts;
    part.n_heads /= parts;
    part.q += i * part.n_heads * all.ldq;
    part.out += i * part.n_heads * all.ldo;
    part.cache = KvHeads(all.cache, i * kv_heads, kv_heads);
    return part;
  }

  void Attend(std::size_t layer, std::size_t query, float* out) {
    const DecodeAttentionArgs all = Args(layer, query, out);
    if (storage_.separate) return kernels_.decode_attention_separate({all, scores_.data()});
    if (parts_ == 1) return kernels_.decode_attention(all);
    const std::size_t parts = static_cast<std::size_t>(parts_);
    if (storage_.block_tokens == 0 && s_.n_kv_heads % parts == 0) {
      return Parallel(parts_, [&](int i) { kernels_.decode_attention(HeadsOf(all, i, parts)); });
    }
    Parallel(parts_, [&](int i) {
      DecodeAttentionArgs part = all;
      part.begin = all.end * i / parts;
      part.end = all.end * (i + 1) / parts;
      part.out = part_outs_.data() + i * Hidden(s_);
      part.sums = sums_.data() + i * s_.n_heads;
      kernels_.decode_attention(part);
    });
    for (std::size_t h = 0; h < s_.n_heads; ++h) {
      MergeAttention({parts, s_.head_dim, part_outs_.data() + h * s_.head_dim, Hidden(s_),
                      sums_.data() + h, s_.n_heads, out + h * s_.head_dim});
    }
  }

  DecodeShape s_;
  Storage storage_;
  const KernelTable& kernels_;
  std::shared_ptr<const Problem> problem_;
  std::size_t batch_;
  AlignedVector<float> out_, scores_;
  int parts_;
  AlignedVector<float> part_outs_;
  std::vector<SoftmaxSum> sums_;
  std::size_t bytes_ = 0, next_ = 0;
  AlignedVector<std::byte> memory_;
  KvCache cache_;
  std::vector<std::uint32_t> tables_;  // of scattered blocks
  std::string error_;
};

Row MakeRow(const DecodeShape& s, const Storage& storage, const Setting& setting,
            const KernelTable& kernels) {
  const auto layers = std::make_shared<Layers>(s, storage, setting, kernels);
  Row row;
  if (!layers->error().empty()) {
    row.error = layers->error();
    return row;
  }
  row.work = {{"tokens", static_cast<double>(setting.sequences)},
              {"flops", 4.0 * static_cast<double>(layers->tokens() * Hidden(s))}};
  row.size_bytes = static_cast<double>(layers->layer_bytes());
  row.bytes =
      row.size_bytes + static_cast<double>(setting.sequences * 2 * sizeof(float) * Hidden(s));
  row.operand_bytes = layers->bytes();
  if (setting.cold) row.read_bandwidth = [layers] { return layers->ReadBandwidth(); };
  row.run = [layers] { layers->Run(); };
  row.quality = layers->LogitsQuality();
  row.verify = [layers] { return layers->Verify(); };
  return row;
}

void Register(const DecodeShape& shape, const Storage& storage, const Setting& setting) {
  Keys keys = {{"context", absl::StrCat(shape.context)},
               {"n_heads", absl::StrCat(shape.n_heads)},
               {"n_kv_heads", absl::StrCat(shape.n_kv_heads)},
               {"head_dim", absl::StrCat(shape.head_dim)}};
  if (setting.sequences > 1) keys.emplace_back("sequences", absl::StrCat(setting.sequences));
  if (setting.cold) keys.emplace_back("cache", "cold");
  if (setting.threads > 1) keys.emplace_back("threads", absl::StrCat(setting.threads));
  const bool baseline = std::string(storage.name) == "separate";
  RegisterForEachIsa(
      {"kv_decode", storage.name,
       storage.type == KvType::kF32 ? (storage.separate ? "" : "fusion")
       : storage.separate           ? "quantization"
                                    : "fusion,quantization",
       baseline},
      keys, [=](const KernelTable& kernels) { return MakeRow(shape, storage, setting, kernels); });
}

const bool kRegistered = [] {
  for (const Storage& storage : kStorages) {
    for (const DecodeShape& shape : kCacheShapes) {
      Register(shape, storage, {.sequences = 1, .cold = true, .threads = 1});
      if (storage.scattered) continue;
      Register(shape, storage, {.sequences = 1, .cold = false, .threads = 1});
    }
    if (storage.scattered) continue;
    Register(kBatchShape, storage, {.sequences = 8, .cold = true, .threads = 1});
    if (storage.separate) continue;
    for (const int threads : ThreadCounts()) {
      for (const DecodeShape& shape : kCacheShapes) {
        Register(shape, storage, {.sequences = 1, .cold = true, .threads = threads});
      }
      Register(kBatchShape, storage, {.sequences = 8, .cold = true, .threads = threads});
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
