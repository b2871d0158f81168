#include "bench/models/passes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/models/runner.h"
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

bool HasResidual(const Graph& graph, const Op& op) {
  return op.kind == OpKind::kFullyConnected && op.inputs.size() > 2 &&
         !graph.tensors[op.inputs.back()].constant;
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

absl::Status KeepTokens(KvType type, Graph& graph) {
  bool any = false;
  for (Op& op : graph.ops) {
    if (op.kind != OpKind::kCausalAttention) continue;
    any = true;
    if (type != KvType::kF32 && (!op.cache || graph.tensors[op.output].type != DataType::kF32)) {
      return absl::InvalidArgumentError("a type of the cache wants kv_cache before, and f32");
    }
    op.cache = type;
  }
  return any ? absl::OkStatus() : absl::InvalidArgumentError("kv_cache: there is no attention");
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
                                  const Dataset& calibration, InputScale input) {
  if (variant == "f32") return graph;
  for (const absl::string_view pass : absl::StrSplit(variant, '+')) {
    double share = 0;
    if (pass == "fuse") {
      graph = Fuse(std::move(graph));
    } else if (const PrunePass* const prune = ReadPrunePass(pass, &share)) {
      graph = Prune(std::move(graph), prune->pattern, share);
    } else if (pass == "quantize") {
      absl::StatusOr<Graph> quantized = Quantize(graph, calibration, input);
      if (!quantized.ok()) return quantized.status();
      graph = *std::move(quantized);
    } else if (pass == "kv_cache" || pass == "f16" || pass == "s8") {
      const KvType type = pass == "f16" ? KvType::kF16 : pass == "s8" ? KvType::kS8 : KvType::kF32;
      if (const absl::Status status = KeepTokens(type, graph); !status.ok()) return status;
    } else {
      return absl::InvalidArgumentError(absl::StrCat("no pass '", pass, "'"));
    }
  }
  return graph;
}

std::string TechniquesOf(const std::string& variant) {
  std::vector<std::string> techniques;
  if (variant == "f32") return "";
  for (const absl::string_view pass : absl::StrSplit(variant, '+')) {
    const bool rounds = pass == "quantize" || pass == "f16" || pass == "s8";
    techniques.push_back(pass == "fuse"       ? "fusion"
                         : rounds             ? "quantization"
                         : pass == "kv_cache" ? "kv_cache"
                                              : "pruning");
  }
  return absl::StrJoin(techniques, ",");
}

}  // namespace podium::models
