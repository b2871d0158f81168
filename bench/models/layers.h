// Operators made ready to run: shapes checked, weights packed for the kernels of one ISA.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
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

// Where a layer's operands lie. Activations and scratch are 64-byte aligned.
struct LayerIo {
  const std::byte* x = nullptr;
  const std::byte* x2 = nullptr;  // the other input of an addition
  std::byte* y = nullptr;
  std::byte* scratch = nullptr;
};

struct Layer {
  OpKind kind;
  double macs = 0;                                    // multiply-adds
  std::size_t weight_bytes = 0;                       // packed, with what else a run reads
  std::size_t scratch_bytes = 0;                      // for the time of one run
  std::function<void(const LayerIo&)> run = nullptr;  // does not allocate
};

// The layer of one operator of a graph that passed Check. InvalidArgument where shapes, types or scales
// do not fit, Unimplemented for what no layer does yet. The kernels outlive the layer.
absl::StatusOr<Layer> MakeLayer(const Graph& graph, const Op& op, const KernelTable& kernels);

// By kind; for MakeLayer.
absl::StatusOr<Layer> MakeMatmulLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeDepthwiseLayer(const Graph& graph, const Op& op,
                                         const KernelTable& kernels);
absl::StatusOr<Layer> MakePoolLayer(const Graph& graph, const Op& op);
absl::StatusOr<Layer> MakeAddLayer(const Graph& graph, const Op& op, const KernelTable& kernels);
absl::StatusOr<Layer> MakeSoftmaxLayer(const Graph& graph, const Op& op,
                                       const KernelTable& kernels);

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
// bias[n] - zero_point * sum over k of w[n, k], where element k of channel n is at n * n_stride + k *
// k_stride.
struct S8Scaling {
  std::vector<FixedPoint> factors;
  std::vector<std::int32_t> bias;
};
absl::StatusOr<S8Scaling> ScalingOf(const Graph& graph, const Op& op, std::size_t N, std::size_t K,
                                    std::size_t n_stride, std::size_t k_stride);

}  // namespace podium::models
