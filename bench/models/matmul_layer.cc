// Fully connected layers and convolutions as matrix multiplications: rows of A (im2col.h) x weights.
#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "bench/models/im2col.h"
#include "bench/models/layers.h"
#include "bench/models/sparse_weights.h"

namespace podium::models {
namespace {

using Problem = MatmulProblem;

// Rows whose sums wait, for what is to be done to them, near by; and where none wait.
constexpr std::size_t kRowsOfSums = 256, kAllRows = std::numeric_limits<std::size_t>::max();

const Tensor* BiasOf(const Graph& graph, const Op& op) {
  const bool any = op.inputs.size() > 2 && graph.tensors[op.inputs[2]].constant;
  return any ? &graph.tensors[op.inputs[2]] : nullptr;
}

absl::StatusOr<Problem> ProblemOf(const Graph& graph, const Op& op) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& w = graph.tensors[op.inputs[1]];
  const Tensor* const bias = BiasOf(graph, op);
  const bool residual = HasResidual(graph, op);
  const Tensor& y = graph.tensors[op.output];
  if (!w.constant || op.inputs.size() != std::size_t{2} + (bias != nullptr) + residual) {
    return absl::UnimplementedError("weights or biases are no constants");
  }
  if (op.kind == OpKind::kConv2d && op.gelu) {
    return absl::UnimplementedError("a convolution with GELU");
  }
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
  } else if (w.shape.size() != 2) {
    return absl::InvalidArgumentError("weights are not N x K");
  }
  const Window& window = p.window;
  p.contiguous = op.kind != OpKind::kConv2d ||
                 (window.KH * window.KW == 1 && window.stride_h == 1 && window.stride_w == 1);
  p.N = w.shape[0];
  p.K = w.size() / p.N;
  p.M = y.size() / p.N;
  p.batch = y.shape.size() > 1 ? y.shape[0] : 1;
  const bool fits = (bias == nullptr || bias->size() == p.N) &&
                    (!residual || graph.tensors[op.inputs.back()].shape == y.shape) &&
                    y.shape.back() == p.N && p.M * p.N == y.size() &&
                    (op.kind == OpKind::kConv2d || p.M * p.K == x.size());
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights of ", p.N, " x ", p.K, " do not fit input, bias or output"));
  }
  return p;
}

std::vector<float> Copy(const Tensor* bias) {
  const auto values = bias == nullptr ? std::span<const float>() : bias->values<float>();
  return {values.begin(), values.end()};
}

Activation ActivationOf(const Op& op) {
  if (op.gelu) return Activation::kGeluTanh;
  return op.clamp == Clamp::kNone ? Activation::kNone : Activation::kRelu;
}

// What follows the sums of the rows from `m` on.
ElementwiseF32 Then(bool residual, const LayerIo& io, std::size_t m, std::size_t N) {
  if (!residual) return {};
  return {.residual = reinterpret_cast<const float*>(io.x2) + m * N, .ldr = N};
}

void ClampAt6(float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = std::min(y[i], 6.0f);
}

struct WeightsF32 {
  AlignedBytes packed;
  std::vector<float> bias;

  WeightsF32(const Problem& p, const Tensor& w, const Tensor* b, const KernelTable& kernels)
      : packed(kernels.packed_f32_size(p.N, p.K) * sizeof(float)), bias(Copy(b)) {
    kernels.pack_f32(
        {p.N, p.K, w.values<float>().data(), p.K, reinterpret_cast<float*>(packed.data())});
  }
};

Layer MakeF32(const Graph& graph, const Op& op, const Problem& p, const KernelTable& kernels) {
  const auto weights = std::make_shared<const WeightsF32>(p, graph.tensors[op.inputs[1]],
                                                          BiasOf(graph, op), kernels);
  const Activation activation = ActivationOf(op);
  const bool clamp_at_6 = op.clamp == Clamp::kRelu6;
  const bool residual = HasResidual(graph, op);
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = (kernels.packed_f32_size(p.N, p.K) + weights->bias.size()) * sizeof(float);
  const Im2colPlan plan(p, sizeof(float), kAllRows);
  layer.scratch_bytes = plan.bytes();
  layer.run = [=, &kernels](const LayerIo& io) {
    ForEachBlock(p, p.RowsNow(io), plan, io.in<float>(), 0.0f, io.scratch,
                 [&](const float* a, std::size_t m, std::size_t count) {
                   float* const y = io.out<float>() + m * p.N;
                   kernels.gemm_bias_activation_f32(
                       {.M = count,
                        .N = p.N,
                        .K = p.K,
                        .a = a,
                        .lda = plan.lda,
                        .packed_b = reinterpret_cast<const float*>(weights->packed.data()),
                        .bias = weights->bias.empty() ? nullptr : weights->bias.data(),
                        .activation = activation,
                        .c = y,
                        .ldc = p.N,
                        .then = Then(residual, io, m, p.N)});
                   if (clamp_at_6) ClampAt6(y, count * p.N);
                 });
  };
  return layer;
}

Layer MakeSparseF32(const Graph& graph, const Op& op, const Problem& p,
                    const KernelTable& kernels) {
  const auto weights = std::make_shared<const SparseWeights>(graph.tensors[op.inputs[1]], kernels);
  const auto bias = std::make_shared<const std::vector<float>>(Copy(BiasOf(graph, op)));
  const Activation activation = ActivationOf(op);
  const bool clamp_at_6 = op.clamp == Clamp::kRelu6;
  const bool residual = HasResidual(graph, op);
  const Im2colPlan plan(p, sizeof(float), kRowsOfSums);
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = weights->bytes() + bias->size() * sizeof(float);
  layer.scratch_bytes = plan.bytes();
  layer.run = [=, &kernels](const LayerIo& io) {
    ForEachBlock(p, p.RowsNow(io), plan, io.in<float>(), 0.0f, io.scratch,
                 [&](const float* a, std::size_t m, std::size_t count) {
                   float* const y = io.out<float>() + m * p.N;
                   weights->Multiply(count, a, plan.lda, y);
                   kernels.bias_activation_f32({.M = count,
                                                .N = p.N,
                                                .x = y,
                                                .ldx = p.N,
                                                .bias = bias->empty() ? nullptr : bias->data(),
                                                .activation = activation,
                                                .y = y,
                                                .ldy = p.N,
                                                .then = Then(residual, io, m, p.N)});
                   if (clamp_at_6) ClampAt6(y, count * p.N);
                 });
  };
  return layer;
}

// With a cache one token at a time, but for the first.
std::size_t UsualRows(const Graph& graph, const Problem& p) { return HasCache(graph) ? 1 : p.M; }

struct WeightsS8 {
  std::size_t K;  // with zeros at the end of each row
  AlignedBytes packed;
  S8Scaling scaling;

  WeightsS8(const Problem& p, const Tensor& w, std::size_t padded_k, S8Scaling s,
            const KernelTable& kernels)
      : K(padded_k), packed(kernels.packed_s8_size(p.N, padded_k)), scaling(std::move(s)) {
    std::vector<std::int8_t> rows(p.N * K);
    for (std::size_t n = 0; n < p.N; ++n) {
      std::copy_n(w.values<std::int8_t>().data() + n * p.K, p.K, rows.data() + n * K);
    }
    kernels.pack_s8({p.N, K, rows.data(), K, reinterpret_cast<std::int8_t*>(packed.data())});
  }
};

absl::StatusOr<Layer> MakeS8(const Graph& graph, const Op& op, const Problem& p,
                             const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& w = graph.tensors[op.inputs[1]];
  const Tensor& y = graph.tensors[op.output];
  if (HasResidual(graph, op)) return absl::UnimplementedError("a residual in s8");
  if (op.gelu && !(op.before_gelu.scale > 0)) {
    return absl::InvalidArgumentError("sums before GELU have no scale");
  }
  absl::StatusOr<S8Scaling> scaling = ScalingOf(graph, op, p.N, p.K, p.K, 1);
  if (!scaling.ok()) return scaling.status();
  // gemm_s8s8s8 does it at once, where no factor is a fourth or more, which is rare.
  const bool sparse = SparsePays(w, UsualRows(graph, p));
  const bool fused = !sparse && std::all_of(scaling->factors.begin(), scaling->factors.end(),
                                            [](FixedPoint f) { return IsSmall(f); });
  const Im2colPlan plan(p, 1, fused ? kAllRows : kRowsOfSums);
  std::shared_ptr<const SparseWeights> sparse_weights;
  if (sparse) sparse_weights = std::make_shared<const SparseWeights>(w, kernels);
  // Dot products take 4 at a time. Whatever else a row that is laid out anew ends with meets a
  // zero.
  const std::size_t K = p.contiguous || sparse ? p.K : std::min(AlignUp(p.K, 4), plan.lda);
  const auto weights = std::make_shared<const WeightsS8>(p, w, K, *std::move(scaling), kernels);
  const S8Range range = op.gelu ? S8Range{-128, 127} : RangeOf(op.clamp, y);
  const std::int32_t zero_point = op.gelu ? op.before_gelu.zero_point : y.zero_point;
  using Table = std::array<std::int8_t, 256>;
  std::shared_ptr<const Table> gelu;
  if (op.gelu) gelu = std::make_shared<const Table>(GeluTable(op.before_gelu, ScaleOf(y)));
  Layer layer = {.kind = op.kind};
  layer.weight_bytes = (sparse ? sparse_weights->bytes() : kernels.packed_s8_size(p.N, K)) +
                       p.N * (sizeof(FixedPoint) + sizeof(std::int32_t)) +
                       (gelu == nullptr ? 0 : sizeof(*gelu));
  const std::size_t sums_bytes =
      fused ? 0 : AlignUp(plan.block_rows * p.N * sizeof(std::int32_t), 64);
  layer.scratch_bytes = sums_bytes + plan.bytes();
  const auto fused_block = [=, &kernels](const std::int8_t* a, std::size_t count,
                                         std::int8_t* out) {
    kernels.gemm_s8s8s8({.M = count,
                         .N = p.N,
                         .K = K,
                         .a = a,
                         .lda = plan.lda,
                         .a_zero_point = 0,  // in the biases
                         .packed_b = reinterpret_cast<const std::int8_t*>(weights->packed.data()),
                         .bias = weights->scaling.bias.data(),
                         .multipliers = weights->scaling.factors.data(),
                         .c_zero_point = zero_point,
                         .c_min = range.min,
                         .c_max = range.max,
                         .c = out,
                         .ldc = p.N});
  };
  const auto block_by_sums = [=, &kernels](const std::int8_t* a, std::size_t count,
                                           std::int32_t* sums, std::int8_t* out) {
    if (sparse) {
      sparse_weights->Multiply(count, a, plan.lda, sums);
    } else {
      kernels.gemm_s8s8s32(
          {.M = count,
           .N = p.N,
           .K = K,
           .a = a,
           .lda = plan.lda,
           .packed_b = reinterpret_cast<const std::int8_t*>(weights->packed.data()),
           .c = sums,
           .ldc = p.N});
    }
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
                           .y = out,
                           .ldy = p.N});
  };
  layer.run = [=, zero = static_cast<std::int8_t>(x.zero_point)](const LayerIo& io) {
    ForEachBlock(p, p.RowsNow(io), plan, io.in<std::int8_t>(), zero, io.scratch + sums_bytes,
                 [&](const std::int8_t* a, std::size_t m, std::size_t count) {
                   auto* const out = io.out<std::int8_t>() + m * p.N;
                   if (fused) {
                     fused_block(a, count, out);
                   } else {
                     block_by_sums(a, count, reinterpret_cast<std::int32_t*>(io.scratch), out);
                   }
                   if (gelu == nullptr) return;
                   for (std::size_t i = 0; i < count * p.N; ++i) {
                     out[i] = (*gelu)[static_cast<std::uint8_t>(out[i])];
                   }
                 });
  };
  return layer;
}

}  // namespace

absl::StatusOr<Layer> MakeMatmulLayer(const Graph& graph, const Op& op,
                                      const KernelTable& kernels) {
  const absl::StatusOr<Problem> p = ProblemOf(graph, op);
  if (!p.ok()) return p.status();
  absl::StatusOr<Layer> layer;
  if (graph.tensors[op.output].type == DataType::kF32) {
    const Tensor* const bias = BiasOf(graph, op);
    if (graph.tensors[op.inputs[1]].type != DataType::kF32 ||
        (bias != nullptr && bias->type != DataType::kF32)) {
      return absl::InvalidArgumentError("weights or biases are not f32");
    }
    const bool sparse = SparsePays(graph.tensors[op.inputs[1]], UsualRows(graph, *p));
    layer = sparse ? MakeSparseF32(graph, op, *p, kernels) : MakeF32(graph, op, *p, kernels);
  } else {
    layer = MakeS8(graph, op, *p, kernels);
  }
  if (layer.ok()) layer->macs = double(p->M) * double(p->N) * double(p->K);
  return layer;
}

}  // namespace podium::models
