#include "bench/models/tflite.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/models/file.h"
#include "bench/models/flat.h"

namespace podium::models {
namespace {

// Numbers of fields, enumerators and versions: tensorflow/lite/schema/schema.fbs, schema version 3.
namespace field {
enum Model { kVersion = 0, kOperatorCodes = 1, kSubgraphs = 2, kBuffers = 4 };
enum OperatorCode { kOldBuiltinCode = 0, kBuiltinCode = 3 };
enum Subgraph { kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3 };
enum TensorField { kShape = 0, kType = 1, kBuffer = 2, kName = 3, kQuantization = 4 };
enum Quantization { kScale = 2, kZeroPoint = 3, kQuantizedDimension = 6 };
enum Operator { kOpcodeIndex = 0, kOpInputs = 1, kOpOutputs = 2, kOptions = 4 };
enum BufferField { kData = 0 };
enum ConvOptions { kPadding = 0, kStrideW = 1, kStrideH = 2, kConvClamp = 3 };
enum ConvDilation { kDilationW = 4, kDilationH = 5 };
enum DepthwiseOptions { kDepthMultiplier = 3, kDepthwiseClamp = 4 };
enum DepthwiseDilation { kDepthwiseDilationW = 5, kDepthwiseDilationH = 6 };
enum PoolOptions { kFilterW = 3, kFilterH = 4, kPoolClamp = 5 };
enum OtherOptions { kFullyConnectedClamp = 0, kWeightsFormat = 1, kAddClamp = 0, kBeta = 0 };
}  // namespace field

std::optional<OpKind> KindOf(std::int32_t builtin_code) {
  switch (builtin_code) {
    case 0:
      return OpKind::kAdd;
    case 1:
      return OpKind::kAveragePool2d;
    case 3:
      return OpKind::kConv2d;
    case 4:
      return OpKind::kDepthwiseConv2d;
    case 6:
      return OpKind::kDequantize;
    case 9:
      return OpKind::kFullyConnected;
    case 17:
      return OpKind::kMaxPool2d;
    case 19:
      return OpKind::kRelu;
    case 22:
      return OpKind::kReshape;
    case 25:
      return OpKind::kSoftmax;
    case 114:
      return OpKind::kQuantize;
    default:
      return std::nullopt;
  }
}

std::optional<DataType> TypeOf(std::int8_t type) {
  switch (type) {
    case 0:
      return DataType::kF32;
    case 2:
      return DataType::kS32;
    case 9:
      return DataType::kS8;
    default:
      return std::nullopt;
  }
}

absl::Status Unimplemented(std::size_t op, absl::string_view what) {
  return absl::UnimplementedError(absl::StrCat("operator ", op, ": ", what));
}

absl::StatusOr<Tensor> ReadTensor(const FlatTable& table, const FlatVector<FlatTable>& buffers) {
  Tensor t;
  t.name = table.Text(field::kName);
  const std::optional<DataType> type = TypeOf(table.Get<std::int8_t>(field::kType));
  if (!type) {
    return absl::UnimplementedError(absl::StrCat("tensor \"", t.name, "\": type ",
                                                 int{table.Get<std::int8_t>(field::kType)},
                                                 " is neither float32, int8 nor int32"));
  }
  t.type = *type;
  const auto shape = table.Vector<std::int32_t>(field::kShape);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] <= 0) {
      return absl::UnimplementedError(
          absl::StrCat("tensor \"", t.name, "\": a dimension of ", shape[i]));
    }
    t.shape.push_back(static_cast<std::size_t>(shape[i]));
  }
  const FlatTable quantization = table.Table(field::kQuantization);
  const auto scales = quantization.Vector<float>(field::kScale);
  const auto zero_points = quantization.Vector<std::int64_t>(field::kZeroPoint);
  for (std::size_t i = 0; i < scales.size(); ++i) t.scales.push_back(scales[i]);
  for (std::size_t i = 0; i < zero_points.size(); ++i) {
    const std::int64_t zero_point = zero_points[i];
    if (zero_point < -128 || zero_point > 127 || (i > 0 && zero_point != zero_points[0])) {
      return absl::UnimplementedError(
          absl::StrCat("tensor \"", t.name, "\": zero point ", zero_point));
    }
    t.zero_point = static_cast<std::int32_t>(zero_point);
  }
  const auto buffer = table.Get<std::uint32_t>(field::kBuffer);
  if (buffer >= buffers.size()) {
    return absl::InvalidArgumentError(absl::StrCat("tensor \"", t.name, "\": no buffer ", buffer));
  }
  const auto data = buffers[buffer].Vector<std::uint8_t>(field::kData).bytes();
  t.constant = !data.empty();
  t.data.assign(data.begin(), data.end());
  return t;
}

// Sets what the operator's options say.
absl::Status ReadOptions(const FlatTable& options, std::size_t index, Op& op) {
  // Dilation 1, the only one there is here.
  std::int32_t dilation_w = 1, dilation_h = 1;
  std::int8_t clamp = 0;
  const bool window = op.kind == OpKind::kConv2d || op.kind == OpKind::kDepthwiseConv2d ||
                      op.kind == OpKind::kAveragePool2d || op.kind == OpKind::kMaxPool2d;
  if (window) {
    op.padding = options.Get<std::int8_t>(field::kPadding) == 0 ? Padding::kSame : Padding::kValid;
    op.stride_w = static_cast<std::size_t>(options.Get<std::int32_t>(field::kStrideW));
    op.stride_h = static_cast<std::size_t>(options.Get<std::int32_t>(field::kStrideH));
  }
  switch (op.kind) {
    case OpKind::kConv2d:
      clamp = options.Get<std::int8_t>(field::kConvClamp);
      dilation_w = options.Get<std::int32_t>(field::kDilationW, 1);
      dilation_h = options.Get<std::int32_t>(field::kDilationH, 1);
      break;
    case OpKind::kDepthwiseConv2d:
      clamp = options.Get<std::int8_t>(field::kDepthwiseClamp);
      dilation_w = options.Get<std::int32_t>(field::kDepthwiseDilationW, 1);
      dilation_h = options.Get<std::int32_t>(field::kDepthwiseDilationH, 1);
      break;
    case OpKind::kAveragePool2d:
    case OpKind::kMaxPool2d:
      clamp = options.Get<std::int8_t>(field::kPoolClamp);
      op.filter_w = static_cast<std::size_t>(options.Get<std::int32_t>(field::kFilterW));
      op.filter_h = static_cast<std::size_t>(options.Get<std::int32_t>(field::kFilterH));
      break;
    case OpKind::kFullyConnected:
      clamp = options.Get<std::int8_t>(field::kFullyConnectedClamp);
      if (options.Get<std::int8_t>(field::kWeightsFormat) != 0) {
        return Unimplemented(index, "weights in a shuffled format");
      }
      break;
    case OpKind::kAdd:
      clamp = options.Get<std::int8_t>(field::kAddClamp);
      break;
    case OpKind::kSoftmax:
      if (options.Get<float>(field::kBeta) != 1) return Unimplemented(index, "beta is not 1");
      break;
    default:
      break;
  }
  if (dilation_w != 1 || dilation_h != 1) return Unimplemented(index, "a dilated filter");
  constexpr std::size_t kMost = 1 << 16;
  if (std::max({op.stride_w, op.stride_h, op.filter_w, op.filter_h}) > kMost) {
    return absl::InvalidArgumentError(
        absl::StrCat("operator ", index, ": a stride or filter size that cannot be"));
  }
  switch (clamp) {
    case 0:
      op.clamp = Clamp::kNone;
      return absl::OkStatus();
    case 1:
      op.clamp = Clamp::kRelu;
      return absl::OkStatus();
    case 3:
      op.clamp = Clamp::kRelu6;
      return absl::OkStatus();
    default:
      return Unimplemented(index, absl::StrCat("activation function ", int{clamp}));
  }
}

absl::StatusOr<Op> ReadOp(const FlatTable& table, const FlatVector<FlatTable>& codes,
                          std::size_t index) {
  const auto code_index = table.Get<std::uint32_t>(field::kOpcodeIndex);
  if (code_index >= codes.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("operator ", index, ": no operator code ", code_index));
  }
  // Newer files repeat codes below 127 in the older field, and only there.
  const FlatTable entry = codes[code_index];
  const std::int32_t code = std::max<std::int32_t>(entry.Get<std::int8_t>(field::kOldBuiltinCode),
                                                   entry.Get<std::int32_t>(field::kBuiltinCode));
  const std::optional<OpKind> kind = KindOf(code);
  if (!kind) return Unimplemented(index, absl::StrCat("builtin operator ", code));
  Op op = {.kind = *kind};
  const auto inputs = table.Vector<std::int32_t>(field::kOpInputs);
  const auto outputs = table.Vector<std::int32_t>(field::kOpOutputs);
  if (outputs.size() != 1) return Unimplemented(index, "not one output");
  op.output = static_cast<std::size_t>(outputs[0]);
  // The new shape of a reshape, its second input, is that of its output.
  const std::size_t count = op.kind == OpKind::kReshape ? 1 : inputs.size();
  for (std::size_t i = 0; i < count && i < inputs.size(); ++i) {
    if (inputs[i] < 0) return Unimplemented(index, "an input is left out");
    op.inputs.push_back(static_cast<std::size_t>(inputs[i]));
  }
  const absl::Status status = ReadOptions(table.Table(field::kOptions), index, op);
  if (!status.ok()) return status;
  return op;
}

// Weights stored as s8 of operators in f32 become f32. TensorFlow Lite runs such a "hybrid" operator in
// s8 as well, on activations that it quantizes on the way; here its activations stay exact.
absl::Status DequantizeWeights(Graph& graph) {
  for (const Op& op : graph.ops) {
    if (graph.tensors[op.output].type != DataType::kF32) continue;
    for (const std::size_t input : op.inputs) {
      Tensor& t = graph.tensors[input];
      if (!t.constant || t.type != DataType::kS8) continue;
      if (t.scales.size() != 1) {
        return absl::UnimplementedError(absl::StrCat(
            "tensor \"", t.name, "\": s8 with ", t.scales.size(), " scales in an f32 operator"));
      }
      std::vector<float> values;
      for (const std::int8_t q : t.values<std::int8_t>()) {
        values.push_back(t.scales[0] * static_cast<float>(q - t.zero_point));
      }
      const auto bytes = std::as_bytes(std::span(values));
      t.data.assign(bytes.begin(), bytes.end());
      t.type = DataType::kF32;
      t.scales.clear();
      t.zero_point = 0;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Graph> ReadGraph(FlatFile& file) {
  const FlatTable model = FlatTable::Root(&file);
  if (model.Get<std::uint32_t>(field::kVersion) != 3) {
    return absl::UnimplementedError(
        absl::StrCat("schema version ", model.Get<std::uint32_t>(field::kVersion), ", not 3"));
  }
  const auto codes = model.Vector<FlatTable>(field::kOperatorCodes);
  const auto buffers = model.Vector<FlatTable>(field::kBuffers);
  const auto subgraphs = model.Vector<FlatTable>(field::kSubgraphs);
  if (subgraphs.size() != 1) {
    return absl::UnimplementedError(absl::StrCat(subgraphs.size(), " subgraphs, not one"));
  }
  const FlatTable subgraph = subgraphs[0];
  const auto tensors = subgraph.Vector<FlatTable>(field::kTensors);
  const auto ops = subgraph.Vector<FlatTable>(field::kOperators);
  const auto inputs = subgraph.Vector<std::int32_t>(field::kInputs);
  const auto outputs = subgraph.Vector<std::int32_t>(field::kOutputs);
  if (inputs.size() != 1 || outputs.size() != 1) {
    return absl::UnimplementedError(
        absl::StrCat(inputs.size(), " inputs and ", outputs.size(), " outputs, not one of each"));
  }
  Graph graph;
  graph.input = static_cast<std::size_t>(inputs[0]);
  graph.output = static_cast<std::size_t>(outputs[0]);
  std::size_t constant_bytes = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    absl::StatusOr<Tensor> tensor = ReadTensor(tensors[i], buffers);
    if (!tensor.ok()) return tensor.status();
    constant_bytes += tensor->data.size();
    // Tensors may share a buffer, so a small file can describe more than any memory holds.
    if (constant_bytes > 4 * file.size()) {
      return absl::UnimplementedError("constants of more than four times the file's size");
    }
    graph.tensors.push_back(*std::move(tensor));
  }
  for (std::size_t i = 0; i < ops.size(); ++i) {
    absl::StatusOr<Op> op = ReadOp(ops[i], codes, i);
    if (!op.ok()) return op.status();
    graph.ops.push_back(*std::move(op));
  }
  return graph;
}

}  // namespace

absl::StatusOr<Graph> ParseTflite(std::span<const std::byte> bytes) {
  FlatFile file(bytes);
  constexpr std::uint32_t kTfl3 = 0x334C4654;  // "TFL3"
  if (file.Read<std::uint32_t>(4) != kTfl3) {
    return absl::InvalidArgumentError("no TensorFlow Lite file: its bytes 4 to 7 are not TFL3");
  }
  absl::StatusOr<Graph> graph = ReadGraph(file);
  if (file.broken()) {
    return absl::InvalidArgumentError(
        absl::StrCat("broken: refers to what lies beyond its ", bytes.size(), " bytes"));
  }
  if (!graph.ok()) return graph;
  if (absl::Status status = Check(*graph); !status.ok()) return status;
  if (absl::Status status = DequantizeWeights(*graph); !status.ok()) return status;
  // What only described the network: the new shapes of reshapes.
  std::vector<bool> used(graph->tensors.size());
  for (const Op& op : graph->ops) {
    for (const std::size_t input : op.inputs) used[input] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    Tensor& t = graph->tensors[i];
    if (t.constant && !used[i]) t = Tensor{.name = t.name, .shape = {1}};
  }
  return graph;
}

absl::StatusOr<Graph> LoadTflite(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<Graph> graph = ParseTflite(std::as_bytes(std::span(*bytes)));
  if (graph.ok()) return graph;
  return absl::Status(graph.status().code(), absl::StrCat(path, ": ", graph.status().message()));
}

}  // namespace podium::models
