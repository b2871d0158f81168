// An f32 network in s8: what its tensors take on is observed, then each operator gets its integer
// form.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/models/passes.h"
#include "bench/models/runner.h"
#include "bench/models/sparse_weights.h"
#include "kernels/fused_activation/activation.h"

namespace podium::models {
namespace {

struct Range {
  float lo = 0, hi = 0;  // 0 is always in it
};

// What each computed tensor takes on.
absl::StatusOr<std::vector<Range>> Observe(const Graph& graph, const Dataset& inputs, Scale scale) {
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

// The steps of the sums before GELU: from -4, below which GELU is nearly 0, to where it is `hi`.
Scale ScaleBeforeGelu(float hi) {
  constexpr double kLeast = -4;
  double lo_x = 0, hi_x = double{hi} + 1;  // GELU(x) > x - 1
  for (int i = 0; i < 40; ++i) {
    const double x = (lo_x + hi_x) / 2;
    (ActivateF64(Activation::kGeluTanh, x) < double{hi} ? lo_x : hi_x) = x;
  }
  Tensor t;
  SetActivationScale(t, {static_cast<float>(kLeast), static_cast<float>(hi_x)});
  return {t.scales[0], t.zero_point};
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

void QuantizeWeights(const Op& op, float x_scale, Tensor& weights, Tensor* bias) {
  if (weights.type == DataType::kS8) return;  // an embedding's table, too
  const Channels c = ChannelsOf(op, weights);
  const auto w = weights.values<float>();
  const auto b = bias == nullptr ? std::span<const float>() : bias->values<float>();
  std::vector<std::int8_t> q(w.size());
  std::vector<std::int32_t> q_bias;
  std::vector<float> scales, bias_scales;
  for (std::size_t n = 0; n < c.N; ++n) {
    float largest = 0;
    for (std::size_t k = 0; k < c.K; ++k) {
      largest = std::max(largest, std::abs(w[n * c.n_stride + k * c.k_stride]));
    }
    // So that the bias, in units of both scales, leaves the sum its 32 bits.
    const float of_bias = b.empty() ? 0 : b[n];
    const float for_bias = std::abs(of_bias) / x_scale * 0x1p-22f;
    const float scale = std::max({largest / 127, for_bias, std::numeric_limits<float>::min()});
    for (std::size_t k = 0; k < c.K; ++k) {
      const std::size_t at = n * c.n_stride + k * c.k_stride;
      q[at] = static_cast<std::int8_t>(std::lrint(w[at] / scale));
    }
    scales.push_back(scale);
    bias_scales.push_back(scale * x_scale);
    q_bias.push_back(static_cast<std::int32_t>(std::lrint(double{of_bias} / scale / x_scale)));
  }
  SetValues<std::int8_t>(weights, q);
  weights.scales = std::move(scales);
  if (weights.sparse != SparseFormat::kNone) {
    weights.sparse = SmallerFormat(weights, SparseFormat::kBlock1x4);
  }
  if (bias == nullptr) return;
  SetValues<std::int32_t>(*bias, q_bias);
  bias->scales = std::move(bias_scales);
}

// Without residuals inside of fully connected layers, which s8 adds by themselves.
Graph WithAdditions(Graph graph) {
  std::vector<Op> ops;
  for (Op& op : graph.ops) {
    const bool adds = HasResidual(graph, op);
    ops.push_back(std::move(op));
    if (!adds) continue;
    Op& full = ops.back();
    Op add = {.kind = OpKind::kAdd,
              .inputs = {graph.tensors.size(), full.inputs.back()},
              .output = full.output};
    full.inputs.pop_back();
    full.output = graph.tensors.size();
    graph.tensors.push_back(Tensor(graph.tensors[add.output]));
    ops.push_back(std::move(add));
  }
  graph.ops = std::move(ops);
  return graph;
}

}  // namespace

absl::StatusOr<Graph> Quantize(const Graph& graph, const Dataset& calibration, Scale input) {
  for (const Tensor& t : graph.tensors) {
    if (t.type == DataType::kS8) {
      return absl::InvalidArgumentError("the network is quantized already: do it once");
    }
  }
  for (const Op& op : graph.ops) {
    if (op.cache.value_or(KvType::kF32) != KvType::kF32) {
      return absl::InvalidArgumentError(
          "the cache has a type of its own, and that of a quantized network is s8: use kv_cache");
    }
  }
  Graph s8 = WithAdditions(graph);
  const absl::StatusOr<std::vector<Range>> ranges = Observe(s8, calibration, input);
  if (!ranges.ok()) return ranges.status();
  if (Tensor& x = s8.tensors[s8.input]; x.type == DataType::kF32) {
    x.type = DataType::kS8;
    x.scales = {input.scale};
    x.zero_point = input.zero_point;
  }
  for (Op& op : s8.ops) {
    const bool attends = op.kind == OpKind::kCausalAttention;
    const Tensor& from = s8.tensors[op.inputs[attends ? 2 : 0]];
    Tensor& to = s8.tensors[op.output];
    const Range range = (*ranges)[op.output];
    switch (op.kind) {
      case OpKind::kRelu:
      case OpKind::kReshape:
      case OpKind::kAveragePool2d:
      case OpKind::kMaxPool2d:
      case OpKind::kCausalAttention:
      case OpKind::kLastToken:  // their values are among, or between, those of their inputs
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
        QuantizeWeights(op, from.scales[0], s8.tensors[op.inputs[1]],
                        op.inputs.size() > 2 ? &s8.tensors[op.inputs[2]] : nullptr);
        if (op.gelu) op.before_gelu = ScaleBeforeGelu(range.hi);
        SetActivationScale(to, range);
        break;
      case OpKind::kEmbedding:
        QuantizeWeights(op, 1, s8.tensors[op.inputs[1]], nullptr);
        SetActivationScale(to, range);
        break;
      case OpKind::kAdd:
      case OpKind::kGelu:
      case OpKind::kLayerNorm:
      case OpKind::kRotate:
        SetActivationScale(to, range);
        break;
      case OpKind::kQuantize:
      case OpKind::kDequantize:
        return absl::UnimplementedError(absl::StrCat(
            "tensor \"", to.name, "\" is converted: take a network in f32 throughout"));
    }
  }
  return s8;
}

}  // namespace podium::models
