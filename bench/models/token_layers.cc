// Layers of networks on tokens, each row by itself: embedding, GELU, normalization, rotary
// positions. In s8 GELU looks up what it gives for each byte; the others compute f32 between s8
// ends, in plain loops or with kernels that promise the same bits on every ISA.
#include <algorithm>
#include <cstring>
#include <utility>

#include "bench/models/layers.h"
#include "kernels/fused_activation/activation.h"
#include "kernels/kv_attention/store_kv.h"

namespace podium::models {
namespace {

absl::Status NeedShape(const Tensor& x, const Tensor& y) {
  if (x.shape.size() == 2 && x.shape == y.shape) return absl::OkStatus();
  return absl::InvalidArgumentError("input and output are not tokens x channels of one shape");
}

// Scales by value: a byte that is stored could be part of them otherwise, and nothing would be
// vectorized.
void RealRow(const std::int8_t* x, std::size_t n, Scale from, float* y) {
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = from.scale * static_cast<float>(x[i] - from.zero_point);
  }
}
void QuantizeRow(const float* x, std::size_t n, Scale to, std::int8_t* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = QuantizedS8(x[i], to);
}

struct Norm {
  std::size_t N;
  float epsilon;
  std::vector<float> gain, bias;
  Scale from, to;  // of s8

  // Sums of s8 and of their squares are exact, so that only what follows is rounded. `real` holds
  // N.
  void Row(const std::int8_t* x, float* real, std::int8_t* y) const {
    std::int32_t sum = 0, squares = 0;
    for (std::size_t n = 0; n < N; ++n) {
      sum += x[n];
      squares += static_cast<std::int16_t>(x[n]) * static_cast<std::int16_t>(x[n]);
    }
    const auto count = static_cast<double>(N), step = double{from.scale};
    const double mean = sum / count, variance = step * step * (squares / count - mean * mean);
    const auto middle = static_cast<float>(mean),
               inverse = static_cast<float>(step / std::sqrt(std::max(variance, 0.0) + epsilon));
    for (std::size_t n = 0; n < N; ++n) {
      const float normal = (static_cast<float>(x[n]) - middle) * inverse;
      real[n] = normal * gain[n] + bias[n];
    }
    QuantizeRow(real, N, to, y);
  }
};

}  // namespace

std::array<std::int8_t, 256> GeluTable(Scale from, Scale to) {
  std::array<std::int8_t, 256> table;
  for (int q = -128; q < 128; ++q) {
    const double x = double{from.scale} * (q - from.zero_point);
    table[static_cast<std::uint8_t>(q)] =
        QuantizedS8(static_cast<float>(ActivateF64(Activation::kGeluTanh, x)), to);
  }
  return table;
}

absl::StatusOr<Layer> MakeGeluLayer(const Graph& graph, const Op& op, const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  if (const absl::Status status = NeedShape(x, y); !status.ok()) return status;
  const Rows rows(x);
  if (x.type == DataType::kF32) {
    return Layer{.kind = op.kind, .run = [=, &kernels](const LayerIo& io) {
                   kernels.activation_f32({.M = rows.Now(io),
                                           .N = rows.size,
                                           .x = io.in<float>(),
                                           .ldx = rows.size,
                                           .activation = Activation::kGeluTanh,
                                           .y = io.out<float>(),
                                           .ldy = rows.size});
                 }};
  }
  const auto table = GeluTable(ScaleOf(x), ScaleOf(y));
  return Layer{.kind = op.kind, .weight_bytes = sizeof(table), .run = [=](const LayerIo& io) {
                 const auto* const in = io.in<std::uint8_t>();
                 auto* const out = io.out<std::int8_t>();
                 const std::size_t size = rows.Elements(io);
                 for (std::size_t i = 0; i < size; ++i) out[i] = table[in[i]];
               }};
}

absl::StatusOr<Layer> MakeEmbeddingLayer(const Graph& graph, const Op& op) {
  const Tensor& tokens = graph.tensors[op.inputs[0]];
  const Tensor& table = graph.tensors[op.inputs[1]];
  const Tensor& y = graph.tensors[op.output];
  const bool s8 = y.type == DataType::kS8;
  if (tokens.type != DataType::kS32 || !table.constant || table.type != y.type ||
      table.shape.size() != 2 || y.shape != std::vector{tokens.size(), table.shape[1]} ||
      (s8 && table.scales.size() != table.shape[0])) {
    return absl::InvalidArgumentError("tokens, table and output do not fit each other");
  }
  // Rows of s8 in the output's steps, since each has a scale of its own.
  std::vector<std::byte> values = table.data;
  const Rows rows(y);
  for (std::size_t i = 0; s8 && i < values.size(); ++i) {
    const float real = table.scales[i / rows.size] * table.values<std::int8_t>()[i];
    values[i] = static_cast<std::byte>(QuantizedS8(real, ScaleOf(y)));
  }
  const std::size_t row_bytes = rows.size * SizeOf(y.type), count = table.shape[0];
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = values.size();
  layer.row_bytes = row_bytes;
  layer.run = [=, values = std::move(values)](const LayerIo& io) {
    for (std::size_t m = 0; m < rows.Now(io); ++m) {
      // A token that the table does not have reads its last row.
      const auto token = static_cast<std::size_t>(io.in<std::uint32_t>()[m]);
      std::memcpy(io.y + m * row_bytes, values.data() + std::min(token, count - 1) * row_bytes,
                  row_bytes);
    }
  };
  return layer;
}

absl::StatusOr<Layer> MakeLayerNormLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  const auto gain = graph.tensors[op.inputs[1]].values<float>(),
             bias = graph.tensors[op.inputs[2]].values<float>();
  if (const absl::Status status = NeedShape(x, y); !status.ok()) return status;
  const Rows rows(x);
  constexpr std::size_t kMost = 1 << 16;  // squares of s8 that 32 bits can sum
  if (gain.size() != rows.size || bias.size() != rows.size || !(op.epsilon > 0) ||
      rows.size > kMost) {
    return absl::InvalidArgumentError("gain or bias do not fit, or epsilon is not positive");
  }
  const auto norm =
      std::make_shared<const Norm>(Norm{rows.size,
                                        op.epsilon,
                                        {gain.begin(), gain.end()},
                                        {bias.begin(), bias.end()},
                                        x.type == DataType::kS8 ? ScaleOf(x) : Scale(),
                                        x.type == DataType::kS8 ? ScaleOf(y) : Scale()});
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = 2 * rows.size * sizeof(float);
  if (x.type == DataType::kF32) {
    layer.run = [=, &kernels](const LayerIo& io) {
      kernels.layernorm_f32({rows.Now(io), norm->N, io.in<float>(), norm->N, norm->gain.data(),
                             norm->bias.data(), norm->epsilon, io.out<float>(), norm->N});
    };
    return layer;
  }
  layer.scratch_bytes = rows.size * sizeof(float);
  layer.run = [=](const LayerIo& io) {
    for (std::size_t m = 0; m < rows.Now(io); ++m) {
      norm->Row(io.in<std::int8_t>() + m * norm->N, reinterpret_cast<float*>(io.scratch),
                io.out<std::int8_t>() + m * norm->N);
    }
  };
  return layer;
}

absl::StatusOr<Layer> MakeRotateLayer(const Graph& graph, const Op& op,
                                      const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  if (const absl::Status status = NeedShape(x, y); !status.ok()) return status;
  const Rows rows(x);
  if (op.heads == 0 || rows.size % (2 * op.heads) != 0 || !(op.rope_base > 1)) {
    return absl::InvalidArgumentError("no pairs of channels in each head, or no base of angles");
  }
  const std::size_t head_dim = rows.size / op.heads;
  const auto table = std::make_shared<std::vector<float>>(rows.most * head_dim);
  FillRopeTable(rows.most, head_dim, op.rope_base, table->data());
  const auto rotate = [=, &kernels, heads = op.heads](const LayerIo& io, float* values) {
    kernels.rotate({rows.Now(io), heads, head_dim, io.position, values, rows.size, table->data()});
  };
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = table->size() * sizeof(float);
  layer.row_bytes = head_dim * sizeof(float);
  if (x.type == DataType::kF32) {
    layer.run = [=](const LayerIo& io) {
      std::memcpy(io.y, io.x, rows.Elements(io) * sizeof(float));
      rotate(io, io.out<float>());
    };
    return layer;
  }
  layer.scratch_bytes = x.size() * sizeof(float);
  layer.run = [=, from = ScaleOf(x), to = ScaleOf(y)](const LayerIo& io) {
    auto* const values = reinterpret_cast<float*>(io.scratch);
    const std::size_t size = rows.Elements(io);
    RealRow(io.in<std::int8_t>(), size, from, values);
    rotate(io, values);
    QuantizeRow(values, size, to, io.out<std::int8_t>());
  };
  return layer;
}

}  // namespace podium::models
