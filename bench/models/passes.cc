#include "bench/models/passes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/models/sparse_weights.h"
#include "kernels/sparse_gemm/prune.h"

namespace podium::models {
namespace {

bool HasWeights(const Op& op) {
  return op.kind == OpKind::kFullyConnected || op.kind == OpKind::kConv2d ||
         op.kind == OpKind::kDepthwiseConv2d;
}

// How many operators read it, and the world, if it is the output.
std::size_t Readers(const Graph& graph, std::size_t tensor) {
  std::size_t count = tensor == graph.output ? 1 : 0;
  for (const Op& op : graph.ops) {
    count += static_cast<std::size_t>(std::count(op.inputs.begin(), op.inputs.end(), tensor));
  }
  return count;
}

// The weights of a layer that can be pruned, as real numbers.
struct RealWeights {
  std::size_t tensor, N, K;
  std::vector<float> values;
};

RealWeights RealWeightsOf(const Graph& graph, const Op& op) {
  const Tensor& t = graph.tensors[op.inputs[1]];
  const std::size_t N = t.shape[0], K = t.size() / N;
  RealWeights real = {op.inputs[1], N, K, std::vector<float>(t.size())};
  for (std::size_t i = 0; i < real.values.size(); ++i) {
    real.values[i] = t.type == DataType::kS8
                         ? t.scales[t.scales.size() == 1 ? 0 : i / K] * t.values<std::int8_t>()[i]
                         : t.values<float>()[i];
  }
  return real;
}

void PruneLayerBy(PrunePattern pattern, double sparsity, RealWeights& w) {
  const PruneArgs args = {w.N, w.K, w.values.data(), w.K, sparsity};
  switch (pattern) {
    case PrunePattern::kGlobal:  // of all layers at once
      break;
    case PrunePattern::kMagnitude:
      return PruneMagnitude(args);
    case PrunePattern::kRandom:
      return PruneRandom(args, w.tensor);
    case PrunePattern::kRows:
      return PruneRows(args);
    case PrunePattern::kColumns:
      return PruneColumns(args);
    case PrunePattern::kBlock4x1:
      return PruneBlocks4x1(args);
    case PrunePattern::kBlock1x4:
      return PruneBlocks1x4(args);
    case PrunePattern::kTwoOfFour:
      return PruneOfFour({w.N, w.K, w.values.data(), w.K, 2});
    case PrunePattern::kOneOfFour:
      return PruneOfFour({w.N, w.K, w.values.data(), w.K, 1});
  }
}

SparseFormat FormatOf(PrunePattern pattern) {
  switch (pattern) {
    case PrunePattern::kBlock4x1:
      return SparseFormat::kBlock4x1;
    case PrunePattern::kTwoOfFour:
      return SparseFormat::kTwoOfFour;
    case PrunePattern::kOneOfFour:
      return SparseFormat::kOneOfFour;
    default:
      return SparseFormat::kCsr;
  }
}

struct PrunePass {
  absl::string_view name;  // followed by the percentage, if it is of one
  PrunePattern pattern;
  bool percentage = true;
};
constexpr PrunePass kPrunePasses[] = {
    {"prune", PrunePattern::kMagnitude},       {"global", PrunePattern::kGlobal},
    {"random", PrunePattern::kRandom},         {"rows", PrunePattern::kRows},
    {"columns", PrunePattern::kColumns},       {"block", PrunePattern::kBlock4x1},
    {"quad", PrunePattern::kBlock1x4},         {"2of4", PrunePattern::kTwoOfFour, false},
    {"1of4", PrunePattern::kOneOfFour, false},
};

// Null if `pass` is none of them.
const PrunePass* ReadPrunePass(absl::string_view pass, double* share) {
  for (const PrunePass& candidate : kPrunePasses) {
    absl::string_view rest = pass;
    if (!absl::ConsumePrefix(&rest, candidate.name)) continue;
    int percent = 0;
    if (!candidate.percentage) return rest.empty() ? &candidate : nullptr;
    if (!absl::SimpleAtoi(rest, &percent) || percent < 1 || percent > 99) return nullptr;
    *share = percent / 100.0;
    return &candidate;
  }
  return nullptr;
}

// Whether `before` could take over what `op` does to its result, and now does.
bool FuseInto(const Graph& graph, const Op& op, Op& before) {
  const bool full = before.kind == OpKind::kFullyConnected;
  if (std::ranges::count(op.inputs, before.output) != 1 || Readers(graph, before.output) != 1 ||
      before.clamp != Clamp::kNone || HasResidual(graph, before)) {
    return false;
  }
  const Tensor& between = graph.tensors[before.output];
  if (op.kind == OpKind::kRelu) {
    if (before.gelu || (!HasWeights(before) && before.kind != OpKind::kAdd)) return false;
    before.clamp = Clamp::kRelu;
  } else if (op.kind == OpKind::kGelu) {
    if (before.gelu || !full) return false;
    before.gelu = true;
    if (between.type == DataType::kS8) before.before_gelu = {between.scales[0], between.zero_point};
  } else if (op.kind == OpKind::kAdd) {
    if (!full || between.type != DataType::kF32 || op.clamp != Clamp::kNone) return false;
    before.inputs.push_back(op.inputs[op.inputs[0] == before.output ? 1 : 0]);
  } else {
    return false;
  }
  before.output = op.output;
  return true;
}

struct CachePass {
  absl::string_view name;
  KvType type;
};
constexpr CachePass kCachePasses[] = {
    {"kv_cache", KvType::kF32}, {"kv_cache_f16", KvType::kF16}, {"kv_cache_s8", KvType::kS8}};

const CachePass* FindCachePass(absl::string_view pass) {
  const auto* const found = std::ranges::find(kCachePasses, pass, &CachePass::name);
  return found == std::end(kCachePasses) ? nullptr : found;
}

absl::StatusOr<Graph> KeepTokens(KvType type, Graph graph) {
  if (HasCache(graph)) {
    return absl::InvalidArgumentError("there is a cache already: name one of these passes, once");
  }
  for (Op& op : graph.ops) {
    if (op.kind != OpKind::kCausalAttention) continue;
    if (type != KvType::kF32 && graph.tensors[op.output].type != DataType::kF32) {
      return absl::InvalidArgumentError(
          "the network is quantized, so that its cache is s8: use kv_cache");
    }
    op.cache = type;
  }
  if (HasCache(graph)) return graph;
  return absl::InvalidArgumentError("the network has no attention: leave the pass out");
}

absl::StatusOr<Graph> ApplyPass(Graph graph, absl::string_view pass, const Dataset& calibration,
                                Scale input) {
  double share = 0;
  if (pass == "fuse") return Fuse(std::move(graph));
  if (pass == "quantize") return Quantize(graph, calibration, input);
  if (const CachePass* const cache = FindCachePass(pass)) {
    return KeepTokens(cache->type, std::move(graph));
  }
  if (const PrunePass* const prune = ReadPrunePass(pass, &share)) {
    return Prune(std::move(graph), prune->pattern, share);
  }
  return absl::InvalidArgumentError(
      "no pass of that name: fuse, quantize, kv_cache, kv_cache_f16, kv_cache_s8, 2of4, 1of4, and "
      "with a percentage from 1 to 99 prune50, global50, random50, rows50, columns50, block50, "
      "quad50");
}

}  // namespace

Graph Fuse(Graph graph) {
  std::vector<Op> ops;
  for (Op& op : graph.ops) {
    if (ops.empty() || !FuseInto(graph, op, ops.back())) ops.push_back(std::move(op));
  }
  graph.ops = std::move(ops);
  return graph;
}

Graph Prune(Graph graph, PrunePattern pattern, double sparsity) {
  std::vector<RealWeights> weights;
  for (const Op& op : graph.ops) {
    if (op.kind != OpKind::kFullyConnected && op.kind != OpKind::kConv2d) continue;
    if (Readers(graph, op.inputs[1]) > 1) continue;  // an embedding's table, too
    weights.push_back(RealWeightsOf(graph, op));
    PruneLayerBy(pattern, sparsity, weights.back());
  }
  if (pattern == PrunePattern::kGlobal) {
    std::vector<PruneLayer> layers;
    for (RealWeights& w : weights) layers.push_back({w.N, w.K, w.values.data(), w.K});
    PruneMagnitudeGlobal(layers, sparsity);
  }
  for (const RealWeights& w : weights) {
    Tensor& t = graph.tensors[w.tensor];
    if (t.type == DataType::kF32) {
      SetValues<float>(t, w.values);
      t.sparse = SmallerFormat(t, FormatOf(pattern));
      continue;
    }
    for (std::size_t i = 0; i < w.values.size(); ++i) {
      if (w.values[i] == 0) t.data[i] = std::byte{0};
    }
    t.sparse = SmallerFormat(t, SparseFormat::kBlock1x4);
  }
  return graph;
}

absl::StatusOr<Graph> ApplyPasses(Graph graph, const std::string& variant,
                                  const Dataset& calibration, Scale input) {
  if (variant == "f32") return graph;
  for (const absl::string_view pass : absl::StrSplit(variant, '+')) {
    absl::StatusOr<Graph> changed = ApplyPass(std::move(graph), pass, calibration, input);
    if (!changed.ok()) {
      return absl::Status(changed.status().code(),
                          absl::StrCat("variant \"", variant, "\", pass \"", pass,
                                       "\": ", changed.status().message()));
    }
    graph = *std::move(changed);
  }
  return graph;
}

std::string TechniquesOf(const std::string& variant) {
  std::vector<std::string> techniques;
  if (variant == "f32") return "";
  for (const absl::string_view pass : absl::StrSplit(variant, '+')) {
    if (const CachePass* const cache = FindCachePass(pass)) {
      techniques.emplace_back("kv_cache");
      if (cache->type != KvType::kF32) techniques.emplace_back("quantization");
    } else {
      techniques.emplace_back(pass == "fuse"       ? "fusion"
                              : pass == "quantize" ? "quantization"
                                                   : "pruning");
    }
  }
  return absl::StrJoin(techniques, ",");
}

}  // namespace podium::models
