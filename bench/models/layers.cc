#include "bench/models/layers.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace podium::models {
namespace {

absl::Status NeedOneScale(const Tensor& t) {
  if (t.scales.size() == 1 && t.scales[0] > 0 && std::isfinite(t.scales[0]) &&
      t.zero_point >= -128 && t.zero_point <= 127) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensor \"", t.name, "\": needs one scale, and a zero point within -128..127"));
}

absl::Status NeedInputs(const Op& op) {
  std::size_t count = 1;
  if (op.kind == OpKind::kAdd || op.kind == OpKind::kEmbedding) count = 2;
  if (op.kind == OpKind::kFullyConnected) {  // x and weights, and two that may be missing
    count = std::clamp<std::size_t>(op.inputs.size(), 2, 4);
  }
  if (op.kind == OpKind::kConv2d || op.kind == OpKind::kDepthwiseConv2d ||
      op.kind == OpKind::kLayerNorm || op.kind == OpKind::kCausalAttention) {
    count = 3;
  }
  if (op.inputs.size() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("has ", op.inputs.size(), " inputs, not ", count));
}

// Weights, biases and tables; and perhaps what is in their place.
bool MayBeConstant(OpKind kind, std::size_t input) {
  return input > 0 && kind != OpKind::kAdd && kind != OpKind::kCausalAttention;
}

// All that is computed is of one type, s8 with scales, or else f32; but for conversions.
absl::Status NeedTypes(const Graph& graph, const Op& op) {
  const Tensor& y = graph.tensors[op.output];
  const bool converts = op.kind == OpKind::kQuantize || op.kind == OpKind::kDequantize;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const Tensor& x = graph.tensors[op.inputs[i]];
    if (x.constant && MayBeConstant(op.kind, i)) continue;
    if (x.constant) {
      return absl::UnimplementedError(
          absl::StrCat("input ", i, ", \"", x.name, "\", is a constant"));
    }
    if (op.kind == OpKind::kEmbedding && x.type == DataType::kS32) continue;
    const bool fits = converts ? x.type != y.type : x.type == y.type;
    if (!fits || x.type == DataType::kS32) {
      return absl::InvalidArgumentError(
          absl::StrCat("from ", Name(x.type), " to ", Name(y.type), ": no such form"));
    }
    if (x.type == DataType::kS8) {
      if (const absl::Status status = NeedOneScale(x); !status.ok()) return status;
    }
  }
  return y.type == DataType::kS8 ? NeedOneScale(y) : absl::OkStatus();
}

Layer MakeConversion(const Tensor& x, const Tensor& y) {
  const Rows rows(x);
  if (x.type == DataType::kS8) {
    return {.kind = OpKind::kDequantize,
            .run = [rows, scale = x.scales[0], zero = x.zero_point](const LayerIo& io) {
              const auto* q = io.in<std::int8_t>();
              auto* out = io.out<float>();
              const std::size_t size = rows.Elements(io);
              for (std::size_t i = 0; i < size; ++i) {
                out[i] = scale * static_cast<float>(q[i] - zero);
              }
            }};
  }
  return {.kind = OpKind::kQuantize,
          .run = [rows, scale = y.scales[0], zero = y.zero_point](const LayerIo& io) {
            const auto* in = io.in<float>();
            auto* q = io.out<std::int8_t>();
            const std::size_t size = rows.Elements(io);
            for (std::size_t i = 0; i < size; ++i) {
              // Halves away from zero.
              const float steps = std::round(in[i] / scale) + static_cast<float>(zero);
              q[i] = static_cast<std::int8_t>(std::clamp(steps, -128.0f, 127.0f));
            }
          }};
}

// Of s8 without a change of scale.
absl::StatusOr<Layer> MakeRelu(const Tensor& x, const Tensor& y, const KernelTable& kernels) {
  const std::size_t size = x.size();
  if (size != y.size()) return absl::InvalidArgumentError("input and output differ in size");
  if (x.type == DataType::kF32) {
    return Layer{.kind = OpKind::kRelu, .run = [size, &kernels](const LayerIo& io) {
                   kernels.activation_f32({.M = 1,
                                           .N = size,
                                           .x = reinterpret_cast<const float*>(io.x),
                                           .ldx = size,
                                           .activation = Activation::kRelu,
                                           .y = reinterpret_cast<float*>(io.y),
                                           .ldy = size});
                 }};
  }
  if (x.scales != y.scales || x.zero_point != y.zero_point) {
    return absl::UnimplementedError("input and output differ in scale");
  }
  return Layer{.kind = OpKind::kRelu,
               .run = [size, zero = static_cast<std::int8_t>(x.zero_point)](const LayerIo& io) {
                 const auto* q = reinterpret_cast<const std::int8_t*>(io.x);
                 auto* out = reinterpret_cast<std::int8_t*>(io.y);
                 for (std::size_t i = 0; i < size; ++i) out[i] = std::max(q[i], zero);
               }};
}

absl::StatusOr<Layer> MakeLastToken(const Tensor& x, const Tensor& y) {
  const Rows rows(x);
  const std::size_t bytes = rows.size * SizeOf(x.type);
  if (y.bytes() != bytes || x.scales != y.scales || x.zero_point != y.zero_point) {
    return absl::InvalidArgumentError("its output is no row of its input");
  }
  return Layer{.kind = OpKind::kLastToken, .run = [=](const LayerIo& io) {
                 std::memcpy(io.y, io.x + (rows.Now(io) - 1) * bytes, bytes);
               }};
}

absl::StatusOr<Layer> MakeAnyLayer(const Graph& graph, const Op& op, const KernelTable& kernels) {
  if (const absl::Status status = NeedInputs(op); !status.ok()) return status;
  if (const absl::Status status = NeedTypes(graph, op); !status.ok()) return status;
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  switch (op.kind) {
    case OpKind::kFullyConnected:
    case OpKind::kConv2d:
      return MakeMatmulLayer(graph, op, kernels);
    case OpKind::kDepthwiseConv2d:
      return MakeDepthwiseLayer(graph, op, kernels);
    case OpKind::kAveragePool2d:
    case OpKind::kMaxPool2d:
      return MakePoolLayer(graph, op);
    case OpKind::kAdd:
      return MakeAddLayer(graph, op, kernels);
    case OpKind::kRelu:
      return MakeRelu(x, y, kernels);
    case OpKind::kSoftmax:
      return MakeSoftmaxLayer(graph, op, kernels);
    case OpKind::kReshape:
      if (x.bytes() != y.bytes()) {
        return absl::InvalidArgumentError("input and output differ in size");
      }
      return Layer{.kind = op.kind, .run = [bytes = x.bytes()](const LayerIo& io) {
                     if (io.y != io.x) std::memcpy(io.y, io.x, bytes);
                   }};
    case OpKind::kQuantize:
    case OpKind::kDequantize:
      if (x.size() != y.size()) {
        return absl::InvalidArgumentError("input and output differ in size");
      }
      return MakeConversion(x, y);
    case OpKind::kGelu:
      return MakeGeluLayer(graph, op, kernels);
    case OpKind::kEmbedding:
      return MakeEmbeddingLayer(graph, op);
    case OpKind::kLayerNorm:
      return MakeLayerNormLayer(graph, op, kernels);
    case OpKind::kRotate:
      return MakeRotateLayer(graph, op, kernels);
    case OpKind::kCausalAttention:
      return MakeAttentionLayer(graph, op, kernels);
    case OpKind::kLastToken:
      return MakeLastToken(x, y);
  }
  return absl::UnimplementedError("no such layer");
}

}  // namespace

absl::StatusOr<Layer> MakeLayer(const Graph& graph, const Op& op, const KernelTable& kernels) {
  absl::StatusOr<Layer> layer = MakeAnyLayer(graph, op, kernels);
  if (layer.ok()) return layer;
  return absl::Status(layer.status().code(), absl::StrCat(Name(op.kind), " to tensor ", op.output,
                                                          " \"", graph.tensors[op.output].name,
                                                          "\": ", layer.status().message()));
}

absl::StatusOr<Window> WindowOf(const Op& op, const Tensor& x, const Tensor& y, std::size_t KH,
                                std::size_t KW) {
  if (x.shape.size() != 4 || y.shape.size() != 4 || x.shape[0] != y.shape[0]) {
    return absl::InvalidArgumentError("input and output are no images of one batch");
  }
  if (op.stride_h == 0 || op.stride_w == 0 || KH == 0 || KW == 0) {
    return absl::InvalidArgumentError("a stride or a filter of size 0");
  }
  Window w = {.H = x.shape[1],
              .W = x.shape[2],
              .C = x.shape[3],
              .KH = KH,
              .KW = KW,
              .stride_h = op.stride_h,
              .stride_w = op.stride_w,
              .pad_top = 0,
              .pad_left = 0,
              .OH = y.shape[1],
              .OW = y.shape[2]};
  const auto outputs = [&](std::size_t in, std::size_t K, std::size_t stride) -> std::size_t {
    if (op.padding == Padding::kSame) return (in + stride - 1) / stride;
    return in < K ? 0 : (in - K) / stride + 1;
  };
  if (w.OH != outputs(w.H, KH, w.stride_h) || w.OW != outputs(w.W, KW, w.stride_w)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an output of ", w.OH, " x ", w.OW, ", which should be ",
                     outputs(w.H, KH, w.stride_h), " x ", outputs(w.W, KW, w.stride_w)));
  }
  // Of an odd number of rows outside, the smaller half lies above.
  const auto before = [](std::size_t in, std::size_t K, std::size_t stride, std::size_t out) {
    const std::size_t covered = (out - 1) * stride + K;
    return covered > in ? (covered - in) / 2 : 0;
  };
  if (op.padding == Padding::kSame) {
    w.pad_top = before(w.H, KH, w.stride_h, w.OH);
    w.pad_left = before(w.W, KW, w.stride_w, w.OW);
  }
  return w;
}

S8Range RangeOf(Clamp clamp, const Tensor& y) {
  const auto quantized = [&](float value) {
    return std::clamp(std::round(value / y.scales[0]) + static_cast<float>(y.zero_point), -128.0f,
                      127.0f);
  };
  S8Range range = {.min = -128, .max = 127};
  if (clamp != Clamp::kNone) range.min = static_cast<std::int8_t>(quantized(0));
  if (clamp == Clamp::kRelu6) range.max = static_cast<std::int8_t>(quantized(6));
  return range;
}

absl::StatusOr<S8Scaling> ScalingOf(const Graph& graph, const Op& op, std::size_t N, std::size_t K,
                                    std::size_t n_stride, std::size_t k_stride) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& w = graph.tensors[op.inputs[1]];
  const Tensor* const bias = op.inputs.size() > 2 ? &graph.tensors[op.inputs[2]] : nullptr;
  const float y_scale = op.gelu ? op.before_gelu.scale : graph.tensors[op.output].scales[0];
  if (w.type != DataType::kS8 || (bias != nullptr && bias->type != DataType::kS32)) {
    return absl::InvalidArgumentError("weights are not s8, or biases not s32");
  }
  if (w.zero_point != 0) return absl::UnimplementedError("weights with a zero point");
  if (w.scales.size() != 1 && w.scales.size() != N) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights have ", w.scales.size(), " scales for ", N, " channels"));
  }
  for (const float scale : w.scales) {
    if (!(scale >= 0 && std::isfinite(scale))) {
      return absl::InvalidArgumentError("a scale of the weights is no positive number");
    }
  }
  // What the kernels ask for. 128 * 255 * K is far below 2^31.
  if (K > 4096) return absl::UnimplementedError("sums of more than 4096 products");
  S8Scaling scaling;
  for (std::size_t n = 0; n < N; ++n) {
    const double scale = w.scales[w.scales.size() == 1 ? 0 : n];
    const double real = double{x.scales[0]} * scale / double{y_scale};
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < K; ++k) {
      sum += w.values<std::int8_t>()[n * n_stride + k * k_stride];
    }
    const std::int64_t folded =
        (bias == nullptr ? 0 : bias->values<std::int32_t>()[n]) - x.zero_point * sum;
    // The largest sum must fit 32 bits and its product with the factor 30.
    const double largest = std::abs(static_cast<double>(folded)) + 128.0 * 128.0 * double(K);
    if (largest >= 0x1p31 || largest * real >= 0x1p30) {
      return absl::InvalidArgumentError(absl::StrCat("the sums of channel ", n, " may overflow"));
    }
    scaling.factors.push_back(FixedPointOf(real));
    scaling.bias.push_back(static_cast<std::int32_t>(folded));
  }
  return scaling;
}

}  // namespace podium::models
