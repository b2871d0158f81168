#include "bench/models/runner.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "bench/models/memory_plan.h"

namespace podium::models {
namespace {

// Tensors that are the same bytes: a reshape's output is its input. The representative of each.
std::vector<std::size_t> SameBytes(const Graph& graph) {
  std::vector<std::size_t> root(graph.tensors.size());
  std::iota(root.begin(), root.end(), std::size_t{0});
  for (const Op& op : graph.ops) {
    if (op.kind == OpKind::kReshape && !graph.tensors[op.inputs[0]].constant) {
      root[op.output] = root[op.inputs[0]];
    }
  }
  return root;
}

}  // namespace

absl::StatusOr<Runner> Runner::Make(const Graph& graph, const KernelTable& kernels) {
  if (const absl::Status status = Check(graph); !status.ok()) return status;
  std::vector<Layer> layers;
  for (const Op& op : graph.ops) {
    absl::StatusOr<Layer> layer = MakeLayer(graph, op, kernels);
    if (!layer.ok()) return layer.status();
    layers.push_back(*std::move(layer));
  }

  const std::vector<std::size_t> root = SameBytes(graph);
  const std::size_t ops = graph.ops.size(), tensors = graph.tensors.size();
  // Of tensors first, then each layer's scratch. Nobody uses what was never touched.
  std::vector<Buffer> buffers(tensors + ops, Buffer{0, ops, 0});
  const auto use = [&](std::size_t tensor, std::size_t op) {
    if (graph.tensors[tensor].constant) return;
    Buffer& buffer = buffers[root[tensor]];
    buffer.bytes = graph.tensors[tensor].bytes();
    buffer.first = std::min(buffer.first, op);
    buffer.last = std::max(buffer.last, op);
  };
  use(graph.input, 0);
  for (std::size_t i = 0; i < ops; ++i) {
    for (const std::size_t input : graph.ops[i].inputs) use(input, i);
    use(graph.ops[i].output, i);
    buffers[tensors + i] = {layers[i].scratch_bytes, i, i};
  }
  use(graph.output, ops);
  const MemoryPlan plan = PlanMemory(buffers);

  Runner runner(plan.bytes);
  const auto place = [&](std::size_t tensor) {
    return Place{plan.offsets[root[tensor]], graph.tensors[tensor].bytes()};
  };
  runner.input_ = place(graph.input);
  runner.output_ = place(graph.output);
  runner.input_type_ = graph.tensors[graph.input].type;
  runner.output_type_ = graph.tensors[graph.output].type;
  for (std::size_t i = 0; i < ops; ++i) {
    const Op& op = graph.ops[i];
    const auto at = [&](std::size_t tensor) { return runner.arena_.data() + place(tensor).offset; };
    std::vector<const std::byte*> inputs;
    for (const std::size_t input : op.inputs) {
      if (!graph.tensors[input].constant) inputs.push_back(at(input));
    }
    inputs.resize(3);
    runner.io_.push_back({.x = inputs[0],
                          .x2 = inputs[1],
                          .x3 = inputs[2],
                          .y = at(op.output),
                          .scratch = runner.arena_.data() + plan.offsets[tensors + i]});
  }
  runner.layers_ = std::move(layers);
  return runner;
}

std::size_t Runner::weight_bytes() const {
  std::size_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.weight_bytes;
  return sum;
}

std::size_t Runner::cache_bytes() const {
  std::size_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.cache_bytes;
  return sum;
}

double Runner::macs() const {
  double sum = 0;
  for (const Layer& layer : layers_) sum += layer.macs;
  return sum;
}

}  // namespace podium::models
