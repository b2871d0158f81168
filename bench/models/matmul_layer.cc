// Fully connected layers and convolutions as matrix multiplications: the pixels under each position of
// the window, laid out as one row of A (im2col), times the weights. A few rows at a time, so that they
// and their sums stay in L1 or L2 from one step to the next.
#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "bench/models/layers.h"
#include "kernels/sparse_gemm/sparse_matrix.h"

namespace podium::models {
namespace {

constexpr std::size_t kBlockRows = 64;

struct Problem {
  std::size_t M, N, K;
  Window window;    // of a convolution
  bool contiguous;  // the input is A as it is
};

absl::StatusOr<Problem> ProblemOf(const Graph& graph, const Op& op) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& w = graph.tensors[op.inputs[1]];
  const Tensor& bias = graph.tensors[op.inputs[2]];
  const Tensor& y = graph.tensors[op.output];
  if (!w.constant || !bias.constant) return absl::UnimplementedError("weights are no constants");
  Problem p = {};
  if (op.kind == OpKind::kConv2d) {
    if (w.shape.size() != 4) return absl::InvalidArgumentError("weights are not N x KH x KW x C");
    const absl::StatusOr<Window> window = WindowOf(op, x, y, w.shape[1], w.shape[2]);
    if (!window.ok()) return window.status();
    p.window = *window;
    if (w.shape[3] != p.window.C) {
      return absl::InvalidArgumentError(
          absl::StrCat("weights of ", w.shape[3], " channels, an input of ", p.window.C));
    }
    p.contiguous =
        p.window.KH * p.window.KW == 1 && p.window.stride_h == 1 && p.window.stride_w == 1;
  } else {
    if (w.shape.size() != 2) return absl::InvalidArgumentError("weights are not N x K");
    p.contiguous = true;
  }
  p.N = w.shape[0];
  p.K = w.size() / p.N;
  p.M = y.size() / p.N;
  const bool fits = bias.size() == p.N && y.shape.back() == p.N && p.M * p.N == y.size() &&
                    (op.kind == OpKind::kConv2d || p.M * p.K == x.size());
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights of ", p.N, " x ", p.K, " do not fit input, bias or output"));
  }
  return p;
}

std::size_t AlignUp(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Copies `bytes` bytes, rounded up to pieces of 16: rows of a window are so short that a call would take
// longer.
constexpr std::size_t kPiece = 16;
inline void CopyPieces(void* to, const void* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += kPiece) {
    std::memcpy(static_cast<std::byte*>(to) + i, static_cast<const std::byte*>(from) + i, kPiece);
  }
}

// Rows of A for `count` positions of the window, from position `first` of one image on. Of the image, what
// lies under them is copied with its padding, in x's zero point, to `padded`: then no row of the window
// needs to know where the image ends. Both `a` and `padded` have kPiece bytes more.
template <class T>
void Im2col(const Window& w, const T* image, T zero, std::size_t first, std::size_t count, T* a,
            T* padded) {
  const std::size_t i0 = first / w.OW, rows = (first + count - 1) / w.OW - i0;
  const std::size_t width = (w.OW - 1) * w.stride_w + w.KW;
  T* to = padded;
  for (std::size_t r = 0; r < rows * w.stride_h + w.KH; ++r, to += width * w.C) {
    const std::size_t row = i0 * w.stride_h + r;
    if (row < w.pad_top || row - w.pad_top >= w.H) {
      std::fill_n(to, width * w.C, zero);
      continue;
    }
    const std::size_t inside = std::min(w.W, width - w.pad_left);
    std::fill_n(to, w.pad_left * w.C, zero);
    std::memcpy(to + w.pad_left * w.C, image + (row - w.pad_top) * w.W * w.C,
                inside * w.C * sizeof(T));
    std::fill_n(to + (w.pad_left + inside) * w.C, (width - w.pad_left - inside) * w.C, zero);
  }
  const std::size_t bytes = w.KW * w.C * sizeof(T);
  std::size_t i = 0, j = first % w.OW;
  for (std::size_t m = 0; m < count; ++m) {
    const T* from = padded + (i * w.stride_h * width + j * w.stride_w) * w.C;
    for (std::size_t p = 0; p < w.KH; ++p, a += w.KW * w.C, from += width * w.C) {
      CopyPieces(a, from, bytes);
    }
    if (++j == w.OW) {
      j = 0;
      ++i;
    }
  }
}

// Bytes of a block of A, and of the padded part of an image under it.
struct Im2colBytes {
  std::size_t a = 0, padded = 0;
};
Im2colBytes Im2colBytesOf(const Problem& p, std::size_t element) {
  if (p.contiguous) return {};
  const Window& w = p.window;
  const std::size_t most = std::min({kBlockRows, p.M, w.OH * w.OW});
  // So many positions, wherever they begin, lie in so many rows of the output.
  const std::size_t rows = std::min(w.OH, (most - 1 + w.OW - 1) / w.OW + 1);
  const std::size_t width = (w.OW - 1) * w.stride_w + w.KW;
  return {AlignUp(std::min(kBlockRows, p.M) * p.K * element + kPiece),
          AlignUp(((rows - 1) * w.stride_h + w.KH) * width * w.C * element + kPiece)};
}

// f(rows of A, first row, count) for each block of rows; where A is not the input itself, `scratch` holds
// one block, and behind it what Im2colBytes says.
template <class T, class F>
void ForEachBlock(const Problem& p, const T* x, T zero, std::byte* scratch, const F& f) {
  if (p.contiguous) {
    for (std::size_t m = 0; m < p.M; m += kBlockRows) {
      f(x + m * p.K, m, std::min(kBlockRows, p.M - m));
    }
    return;
  }
  const Window& w = p.window;
  const std::size_t per_image = w.OH * w.OW;
  T* a = reinterpret_cast<T*>(scratch);
  T* padded = reinterpret_cast<T*>(scratch + Im2colBytesOf(p, sizeof(T)).a);
  for (std::size_t m = 0; m < p.M; m += kBlockRows) {
    const std::size_t end = std::min(m + kBlockRows, p.M);
    for (std::size_t part = m; part < end;) {  // of one image
      const std::size_t image = part / per_image, first = part % per_image;
      const std::size_t count = std::min(end - part, per_image - first);
      Im2col(w, x + image * w.H * w.W * w.C, zero, first, count, a + (part - m) * p.K, padded);
      part += count;
    }
    f(a, m, end - m);
  }
}

struct WeightsF32 {
  AlignedBytes packed;
  std::vector<float> bias;

  WeightsF32(const Problem& p, const Tensor& w, const Tensor& b, const KernelTable& kernels)
      : packed(kernels.packed_f32_size(p.N, p.K) * sizeof(float)),
        bias(b.values<float>().begin(), b.values<float>().end()) {
    kernels.pack_f32(
        {p.N, p.K, w.values<float>().data(), p.K, reinterpret_cast<float*>(packed.data())});
  }
};

Layer MakeF32(const Graph& graph, const Op& op, const Problem& p, const KernelTable& kernels) {
  const auto weights = std::make_shared<const WeightsF32>(p, graph.tensors[op.inputs[1]],
                                                          graph.tensors[op.inputs[2]], kernels);
  const Activation activation = op.clamp == Clamp::kNone ? Activation::kNone : Activation::kRelu;
  const bool clamp_at_6 = op.clamp == Clamp::kRelu6;
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = (kernels.packed_f32_size(p.N, p.K) + p.N) * sizeof(float);
  const Im2colBytes bytes = Im2colBytesOf(p, sizeof(float));
  layer.scratch_bytes = bytes.a + bytes.padded;
  layer.run = [=, &kernels](const LayerIo& io) {
    auto* y = reinterpret_cast<float*>(io.y);
    ForEachBlock(p, reinterpret_cast<const float*>(io.x), 0.0f, io.scratch,
                 [&](const float* a, std::size_t m, std::size_t count) {
                   kernels.gemm_bias_activation_f32(
                       {.M = count,
                        .N = p.N,
                        .K = p.K,
                        .a = a,
                        .lda = p.K,
                        .packed_b = reinterpret_cast<const float*>(weights->packed.data()),
                        .bias = weights->bias.data(),
                        .activation = activation,
                        .c = y + m * p.N,
                        .ldc = p.N});
                 });
    if (clamp_at_6) {
      for (std::size_t i = 0; i < p.M * p.N; ++i) y[i] = std::min(y[i], 6.0f);
    }
  };
  return layer;
}

// Weights with zeros left out.
struct SparseWeights {
  CsrMatrix csr;
  Block4x1Matrix blocks;
  std::vector<float> bias;
};

Layer MakeSparseF32(const Graph& graph, const Op& op, const Problem& p,
                    const KernelTable& kernels) {
  const Tensor& w = graph.tensors[op.inputs[1]];
  const auto b = graph.tensors[op.inputs[2]].values<float>();
  const DenseView dense = {p.N, p.K, w.values<float>().data(), p.K};
  const bool csr = w.sparse == SparseFormat::kCsr;
  const auto weights = std::make_shared<const SparseWeights>(
      SparseWeights{csr ? CsrFromDense(dense) : CsrMatrix(),
                    csr ? Block4x1Matrix() : Block4x1FromDense(dense),
                    {b.begin(), b.end()}});
  const float lo = op.clamp == Clamp::kNone ? std::numeric_limits<float>::lowest() : 0,
              hi = op.clamp == Clamp::kRelu6 ? 6 : std::numeric_limits<float>::max();
  const Im2colBytes bytes = Im2colBytesOf(p, sizeof(float));
  Layer layer = {.kind = op.kind};
  layer.weight_bytes =
      (csr ? weights->csr.size_bytes() : weights->blocks.size_bytes()) + p.N * sizeof(float);
  layer.scratch_bytes = bytes.a + bytes.padded;
  layer.run = [=, &kernels](const LayerIo& io) {
    ForEachBlock(
        p, reinterpret_cast<const float*>(io.x), 0.0f, io.scratch,
        [&](const float* a, std::size_t m, std::size_t count) {
          constexpr ActivationLayout kLayout = ActivationLayout::kTokenMajor;
          float* const y = reinterpret_cast<float*>(io.y) + m * p.N;
          if (csr) {
            kernels.gemm_csr_f32({weights->csr.view(), count, kLayout, a, p.K, y, p.N});
          } else {
            kernels.gemm_block4x1_f32({weights->blocks.view(), count, kLayout, a, p.K, y, p.N});
          }
          for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t n = 0; n < p.N; ++n) {
              const float sum = y[i * p.N + n] + weights->bias[n];
              y[i * p.N + n] = std::min(std::max(sum, lo), hi);
            }
          }
        });
  };
  return layer;
}

struct WeightsS8 {
  AlignedBytes packed;
  S8Scaling scaling;

  WeightsS8(const Problem& p, const Tensor& w, S8Scaling s, const KernelTable& kernels)
      : packed(kernels.packed_s8_size(p.N, p.K)), scaling(std::move(s)) {
    kernels.pack_s8({p.N, p.K, w.values<std::int8_t>().data(), p.K,
                     reinterpret_cast<std::int8_t*>(packed.data())});
  }
};

absl::StatusOr<Layer> MakeS8(const Graph& graph, const Op& op, const Problem& p,
                             const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  absl::StatusOr<S8Scaling> scaling = ScalingOf(graph, op, p.N, p.K, p.K, 1);
  if (!scaling.ok()) return scaling.status();
  const auto weights = std::make_shared<const WeightsS8>(p, graph.tensors[op.inputs[1]],
                                                         *std::move(scaling), kernels);
  const S8Range range = RangeOf(op.clamp, y);
  const std::size_t rows = std::min(kBlockRows, p.M);
  const std::size_t sums_bytes = AlignUp(rows * p.N * sizeof(std::int32_t));
  Layer layer = {.kind = op.kind};
  layer.weight_bytes =
      kernels.packed_s8_size(p.N, p.K) + p.N * (sizeof(FixedPoint) + sizeof(float));
  const Im2colBytes bytes = Im2colBytesOf(p, 1);
  layer.scratch_bytes = sums_bytes + bytes.a + bytes.padded;
  layer.run = [=, zero = static_cast<std::int8_t>(x.zero_point), zero_point = y.zero_point,
               &kernels](const LayerIo& io) {
    auto* sums = reinterpret_cast<std::int32_t*>(io.scratch);
    ForEachBlock(p, reinterpret_cast<const std::int8_t*>(io.x), zero, io.scratch + sums_bytes,
                 [&](const std::int8_t* a, std::size_t m, std::size_t count) {
                   kernels.gemm_s8s8s32(
                       {.M = count,
                        .N = p.N,
                        .K = p.K,
                        .a = a,
                        .lda = p.K,
                        .packed_b = reinterpret_cast<const std::int8_t*>(weights->packed.data()),
                        .c = sums,
                        .ldc = p.N});
                   kernels.requantize_s8({.M = count,
                                          .N = p.N,
                                          .x = sums,
                                          .ldx = p.N,
                                          .bias = weights->scaling.bias.data(),
                                          .factors = weights->scaling.factors.data(),
                                          .factors_stride = 1,
                                          .zero_point = zero_point,
                                          .y_min = range.min,
                                          .y_max = range.max,
                                          .y = reinterpret_cast<std::int8_t*>(io.y) + m * p.N,
                                          .ldy = p.N});
                 });
  };
  return layer;
}

}  // namespace

absl::StatusOr<Layer> MakeMatmulLayer(const Graph& graph, const Op& op,
                                      const KernelTable& kernels) {
  const absl::StatusOr<Problem> p = ProblemOf(graph, op);
  if (!p.ok()) return p.status();
  absl::StatusOr<Layer> layer = absl::UnimplementedError("");
  if (graph.tensors[op.output].type == DataType::kF32) {
    if (graph.tensors[op.inputs[1]].type != DataType::kF32 ||
        graph.tensors[op.inputs[2]].type != DataType::kF32) {
      return absl::InvalidArgumentError("weights or biases are not f32");
    }
    const bool sparse = graph.tensors[op.inputs[1]].sparse != SparseFormat::kNone;
    layer = sparse ? MakeSparseF32(graph, op, *p, kernels) : MakeF32(graph, op, *p, kernels);
  } else {
    layer = MakeS8(graph, op, *p, kernels);
  }
  if (layer.ok()) layer->macs = double(p->M) * double(p->N) * double(p->K);
  return layer;
}

}  // namespace podium::models
