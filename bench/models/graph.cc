#include "bench/models/graph.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/models/sparse_weights.h"

namespace podium::models {
namespace {

// Larger sizes are no network of ours, and their products stay within 64 bits.
constexpr std::size_t kMaxElements = std::size_t{1} << 31;

absl::Status CheckTensor(const Tensor& t, std::size_t index) {
  if (t.shape.empty() && !t.constant) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor ", index, " \"", t.name, "\": has no dimensions"));
  }
  std::size_t size = 1;
  for (const std::size_t dim : t.shape) {
    if (dim == 0 || dim > kMaxElements) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", index, " \"", t.name, "\": a dimension of ", dim));
    }
    size *= dim;
    if (size > kMaxElements) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", index, " \"", t.name, "\": more than 2^31 elements"));
    }
  }
  if (t.constant && t.data.size() != t.bytes()) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", index, " \"", t.name,
                                                   "\": ", t.data.size(),
                                                   " bytes of data, its shape has ", t.bytes()));
  }
  return absl::OkStatus();
}

}  // namespace

std::size_t SizeOf(DataType type) { return type == DataType::kS8 ? 1 : 4; }

const char* Name(DataType type) {
  switch (type) {
    case DataType::kF32:
      return "f32";
    case DataType::kS8:
      return "s8";
    case DataType::kS32:
      return "s32";
  }
  return "?";
}

const char* Name(OpKind kind) {
  switch (kind) {
    case OpKind::kFullyConnected:
      return "fully_connected";
    case OpKind::kConv2d:
      return "conv2d";
    case OpKind::kDepthwiseConv2d:
      return "depthwise_conv2d";
    case OpKind::kAveragePool2d:
      return "average_pool2d";
    case OpKind::kMaxPool2d:
      return "max_pool2d";
    case OpKind::kAdd:
      return "add";
    case OpKind::kRelu:
      return "relu";
    case OpKind::kSoftmax:
      return "softmax";
    case OpKind::kReshape:
      return "reshape";
    case OpKind::kQuantize:
      return "quantize";
    case OpKind::kDequantize:
      return "dequantize";
    case OpKind::kGelu:
      return "gelu";
    case OpKind::kEmbedding:
      return "embedding";
    case OpKind::kLayerNorm:
      return "layer_norm";
    case OpKind::kRotate:
      return "rotate";
    case OpKind::kCausalAttention:
      return "causal_attention";
    case OpKind::kLastToken:
      return "last_token";
  }
  return "?";
}

std::size_t Tensor::size() const {
  std::size_t size = 1;
  for (const std::size_t dim : shape) size *= dim;
  return size;
}

std::size_t Graph::params() const {
  std::size_t sum = 0;
  for (const Tensor& t : tensors) sum += t.constant ? t.size() : 0;
  return sum;
}

std::size_t Graph::size_bytes() const {
  std::size_t sum = 0;
  for (const Tensor& t : tensors) {
    if (!t.constant) continue;
    sum += StoredBytes(t) + t.scales.size() * sizeof(float);
  }
  return sum;
}

absl::Status Check(const Graph& graph) {
  const std::size_t count = graph.tensors.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (const absl::Status status = CheckTensor(graph.tensors[i], i); !status.ok()) return status;
  }
  std::vector<bool> known(count);
  for (std::size_t i = 0; i < count; ++i) known[i] = graph.tensors[i].constant;
  if (graph.input >= count || known[graph.input]) {
    return absl::InvalidArgumentError("the network's input is no tensor to be set");
  }
  known[graph.input] = true;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    for (const std::size_t input : op.inputs) {
      if (input < count && known[input]) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("operator ", i, " (", Name(op.kind), "): its input, tensor ", input,
                       ", is neither a constant nor computed before"));
    }
    if (op.output >= count || known[op.output]) {
      return absl::InvalidArgumentError(absl::StrCat("operator ", i, " (", Name(op.kind),
                                                     "): its output, tensor ", op.output,
                                                     ", does not exist or has a value already"));
    }
    known[op.output] = true;
  }
  if (graph.output >= count || !known[graph.output] || graph.tensors[graph.output].constant) {
    return absl::InvalidArgumentError("the network's output is not computed");
  }
  return absl::OkStatus();
}

Graph WithBatch(Graph graph, std::size_t batch) {
  for (Tensor& t : graph.tensors) {
    if (!t.constant && !t.shape.empty()) t.shape[0] *= batch;
  }
  return graph;
}

Graph WithTokens(Graph graph, std::size_t tokens) {
  const std::size_t before = graph.tensors[graph.input].shape[0];
  for (Tensor& t : graph.tensors) {
    if (!t.constant && t.shape[0] == before) t.shape[0] = tokens;
  }
  return graph;
}

bool HasCache(const Graph& graph) {
  return std::ranges::any_of(graph.ops, [](const Op& op) { return op.cache.has_value(); });
}

bool HasResidual(const Graph& graph, const Op& op) {
  return op.kind == OpKind::kFullyConnected && op.inputs.size() > 2 &&
         !graph.tensors[op.inputs.back()].constant;
}

}  // namespace podium::models
