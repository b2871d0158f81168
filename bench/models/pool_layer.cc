// Pools, in plain C++: their loops over channels are simple enough for any compiler.
#include <algorithm>
#include <limits>

#include "bench/models/layers.h"

namespace podium::models {
namespace {

// f(pixel of x, its number within the window) for all under output (i, j) of one image.
template <class F>
std::size_t ForEachPixel(const Window& w, std::size_t i, std::size_t j, const F& f) {
  std::size_t count = 0;
  for (std::size_t p = 0; p < w.KH; ++p) {
    const std::size_t row = i * w.stride_h + p;
    if (row < w.pad_top || row - w.pad_top >= w.H) continue;
    for (std::size_t q = 0; q < w.KW; ++q) {
      const std::size_t col = j * w.stride_w + q;
      if (col < w.pad_left || col - w.pad_left >= w.W) continue;
      f((row - w.pad_top) * w.W + col - w.pad_left);
      ++count;
    }
  }
  return count;
}

// Mean of `count` integers, to the nearest, halves away from zero.
std::int32_t Mean(std::int32_t sum, std::int32_t count) {
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

template <class T, class Sum, bool kMax, class Finish>
void Pool(const Window& w, std::size_t images, const LayerIo& io, const Finish& finish) {
  const T* x = reinterpret_cast<const T*>(io.x);
  T* y = reinterpret_cast<T*>(io.y);
  Sum* sums = reinterpret_cast<Sum*>(io.scratch);
  for (std::size_t image = 0; image < images; ++image, x += w.H * w.W * w.C) {
    for (std::size_t i = 0; i < w.OH; ++i) {
      for (std::size_t j = 0; j < w.OW; ++j, y += w.C) {
        std::fill_n(sums, w.C, kMax ? std::numeric_limits<T>::lowest() : Sum{0});
        const std::size_t count = ForEachPixel(w, i, j, [&](std::size_t pixel) {
          const T* from = x + pixel * w.C;
          for (std::size_t c = 0; c < w.C; ++c) {
            sums[c] = kMax ? std::max<Sum>(sums[c], from[c]) : sums[c] + from[c];
          }
        });
        for (std::size_t c = 0; c < w.C; ++c) y[c] = finish(sums[c], count);
      }
    }
  }
}

}  // namespace

absl::StatusOr<Layer> MakePoolLayer(const Graph& graph, const Op& op) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  const absl::StatusOr<Window> window = WindowOf(op, x, y, op.filter_h, op.filter_w);
  if (!window.ok()) return window.status();
  const Window w = *window;
  if (y.shape[3] != w.C) return absl::InvalidArgumentError("changes the number of channels");
  const std::size_t images = x.shape[0];
  const bool max = op.kind == OpKind::kMaxPool2d;
  Layer layer = {.kind = op.kind, .scratch_bytes = w.C * sizeof(std::int32_t)};
  if (y.type == DataType::kF32) {
    const float lo = op.clamp == Clamp::kNone ? std::numeric_limits<float>::lowest() : 0,
                hi = op.clamp == Clamp::kRelu6 ? 6 : std::numeric_limits<float>::max();
    layer.run = [=](const LayerIo& io) {
      if (max) {
        Pool<float, float, true>(
            w, images, io, [&](float value, std::size_t) { return std::clamp(value, lo, hi); });
      } else {
        Pool<float, float, false>(w, images, io, [&](float sum, std::size_t count) {
          return std::clamp(sum / static_cast<float>(count), lo, hi);
        });
      }
    };
    return layer;
  }
  if (x.scales != y.scales || x.zero_point != y.zero_point) {
    return absl::InvalidArgumentError("input and output differ in scale");
  }
  const S8Range range = RangeOf(op.clamp, y);
  layer.run = [=](const LayerIo& io) {
    const auto clamp = [&](std::int32_t q) {
      return static_cast<std::int8_t>(std::clamp<std::int32_t>(q, range.min, range.max));
    };
    if (max) {
      Pool<std::int8_t, std::int32_t, true>(w, images, io,
                                            [&](std::int32_t q, std::size_t) { return clamp(q); });
    } else {
      Pool<std::int8_t, std::int32_t, false>(
          w, images, io, [&](std::int32_t sum, std::size_t count) {
            return clamp(Mean(sum, static_cast<std::int32_t>(count)));
          });
    }
  };
  return layer;
}

}  // namespace podium::models
