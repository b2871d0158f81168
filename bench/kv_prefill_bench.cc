// Causal attention of a whole prompt in one layer, whose keys and values are in the cache.
//
// one_by_one           decoding, token after token: the baseline
// tiled, tiled_f16...  in tiles of queries and keys, as matrix multiplications
//
// `flops` counts what a causal mask leaves: 4 * n_heads * head_dim * tokens * (tokens + 1) / 2.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "kernels/kv_attention/kv_cache.h"

namespace podium::bench {
namespace {

struct Storage {
  const char* name;
  KvType type;
  bool tiled;
};

constexpr Storage kStorages[] = {
    {"one_by_one", KvType::kF32, false},
    {"tiled", KvType::kF32, true},
    {"tiled_f16", KvType::kF16, true},
    {"tiled_s8", KvType::kS8, true},
};

struct Prompt {
  AlignedVector<float> q, out, scratch;
  AlignedVector<std::byte> memory;
  KvCache cache;
};

Row MakeRow(const DecodeShape& s, const Storage& storage, const KernelTable& kernels) {
  const std::size_t hidden = s.n_heads * s.head_dim, kv_dim = s.n_kv_heads * s.head_dim;
  const auto p = std::make_shared<Prompt>();
  const KvCacheConfig config = {.type = storage.type,
                                .n_heads = s.n_heads,
                                .n_kv_heads = s.n_kv_heads,
                                .head_dim = s.head_dim,
                                .max_tokens = s.context};
  Row row;
  std::size_t bytes = 0;
  KvStatus status = KvCache::Bytes(config, &bytes);
  p->memory.resize(bytes);
  if (status == KvStatus::kOk) {
    status = KvCache::Make(config, p->memory.data(), bytes, &p->cache);
  }
  const AlignedVector<float> k = Activations(s.context, kv_dim, kSeed + 1);
  const AlignedVector<float> v = Activations(s.context, kv_dim, kSeed + 2);
  if (status == KvStatus::kOk) {
    status = p->cache.Append(kernels, 0, {s.context, k.data(), v.data(), kv_dim});
  }
  if (status != KvStatus::kOk) {
    row.error = KvStatusText(status);
    return row;
  }
  p->q = Activations(s.context, hidden, kSeed);
  p->out.resize(s.context * hidden);
  p->scratch.resize(PrefillScratchSize(s.context, s.n_heads / s.n_kv_heads, s.head_dim));
  const float scale = 1 / std::sqrt(static_cast<float>(s.head_dim));
  const auto decode = [=](const KernelTable& with, std::size_t m, float* out) {
    KvView seen = p->cache.View(0);
    seen.length = m + 1;
    with.decode_attention({.n_heads = s.n_heads,
                           .q = p->q.data() + m * hidden,
                           .ldq = s.head_dim,
                           .cache = seen,
                           .end = m + 1,
                           .scale = scale,
                           .out = out,
                           .ldo = s.head_dim});
  };
  if (storage.tiled) {
    row.run = [=, &kernels] {
      kernels.prefill_attention({.n_heads = s.n_heads,
                                 .count = s.context,
                                 .q = p->q.data(),
                                 .ldq = hidden,
                                 .cache = p->cache.View(0),
                                 .scale = scale,
                                 .out = p->out.data(),
                                 .ldo = hidden,
                                 .scratch = p->scratch.data()});
    };
  } else {
    row.run = [=, &kernels] {
      for (std::size_t m = 0; m < s.context; ++m) decode(kernels, m, p->out.data() + m * hidden);
    };
  }
  const auto tokens = static_cast<double>(s.context);
  row.work = {{"flops", 2 * static_cast<double>(hidden) * tokens * (tokens + 1)},
              {"tokens", tokens}};
  row.size_bytes = tokens * static_cast<double>(p->cache.token_bytes());
  row.bytes = row.size_bytes + 2 * sizeof(float) * tokens * static_cast<double>(hidden);
  row.operand_bytes = bytes + sizeof(float) * (p->q.size() + p->out.size() + p->scratch.size());
  // Some rows against the reference, which is FP64, on the same stored keys and values.
  row.verify = [=]() -> absl::Status {
    std::vector<float> want(hidden);
    for (const std::size_t m : {std::size_t{0}, s.context / 3, s.context - 1}) {
      decode(ReferenceKernels(), m, want.data());
      const double error = CompareToTruth(std::vector<float>(p->out.data() + m * hidden,
                                                             p->out.data() + (m + 1) * hidden),
                                          std::vector<double>(want.begin(), want.end()), s.head_dim)
                               .max_rel_err;
      if (error <= 2e-5) continue;
      return absl::InternalError(absl::StrCat("row ", m, ": relative error ", error));
    }
    return absl::OkStatus();
  };
  return row;
}

const bool kRegistered = [] {
  for (const DecodeShape& shape : kPrefillShapes) {
    const Keys keys = {{"tokens", absl::StrCat(shape.context)},
                       {"n_heads", absl::StrCat(shape.n_heads)},
                       {"n_kv_heads", absl::StrCat(shape.n_kv_heads)},
                       {"head_dim", absl::StrCat(shape.head_dim)}};
    for (const Storage& storage : kStorages) {
      RegisterForEachIsa({"kv_prefill", storage.name, storage.tiled ? "fusion" : "",
                          /*baseline=*/!storage.tiled},
                         keys, [shape, storage](const KernelTable& kernels) {
                           return MakeRow(shape, storage, kernels);
                         });
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
