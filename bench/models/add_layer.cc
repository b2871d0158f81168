#include <algorithm>
#include <array>
#include <limits>

#include "bench/models/layers.h"

namespace podium::models {
namespace {

constexpr std::size_t kBlock = 1024;  // sums wait in L1

// Both operands are brought to one scale, twice the larger of theirs, with 20 more bits; the sum is
// rescaled. What an operand becomes depends on one byte: a table holds it.
struct Tables {
  std::array<std::int32_t, 256> a, b;  // by the byte, read as unsigned
  FixedPoint factor;
};

Tables MakeTables(const Tensor& a, const Tensor& b, const Tensor& y) {
  constexpr int kBits = 20;
  const double common = 2 * std::max(double{a.scales[0]}, double{b.scales[0]});
  Tables tables;
  tables.factor = FixedPointOf(common / ((1 << kBits) * double{y.scales[0]}));
  const auto fill = [&](const Tensor& t, std::array<std::int32_t, 256>& table) {
    const FixedPoint factor = FixedPointOf(double{t.scales[0]} / common);
    for (int q = -128; q < 128; ++q) {
      table[static_cast<std::uint8_t>(q)] =
          MultiplyFixedPoint((q - t.zero_point) * (1 << kBits), factor);
    }
  };
  fill(a, tables.a);
  fill(b, tables.b);
  return tables;
}

}  // namespace

absl::StatusOr<Layer> MakeAddLayer(const Graph& graph, const Op& op, const KernelTable& kernels) {
  const Tensor& a = graph.tensors[op.inputs[0]];
  const Tensor& b = graph.tensors[op.inputs[1]];
  const Tensor& y = graph.tensors[op.output];
  if (a.shape != b.shape || a.shape != y.shape) {
    return absl::UnimplementedError("operands differ in shape");
  }
  const Rows rows(y);
  Layer layer = {.kind = op.kind};
  if (y.type == DataType::kF32) {
    const float lo = op.clamp == Clamp::kNone ? std::numeric_limits<float>::lowest() : 0,
                hi = op.clamp == Clamp::kRelu6 ? 6 : std::numeric_limits<float>::max();
    layer.run = [=](const LayerIo& io) {
      const auto* x = reinterpret_cast<const float*>(io.x);
      const auto* x2 = reinterpret_cast<const float*>(io.x2);
      auto* sum = reinterpret_cast<float*>(io.y);
      const std::size_t size = rows.Elements(io);
      for (std::size_t i = 0; i < size; ++i) sum[i] = std::min(std::max(x[i] + x2[i], lo), hi);
    };
    return layer;
  }
  // A sum of 2^28 at most, times twice the larger scale over y's over 2^20, must stay below 2^30.
  if (std::max(a.scales[0], b.scales[0]) / y.scales[0] >= 0x1p20f) {
    return absl::InvalidArgumentError("the output's scale is too small for the operands'");
  }
  const auto tables = std::make_shared<const Tables>(MakeTables(a, b, y));
  const S8Range range = RangeOf(op.clamp, y);
  layer.weight_bytes = sizeof(Tables);
  layer.scratch_bytes = kBlock * sizeof(std::int32_t);
  layer.run = [=, zero_point = y.zero_point, &kernels](const LayerIo& io) {
    const auto* x = reinterpret_cast<const std::uint8_t*>(io.x);
    const auto* x2 = reinterpret_cast<const std::uint8_t*>(io.x2);
    auto* sums = reinterpret_cast<std::int32_t*>(io.scratch);
    const std::size_t size = rows.Elements(io);
    for (std::size_t i = 0; i < size; i += kBlock) {
      const std::size_t count = std::min(kBlock, size - i);
      for (std::size_t k = 0; k < count; ++k) {
        sums[k] = tables->a[x[i + k]] + tables->b[x2[i + k]];
      }
      kernels.requantize_s8({.M = 1,
                             .N = count,
                             .x = sums,
                             .ldx = count,
                             .bias = nullptr,
                             .factors = &tables->factor,
                             .factors_stride = 0,
                             .zero_point = zero_point,
                             .y_min = range.min,
                             .y_max = range.max,
                             .y = reinterpret_cast<std::int8_t*>(io.y) + i,
                             .ldy = count});
    }
  };
  return layer;
}

}  // namespace podium::models
