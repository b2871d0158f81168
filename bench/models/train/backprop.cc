#include "bench/models/train/backprop.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/models/layers.h"

namespace podium::models {
namespace {

// f(index in x's pixels, index among the taps, index in y's pixels) for each pixel under each output.
template <class F>
void ForEachTap(const Window& w, const F& f) {
  for (std::size_t i = 0; i < w.OH; ++i) {
    for (std::size_t j = 0; j < w.OW; ++j) {
      for (std::size_t p = 0; p < w.KH; ++p) {
        const std::size_t row = i * w.stride_h + p;
        if (row < w.pad_top || row - w.pad_top >= w.H) continue;
        for (std::size_t q = 0; q < w.KW; ++q) {
          const std::size_t col = j * w.stride_w + q;
          if (col < w.pad_left || col - w.pad_left >= w.W) continue;
          f((row - w.pad_top) * w.W + col - w.pad_left, p * w.KW + q, i * w.OW + j);
        }
      }
    }
  }
}

}  // namespace

Backprop::Backprop(Graph& graph, Loss loss)
    : graph_(graph), loss_(loss), values_(graph.tensors.size()), gradients_(graph.tensors.size()) {
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const Tensor& t = graph.tensors[i];
    gradients_[i].resize(t.size());
    if (!t.constant) values_[i].resize(t.size());
  }
}

std::span<float> Backprop::values(std::size_t tensor) {
  Tensor& t = graph_.tensors[tensor];
  if (!t.constant) return values_[tensor];
  return {reinterpret_cast<float*>(t.data.data()), t.size()};
}

std::span<float> Backprop::gradient(std::size_t tensor) { return gradients_[tensor]; }

std::span<const float> Backprop::output() const { return values_[graph_.output]; }

float Backprop::Accumulate(std::span<const float> input, std::size_t label) {
  std::copy(input.begin(), input.end(), values_[graph_.input].begin());
  for (const Op& op : graph_.ops) Forward(op);
  for (std::size_t i = 0; i < gradients_.size(); ++i) {
    if (!graph_.tensors[i].constant) std::fill(gradients_[i].begin(), gradients_[i].end(), 0.0f);
  }
  const std::vector<float>& y = values_[graph_.output];
  float loss = 0;
  if (loss_ == Loss::kCrossEntropy) {
    // With respect to what the softmax was given.
    std::vector<float>& dx = gradients_[graph_.ops.back().inputs[0]];
    for (std::size_t i = 0; i < y.size(); ++i) dx[i] = y[i] - (i == label ? 1.0f : 0.0f);
    loss = -std::log(std::max(y[label], 1e-20f));
  } else {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const float error = y[i] - input[i];
      gradients_[graph_.output][i] = 2 * error / static_cast<float>(y.size());
      loss += error * error / static_cast<float>(y.size());
    }
  }
  for (std::size_t i = graph_.ops.size(); i > 0; --i) Backward(graph_.ops[i - 1]);
  return loss;
}

void Backprop::Forward(const Op& op) {
  const std::span<const float> x = values(op.inputs[0]);
  const std::span<float> y = values(op.output);
  const std::span<const float> w = op.inputs.size() > 1 ? values(op.inputs[1]) : x;
  const std::span<const float> bias = op.inputs.size() > 2 ? values(op.inputs[2]) : x;
  switch (op.kind) {
    case OpKind::kFullyConnected:
      for (std::size_t n = 0; n < y.size(); ++n) {
        y[n] = bias[n];
        for (std::size_t k = 0; k < x.size(); ++k) y[n] += w[n * x.size() + k] * x[k];
      }
      return;
    case OpKind::kConv2d:
    case OpKind::kDepthwiseConv2d: {
      const Tensor& weights = graph_.tensors[op.inputs[1]];
      const Window window = *WindowOf(op, graph_.tensors[op.inputs[0]], graph_.tensors[op.output],
                                      weights.shape[1], weights.shape[2]);
      const std::size_t C = window.C, N = bias.size(), taps = window.KH * window.KW;
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = bias[i % N];
      ForEachTap(window, [&](std::size_t from, std::size_t tap, std::size_t to) {
        for (std::size_t n = 0; n < N; ++n) {
          if (op.kind == OpKind::kDepthwiseConv2d) {
            y[to * N + n] += x[from * C + n] * w[tap * C + n];
            continue;
          }
          float sum = 0;
          for (std::size_t c = 0; c < C; ++c) {
            sum += x[from * C + c] * w[(n * taps + tap) * C + c];
          }
          y[to * N + n] += sum;
        }
      });
      return;
    }
    case OpKind::kAveragePool2d: {  // of the whole image
      const std::size_t C = y.size(), pixels = x.size() / C;
      std::fill(y.begin(), y.end(), 0.0f);
      for (std::size_t i = 0; i < x.size(); ++i) y[i % C] += x[i] / static_cast<float>(pixels);
      return;
    }
    case OpKind::kAdd:
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i] + w[i];
      return;
    case OpKind::kRelu:
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = std::max(x[i], 0.0f);
      return;
    case OpKind::kReshape:
      std::copy(x.begin(), x.end(), y.begin());
      return;
    case OpKind::kSoftmax: {
      const float max = *std::max_element(x.begin(), x.end());
      float sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] = std::exp(x[i] - max);
      for (float& value : y) value /= sum;
      return;
    }
    default:
      std::abort();
  }
}

void Backprop::Backward(const Op& op) {
  const std::span<const float> x = values(op.inputs[0]);
  const std::span<float> dx = gradient(op.inputs[0]), dy = gradient(op.output);
  const std::span<const float> w = op.inputs.size() > 1 ? values(op.inputs[1]) : x;
  const std::span<float> dw = op.inputs.size() > 1 ? gradient(op.inputs[1]) : dx;
  const std::span<float> dbias = op.inputs.size() > 2 ? gradient(op.inputs[2]) : dx;
  switch (op.kind) {
    case OpKind::kFullyConnected:
      for (std::size_t n = 0; n < dy.size(); ++n) {
        dbias[n] += dy[n];
        for (std::size_t k = 0; k < x.size(); ++k) {
          dw[n * x.size() + k] += dy[n] * x[k];
          dx[k] += dy[n] * w[n * x.size() + k];
        }
      }
      return;
    case OpKind::kConv2d:
    case OpKind::kDepthwiseConv2d: {
      const Tensor& weights = graph_.tensors[op.inputs[1]];
      const Window window = *WindowOf(op, graph_.tensors[op.inputs[0]], graph_.tensors[op.output],
                                      weights.shape[1], weights.shape[2]);
      const std::size_t C = window.C, N = dbias.size(), taps = window.KH * window.KW;
      for (std::size_t i = 0; i < dy.size(); ++i) dbias[i % N] += dy[i];
      ForEachTap(window, [&](std::size_t from, std::size_t tap, std::size_t to) {
        for (std::size_t n = 0; n < N; ++n) {
          const float d = dy[to * N + n];
          if (d == 0) continue;
          if (op.kind == OpKind::kDepthwiseConv2d) {
            dw[tap * C + n] += d * x[from * C + n];
            dx[from * C + n] += d * w[tap * C + n];
            continue;
          }
          const std::size_t at = (n * taps + tap) * C;
          for (std::size_t c = 0; c < C; ++c) {
            dw[at + c] += d * x[from * C + c];
            dx[from * C + c] += d * w[at + c];
          }
        }
      });
      return;
    }
    case OpKind::kAveragePool2d: {
      const std::size_t C = dy.size(), pixels = x.size() / C;
      for (std::size_t i = 0; i < x.size(); ++i) dx[i] += dy[i % C] / static_cast<float>(pixels);
      return;
    }
    case OpKind::kAdd:
      for (std::size_t i = 0; i < dy.size(); ++i) {
        dx[i] += dy[i];
        dw[i] += dy[i];
      }
      return;
    case OpKind::kRelu:
      for (std::size_t i = 0; i < dy.size(); ++i) dx[i] += x[i] > 0 ? dy[i] : 0;
      return;
    case OpKind::kReshape:
      for (std::size_t i = 0; i < dy.size(); ++i) dx[i] += dy[i];
      return;
    case OpKind::kSoftmax:  // folded into the loss
      return;
    default:
      std::abort();
  }
}

}  // namespace podium::models
