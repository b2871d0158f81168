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

template <class T>
void SetValues(Tensor& t, DataType type, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  t.type = type;
  t.data.assign(bytes.begin(), bytes.end());
}

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

struct Range {
  float lo = 0, hi = 0;  // 0 is always in it
};

// What each computed tensor takes on.
absl::StatusOr<std::vector<Range>> Observe(const Graph& graph, const Dataset& inputs,
                                           InputScale scale) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, BestKernels());
  if (!runner.ok()) return runner.status();
  std::vector<Range> ranges(graph.tensors.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SetInput(inputs.input(i), inputs.type, scale, *runner);
    for (std::size_t layer = 0; layer < graph.ops.size(); ++layer) {
      runner->RunLayer(layer);
      const std::size_t tensor = graph.ops[layer].output;
      Range& range = ranges[tensor];
      for (const float value : runner->layer_output(layer, graph.tensors[tensor].size())) {
        range.lo = std::min(range.lo, value);
        range.hi = std::max(range.hi, value);
      }
    }
  }
  return ranges;
}

void SetActivationScale(Tensor& t, Range range) {
  t.type = DataType::kS8;
  const float scale = (range.hi - range.lo) / 255;
  t.scales = {scale > 0 ? scale : 1};
  const float zero_point = -128 - range.lo / t.scales[0];
  t.zero_point = static_cast<std::int32_t>(std::clamp(std::round(zero_point), -128.0f, 127.0f));
}

// Element k of channel n stands at n * n_stride + k * k_stride.
struct Channels {
  std::size_t N, K, n_stride, k_stride;
};
Channels ChannelsOf(const Op& op, const Tensor& weights) {
  const std::size_t N =
      op.kind == OpKind::kDepthwiseConv2d ? weights.shape.back() : weights.shape[0];
  const std::size_t K = weights.size() / N;
  return op.kind == OpKind::kDepthwiseConv2d ? Channels{N, K, 1, N} : Channels{N, K, K, 1};
}

void QuantizeWeights(const Op& op, float x_scale, Tensor& weights, Tensor& bias) {
  const Channels c = ChannelsOf(op, weights);
  const auto w = weights.values<float>();
  const auto b = bias.values<float>();
  std::vector<std::int8_t> q(w.size());
  std::vector<std::int32_t> q_bias;
  std::vector<float> scales, bias_scales;
  for (std::size_t n = 0; n < c.N; ++n) {
    float largest = 0;
    for (std::size_t k = 0; k < c.K; ++k) {
      largest = std::max(largest, std::abs(w[n * c.n_stride + k * c.k_stride]));
    }
    // So that the bias, in units of both scales, leaves the sum its 32 bits.
    const float for_bias = std::abs(b[n]) / x_scale * 0x1p-22f;
    const float scale = std::max({largest / 127, for_bias, std::numeric_limits<float>::min()});
    for (std::size_t k = 0; k < c.K; ++k) {
      const std::size_t at = n * c.n_stride + k * c.k_stride;
      q[at] = static_cast<std::int8_t>(std::lrint(w[at] / scale));
    }
    scales.push_back(scale);
    bias_scales.push_back(scale * x_scale);
    q_bias.push_back(static_cast<std::int32_t>(std::lrint(double{b[n]} / scale / x_scale)));
  }
  SetValues<std::int8_t>(weights, DataType::kS8, q);
  SetValues<std::int32_t>(bias, DataType::kS32, q_bias);
  weights.scales = std::move(scales);
  if (weights.sparse != SparseFormat::kNone) {
    weights.sparse = SmallerFormat(weights, SparseFormat::kBlock1x4);
  }
  bias.scales = std::move(bias_scales);
}

// The weights of a layer that can be pruned, as real numbers.
struct RealWeights {
  std::size_t tensor, N, K;
  std::vector<float> values;
};

RealWeights RealWeightsOf(const Graph& graph, const Op& op) {
  const Tensor& t = graph.tensors[op.inputs[1]];
  const Channels c = ChannelsOf(op, t);
  RealWeights real = {op.inputs[1], c.N, c.K, std::vector<float>(c.N * c.K)};
  for (std::size_t i = 0; i < real.values.size(); ++i) {
    real.values[i] = t.type == DataType::kS8
                         ? t.scales[t.scales.size() == 1 ? 0 : i / c.K] * t.values<std::int8_t>()[i]
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

}  // namespace

Graph Fuse(Graph graph) {
  std::vector<Op> ops;
  for (Op& op : graph.ops) {
    if (op.kind == OpKind::kRelu && !ops.empty()) {
      Op& before = ops.back();
      const bool clamps = HasWeights(before) || before.kind == OpKind::kAdd;
      if (clamps && before.clamp == Clamp::kNone && before.output == op.inputs[0] &&
          Readers(graph, op.inputs[0]) == 1) {
        before.clamp = Clamp::kRelu;
        before.output = op.output;
        continue;
      }
    }
    ops.push_back(std::move(op));
  }
  graph.ops = std::move(ops);
  return graph;
}

Graph Prune(Graph graph, PrunePattern pattern, double sparsity) {
  std::vector<RealWeights> weights;
  for (const Op& op : graph.ops) {
    if (op.kind != OpKind::kFullyConnected && op.kind != OpKind::kConv2d) continue;
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
      SetValues<float>(t, DataType::kF32, w.values);
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

absl::StatusOr<Graph> Quantize(const Graph& graph, const Dataset& calibration, InputScale input) {
  const absl::StatusOr<std::vector<Range>> ranges = Observe(graph, calibration, input);
  if (!ranges.ok()) return ranges.status();
  Graph s8 = graph;
  Tensor& x = s8.tensors[s8.input];
  x.type = DataType::kS8;
  x.scales = {input.scale};
  x.zero_point = input.zero_point;
  for (const Op& op : s8.ops) {
    const Tensor& from = s8.tensors[op.inputs[0]];
    Tensor& to = s8.tensors[op.output];
    switch (op.kind) {
      case OpKind::kRelu:
      case OpKind::kReshape:
      case OpKind::kAveragePool2d:
      case OpKind::kMaxPool2d:  // their values are among, or between, those of their inputs
        to.type = DataType::kS8;
        to.scales = from.scales;
        to.zero_point = from.zero_point;
        break;
      case OpKind::kSoftmax:
        to.type = DataType::kS8;
        to.scales = {1.0f / 256};
        to.zero_point = -128;
        break;
      case OpKind::kFullyConnected:
      case OpKind::kConv2d:
      case OpKind::kDepthwiseConv2d:
        if (s8.tensors[op.inputs[1]].type != DataType::kF32) {
          return absl::InvalidArgumentError("the network is quantized already");
        }
        QuantizeWeights(op, from.scales[0], s8.tensors[op.inputs[1]], s8.tensors[op.inputs[2]]);
        SetActivationScale(to, (*ranges)[op.output]);
        break;
      case OpKind::kAdd:
        SetActivationScale(to, (*ranges)[op.output]);
        break;
      case OpKind::kQuantize:
      case OpKind::kDequantize:
        return absl::InvalidArgumentError("the network is quantized already");
    }
  }
  return s8;
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
    techniques.push_back(pass == "fuse"       ? "fusion"
                         : pass == "quantize" ? "quantization"
                                              : "pruning");
  }
  return absl::StrJoin(techniques, ",");
}

}  // namespace podium::models
