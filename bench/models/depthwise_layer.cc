#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/models/layers.h"

namespace podium::models {
namespace {

DepthwiseShape ShapeOf(const Window& w) {
  return {w.H, w.W, w.C, w.KH, w.KW, w.stride_h, w.stride_w, w.pad_top, w.pad_left, w.OH, w.OW};
}

Layer MakeF32(const Graph& graph, const Op& op, const DepthwiseShape& s, std::size_t images,
              const KernelTable& kernels) {
  const auto copy = [&](std::size_t i) {
    const auto values = graph.tensors[op.inputs[i]].values<float>();
    return std::make_shared<const std::vector<float>>(values.begin(), values.end());
  };
  const bool clamp_at_6 = op.clamp == Clamp::kRelu6;
  const Activation activation = op.clamp == Clamp::kNone ? Activation::kNone : Activation::kRelu;
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = (s.KH * s.KW + 1) * s.C * sizeof(float);
  layer.run = [=, w = copy(1), bias = copy(2), &kernels](const LayerIo& io) {
    auto* y = reinterpret_cast<float*>(io.y);
    const std::size_t outputs = s.OH * s.OW * s.C;
    for (std::size_t i = 0; i < images; ++i) {
      kernels.depthwise_f32({.shape = s,
                             .x = reinterpret_cast<const float*>(io.x) + i * s.H * s.W * s.C,
                             .w = w->data(),
                             .bias = bias->data(),
                             .activation = activation,
                             .y = y + i * outputs});
    }
    if (clamp_at_6) {
      for (std::size_t i = 0; i < images * outputs; ++i) y[i] = std::min(y[i], 6.0f);
    }
  };
  return layer;
}

absl::StatusOr<Layer> MakeS8(const Graph& graph, const Op& op, const DepthwiseShape& s,
                             std::size_t images, const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  const absl::StatusOr<S8Scaling> scaling = ScalingOf(graph, op, s.C, s.KH * s.KW, 1, s.C);
  if (!scaling.ok()) return scaling.status();
  const auto packed =
      std::make_shared<AlignedBytes>(kernels.packed_depthwise_s8_size(s.KH, s.KW, s.C));
  kernels.pack_depthwise_s8({.KH = s.KH,
                             .KW = s.KW,
                             .C = s.C,
                             .w = graph.tensors[op.inputs[1]].values<std::int8_t>().data(),
                             .bias = scaling->bias.data(),
                             .factors = scaling->factors.data(),
                             .packed = packed->data()});
  const S8Range range = RangeOf(op.clamp, y);
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = kernels.packed_depthwise_s8_size(s.KH, s.KW, s.C);
  layer.run = [=, padding = static_cast<std::int8_t>(x.zero_point), zero_point = y.zero_point,
               &kernels](const LayerIo& io) {
    for (std::size_t i = 0; i < images; ++i) {
      kernels.depthwise_s8({.shape = s,
                            .x = reinterpret_cast<const std::int8_t*>(io.x) + i * s.H * s.W * s.C,
                            .padding = padding,
                            .packed = packed->data(),
                            .zero_point = zero_point,
                            .y_min = range.min,
                            .y_max = range.max,
                            .y = reinterpret_cast<std::int8_t*>(io.y) + i * s.OH * s.OW * s.C});
    }
  };
  return layer;
}

}  // namespace

absl::StatusOr<Layer> MakeDepthwiseLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& w = graph.tensors[op.inputs[1]];
  const Tensor& bias = graph.tensors[op.inputs[2]];
  const Tensor& y = graph.tensors[op.output];
  if (!w.constant || !bias.constant) return absl::UnimplementedError("weights are no constants");
  if (w.shape.size() != 4 || w.shape[0] != 1) {
    return absl::InvalidArgumentError("weights are not 1 x KH x KW x C");
  }
  const absl::StatusOr<Window> window = WindowOf(op, x, y, w.shape[1], w.shape[2]);
  if (!window.ok()) return window.status();
  const DepthwiseShape s = ShapeOf(*window);
  if (w.shape[3] != s.C || y.shape[3] != s.C || bias.size() != s.C) {
    return absl::UnimplementedError(
        absl::StrCat("from ", s.C, " to ", y.shape[3], " channels with weights for ", w.shape[3]));
  }
  if ((s.KH + 1) * s.KW > 2 * kMaxDepthwiseTaps) {
    return absl::UnimplementedError(absl::StrCat("a filter of ", s.KH, " x ", s.KW));
  }
  absl::StatusOr<Layer> layer = absl::UnimplementedError("");
  if (y.type == DataType::kF32) {
    if (w.type != DataType::kF32 || bias.type != DataType::kF32) {
      return absl::InvalidArgumentError("weights or biases are not f32");
    }
    layer = MakeF32(graph, op, s, x.shape[0], kernels);
  } else {
    layer = MakeS8(graph, op, s, x.shape[0], kernels);
  }
  if (layer.ok()) layer->macs = double(y.size()) * double(s.KH * s.KW);
  return layer;
}

}  // namespace podium::models
