#include "bench/models/zoo.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/models/embedded_weights.h"
#include "bench/models/safetensors.h"
#include "bench/models/synthetic.h"

namespace podium::models {
namespace {

// Appends operators to a graph one behind the other.
class Chain {
 public:
  explicit Chain(std::vector<std::size_t> input) {
    graph_.tensors.push_back({.name = "input", .type = DataType::kF32, .shape = std::move(input)});
    at_ = graph_.input = 0;
  }

  std::size_t at() const { return at_; }
  void GoTo(std::size_t tensor) { at_ = tensor; }

  Chain& FullyConnected(const std::string& name, std::size_t N) {
    const std::size_t K = Shape().back();
    return Weighted(name, {.kind = OpKind::kFullyConnected}, {N, K}, N, {Shape()[0], N});
  }
  Chain& Conv(const std::string& name, std::size_t N, std::size_t filter, std::size_t stride) {
    const std::vector<std::size_t> in = Shape();
    return Weighted(name, Window(OpKind::kConv2d, stride), {N, filter, filter, in[3]}, N,
                    {in[0], (in[1] + stride - 1) / stride, (in[2] + stride - 1) / stride, N});
  }
  Chain& Depthwise(const std::string& name, std::size_t filter, std::size_t stride) {
    const std::vector<std::size_t> in = Shape();
    return Weighted(name, Window(OpKind::kDepthwiseConv2d, stride), {1, filter, filter, in[3]},
                    in[3],
                    {in[0], (in[1] + stride - 1) / stride, (in[2] + stride - 1) / stride, in[3]});
  }
  Chain& Relu() { return Simple({.kind = OpKind::kRelu}, Shape()); }
  Chain& Softmax() { return Simple({.kind = OpKind::kSoftmax}, Shape()); }
  Chain& Flatten() { return Simple({.kind = OpKind::kReshape}, {Shape()[0], Tensor_().size()}); }
  Chain& GlobalAveragePool() {
    const std::vector<std::size_t> in = Shape();
    return Simple({.kind = OpKind::kAveragePool2d, .filter_h = in[1], .filter_w = in[2]},
                  {in[0], 1, 1, in[3]});
  }
  Chain& Add(std::size_t other) {
    return Append({.kind = OpKind::kAdd, .inputs = {at_, other}}, Shape());
  }
  Graph Finish() {
    graph_.output = at_;
    return std::move(graph_);
  }

 private:
  const Tensor& Tensor_() const { return graph_.tensors[at_]; }
  std::vector<std::size_t> Shape() const { return Tensor_().shape; }
  static Op Window(OpKind kind, std::size_t stride) {
    return {.kind = kind, .padding = Padding::kSame, .stride_h = stride, .stride_w = stride};
  }
  Chain& Weighted(const std::string& name, Op op, std::vector<std::size_t> weights, std::size_t N,
                  std::vector<std::size_t> output) {
    std::size_t size = 1;
    for (const std::size_t dim : weights) size *= dim;
    const std::vector<float> zeros(std::max(size, N));
    op.inputs = {at_};
    op.inputs.push_back(AddConstant<float>(graph_, name + ".weight", std::move(weights),
                                           std::span(zeros).first(size)));
    op.inputs.push_back(AddConstant<float>(graph_, name + ".bias", {N}, std::span(zeros).first(N)));
    return Append(std::move(op), std::move(output));
  }
  Chain& Simple(Op op, std::vector<std::size_t> output) {
    op.inputs = {at_};
    return Append(std::move(op), std::move(output));
  }
  Chain& Append(Op op, std::vector<std::size_t> output) {
    graph_.tensors.push_back(
        {.name = Name(op.kind), .type = DataType::kF32, .shape = std::move(output)});
    at_ = op.output = graph_.tensors.size() - 1;
    graph_.ops.push_back(std::move(op));
    return *this;
  }

  Graph graph_;
  std::size_t at_;
};

}  // namespace

Graph DigitsMlp() {
  Chain net({1, kDigitSide, kDigitSide, 1});
  net.Flatten();
  net.FullyConnected("fc1", 128).Relu().FullyConnected("fc2", 64).Relu();
  return net.FullyConnected("fc3", 10).Softmax().Finish();
}

Graph DigitsCnn() {
  Chain net({1, kDigitSide, kDigitSide, 1});
  net.Conv("conv1", 16, 3, 1).Relu();
  net.Depthwise("conv2.depthwise", 3, 2).Relu().Conv("conv2.pointwise", 24, 1, 1).Relu();
  const std::size_t block = net.at();
  net.Conv("conv3", 24, 3, 1).Relu().Conv("conv4", 24, 3, 1).Add(block).Relu();
  net.GlobalAveragePool().Flatten();
  return net.FullyConnected("fc", 10).Softmax().Finish();
}

Graph HumAutoencoder() {
  Chain net({1, kHumBands});
  net.FullyConnected("encoder1", 32).Relu().FullyConnected("encoder2", 8).Relu();
  net.FullyConnected("decoder1", 32).Relu();
  return net.FullyConnected("decoder2", kHumBands).Finish();
}

ArchitectureFn* FindArchitecture(const std::string& name) {
  if (name == "digits_mlp") return DigitsMlp;
  if (name == "digits_cnn") return DigitsCnn;
  if (name == "hum") return HumAutoencoder;
  return nullptr;
}

absl::Status LoadWeights(std::span<const std::byte> file, Graph& graph) {
  const absl::StatusOr<Safetensors> weights = ParseSafetensors(file);
  if (!weights.ok()) return weights.status();
  for (Tensor& t : graph.tensors) {
    if (!t.constant) continue;
    const auto found = weights->arrays.find(t.name);
    if (found == weights->arrays.end() || found->second.shape != t.shape) {
      return absl::InvalidArgumentError(
          absl::StrCat("no array \"", t.name, "\" of the network's shape"));
    }
    const auto bytes = std::as_bytes(std::span(found->second.values));
    t.data.assign(bytes.begin(), bytes.end());
  }
  return absl::OkStatus();
}

Graph TrainedNetwork(const std::string& name) {
  ArchitectureFn* const architecture = FindArchitecture(name);
  if (architecture == nullptr) std::abort();
  Graph graph = architecture();
  const absl::Status status = LoadWeights(EmbeddedWeights(name), graph);
  if (!status.ok()) {  // this build is broken: they are part of it
    std::fprintf(stderr, "weights of %s: %s\n", name.c_str(),
                 std::string(status.message()).c_str());
    std::abort();
  }
  return graph;
}

}  // namespace podium::models
