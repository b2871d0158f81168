// Operators made ready to run: shapes checked, weights packed for the kernels of one ISA.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/models/graph.h"
#include "kernels/kernel_table.h"

namespace podium::models {

// Bytes on a cache-line boundary.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t bytes) : lines_(bytes / 64 + 1) {}
  std::byte* data() { return lines_.data()->bytes; }
  const std::byte* data() const { return lines_.data()->bytes; }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> lines_;
};

inline std::size_t AlignUp(std::size_t count, std::size_t unit) {
  return (count + unit - 1) / unit * unit;
}

// Where a layer's operands lie. Activations and scratch are 64-byte aligned.
struct LayerIo {
  const std::byte* x = nullptr;
  const std::byte* x2 = nullptr;  // the other input of an addition, a residual, keys
  const std::byte* x3 = nullptr;  // values
  std::byte* y = nullptr;
  std::byte* scratch = nullptr;
  // Of the tensors' first dimension so many, at most all. Layers on images, and others that no text
  // goes through, do all of them nevertheless.
  std::size_t rows = std::numeric_limits<std::size_t>::max();
  std::size_t position = 0;  // of the first of them, where rows are tokens

  template <class T>
  const T* in() const {
    return reinterpret_cast<const T*>(x);
  }
  template <class T>
  T* out() const {
    return reinterpret_cast<T*>(y);
  }
};

// A tensor's rows, of which a layer does those that `io` says.
struct Rows {
  std::size_t most, size;  // elements of each

  explicit Rows(const Tensor& t) : most(t.shape[0]), size(t.size() / t.shape[0]) {}
  std::size_t Now(const LayerIo& io) const { return std::min(io.rows, most); }
  std::size_t Elements(const LayerIo& io) const { return Now(io) * size; }
};

struct Layer {
  OpKind kind;
  double macs = 0;                                    // multiply-adds
  std::size_t weight_bytes = 0;                       // packed, with biases, factors and tables
  std::size_t row_bytes = 0;                          // see ReadBytes
  std::size_t scratch_bytes = 0;                      // for the time of one run
  std::size_t cache_bytes = 0;                        // kept from run to run
  std::function<void(const LayerIo&)> run = nullptr;  // does not allocate

  // Of weight_bytes, what a run of so many rows reads: all, or where each row looks up a row of a
  // table (embedding, rotation), row_bytes for each.
  std::size_t ReadBytes(std::size_t rows) const {
    return row_bytes == 0 ? weight_bytes : std::min(weight_bytes, rows * row_bytes);
  }
};

// The layer of one operator of a graph that passed Check. InvalidArgument where shapes, types or
// scales do not fit, Unimplemented for what no layer does yet. The kernels outlive the layer.
absl::StatusOr<Layer> MakeLayer(const Graph& graph, const Op& op, const KernelTable& kernels);

// By kind; for MakeLayer.
absl::StatusOr<Layer> MakeMatmulLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeDepthwiseLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels);
absl::StatusOr<Layer> MakePoolLayer(const Graph& graph, const Op& op);
absl::StatusOr<Layer> MakeAddLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeSoftmaxLayer(const Graph& graph, const Op& op,
                                       const KernelTable& kernels);
absl::StatusOr<Layer> MakeGeluLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeEmbeddingLayer(const Graph& graph, const Op& op);
absl::StatusOr<Layer> MakeLayerNormLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels);
absl::StatusOr<Layer> MakeRotateLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeAttentionLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels);

// A real number in steps of `to`, to nearest, halves to even.
inline std::int8_t QuantizedS8(float value, Scale to) {
  constexpr float kRound = 12582912;  // 1.5 * 2^23: what is added to it has no fraction left
  const float steps = std::clamp(value / to.scale, -512.0f, 512.0f);
  const float whole = (steps + kRound) - kRound + static_cast<float>(to.zero_point);
  return static_cast<std::int8_t>(std::clamp(whole, -128.0f, 127.0f));
}

inline Scale ScaleOf(const Tensor& t) { return {t.scales[0], t.zero_point}; }

// GELU of each s8, by its byte read as unsigned.
std::array<std::int8_t, 256> GeluTable(Scale from, Scale to);

// A window that slides over an image, and what of its first position lies outside.
struct Window {
  std::size_t H, W, C;  // of the input
  std::size_t KH, KW, stride_h, stride_w, pad_top, pad_left;
  std::size_t OH, OW;
};
// That of an operator on images, its output's shape checked.
absl::StatusOr<Window> WindowOf(const Op& op, const Tensor& x, const Tensor& y, std::size_t KH,
                                std::size_t KW);

// The range of an s8 output after `clamp`.
struct S8Range {
  std::int8_t min, max;
};
S8Range RangeOf(Clamp clamp, const Tensor& y);

// x's scale times a weight's over y's, per channel, and the biases with x's zero point folded in:
// bias[n] - zero_point * sum over k of w[n, k]. Element k of channel n is at
// n * n_stride + k * k_stride.
struct S8Scaling {
  std::vector<FixedPoint> factors;
  std::vector<std::int32_t> bias;
};
absl::StatusOr<S8Scaling> ScalingOf(const Graph& graph, const Op& op, std::size_t N, std::size_t K,
                                    std::size_t n_stride, std::size_t k_stride);

}  // namespace podium::models
