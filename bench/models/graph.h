// A network as data: tensors, and operators in the order in which they run. Loaders make graphs,
// passes rewrite them, Runner (runner.h) executes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kernels/kv_attention/kv_view.h"

namespace podium::models {

enum class DataType : std::uint8_t { kF32, kS8, kS32 };

std::size_t SizeOf(DataType type);
const char* Name(DataType type);  // "f32"

template <class T>
inline constexpr DataType kDataTypeOf = DataType::kF32;
template <>
inline constexpr DataType kDataTypeOf<std::int8_t> = DataType::kS8;
template <>
inline constexpr DataType kDataTypeOf<std::int32_t> = DataType::kS32;

// How the weights of a matrix multiplication are stored (kernels/sparse_gemm): all of them, or
// without those that are 0. kBlock1x4 is for s8, the others for f32.
enum class SparseFormat : std::uint8_t {
  kNone,
  kCsr,
  kBlock4x1,
  kTwoOfFour,
  kOneOfFour,
  kBlock1x4
};

// Real value = scale * (q - zero_point).
struct Scale {
  float scale = 1;
  std::int32_t zero_point = 0;
};

// Row-major, images as batch x height x width x channels, text as tokens x channels.
struct Tensor {
  std::string name;
  DataType type = DataType::kF32;
  std::vector<std::size_t> shape = {};
  std::vector<float> scales = {};  // of s8 and s32: one, or one per channel; otherwise empty
  std::int32_t zero_point = 0;
  bool constant = false;
  SparseFormat sparse = SparseFormat::kNone;  // `data` are dense nevertheless
  std::vector<std::byte> data = {};           // of a constant

  std::size_t size() const;  // elements
  std::size_t bytes() const { return size() * SizeOf(type); }
  template <class T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

// Operators and their inputs. Weights and biases are constants; weights of s8 have zero point 0.
// The integer forms, all inputs and the output s8, biases s32, compute what TensorFlow Lite's
// reference does, with one rounding (kernels/int8_matmul/fixed_point.h). GELU, normalization,
// rotation and attention compute real numbers between s8 ends, as networks in INT8 usually do (by
// integers alone: I-BERT, Kim et al., arXiv:2101.01321), with operations that are the same bits on
// every ISA.
enum class OpKind : std::uint8_t {
  kFullyConnected,   // x, weights N x K, perhaps bias N, perhaps in f32 what is added last
  kConv2d,           // x, weights N x KH x KW x C, bias N
  kDepthwiseConv2d,  // x, weights 1 x KH x KW x C, bias C
  kAveragePool2d,    // x
  kMaxPool2d,        // x
  kAdd,              // a, b, of one shape
  kRelu,             // x
  kSoftmax,          // x; over the last dimension
  kReshape,          // x
  kQuantize,         // x f32, to s8
  kDequantize,       // x s8, to f32
  kGelu,             // x; kGeluTanh of kernels/fused_activation/activation.h
  kEmbedding,        // tokens s32, table: a row for each; of s8 a scale for each row
  kLayerNorm,        // x, gain and bias, f32 in either form
  kRotate,           // x, heads side by side; RoPE of kernels/kv_attention/store_kv.h
  kCausalAttention,  // q, k, v, heads side by side; of each token to itself and those before
  kLastToken,        // x; its last row
};
const char* Name(OpKind kind);  // "conv2d"

enum class Clamp : std::uint8_t { kNone, kRelu, kRelu6 };
enum class Padding : std::uint8_t { kSame, kValid };

struct Op {
  OpKind kind;
  std::vector<std::size_t> inputs = {};  // tensors, by index
  std::size_t output = 0;
  Clamp clamp = Clamp::kNone;
  Padding padding = Padding::kValid;
  std::size_t stride_h = 1, stride_w = 1;
  std::size_t filter_h = 0, filter_w = 0;  // of pools
  bool gelu = false;                 // of a fully connected layer: GELU before anything is added,
  Scale before_gelu = {};            // which in s8 looks up its sums rounded to these steps
  float epsilon = 0;                 // of a normalization
  std::size_t heads = 0;             // of rotation and attention
  double rope_base = 0;              // of rotation
  std::vector<float> slopes = {};    // of attention: ALiBi, of each head
  std::optional<KvType> cache = {};  // of attention: keeps keys and values from run to run
};

struct Graph {
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::size_t input = 0, output = 0;

  std::size_t params() const;      // elements of all constants
  std::size_t size_bytes() const;  // of all constants as stored, with their scales
};

// Whether a graph makes sense as a whole: indices exist, constants have the bytes of their shapes,
// each tensor is computed once and before it is used. Whether an operator's own shapes and types
// fit is for MakeLayer (layers.h) to say.
absl::Status Check(const Graph& graph);

// The same network on `batch` inputs at once: all that is computed has so many times the rows.
Graph WithBatch(Graph graph, std::size_t batch);

// The same network for up to `tokens` tokens, where it now takes another number, more than one.
Graph WithTokens(Graph graph, std::size_t tokens);

// Whether its attention remembers the tokens of earlier runs.
bool HasCache(const Graph& graph);

// Whether a fully connected layer adds its last input, which then is no constant, to its result.
bool HasResidual(const Graph& graph, const Op& op);

// Other values for a constant, perhaps of another type.
template <class T>
void SetValues(Tensor& t, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  t.type = kDataTypeOf<T>;
  t.data.assign(bytes.begin(), bytes.end());
}

// Appends a constant. Returns its index.
template <class T>
std::size_t AddConstant(Graph& graph, std::string name, std::vector<std::size_t> shape,
                        std::span<const T> values, std::vector<float> scales = {}) {
  const auto bytes = std::as_bytes(values);
  graph.tensors.push_back({.name = std::move(name),
                           .type = kDataTypeOf<T>,
                           .shape = std::move(shape),
                           .scales = std::move(scales),
                           .constant = true,
                           .data = {bytes.begin(), bytes.end()}});
  return graph.tensors.size() - 1;
}

}  // namespace podium::models
