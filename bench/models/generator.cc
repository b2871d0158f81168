#include "bench/models/generator.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace podium::models {
namespace {

template <class T>
std::size_t Largest(std::span<const T> scores) {
  return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

}  // namespace

absl::StatusOr<Generator> Generator::Make(const Graph& graph, const KernelTable& kernels) {
  absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
  if (!runner.ok()) return runner.status();
  if (runner->input_type() != DataType::kS32) {
    return absl::InvalidArgumentError("the network does not take tokens");
  }
  const std::size_t room = graph.tensors[graph.input].size();
  return Generator(*std::move(runner), HasCache(graph), room);
}

void Generator::Truncate(std::size_t length) {
  context_.resize(std::min(length, context_.size()));
  computed_ = std::min(computed_, context_.size());
}

void Generator::Append(std::span<const std::size_t> tokens) {
  assert(context_.size() + tokens.size() <= context_.capacity());
  context_.insert(context_.end(), tokens.begin(), tokens.end());
}

Runner& Generator::Prepare() {
  assert(!context_.empty());
  if (!cached_) computed_ = 0;
  // The last one again, if there is none that is new.
  const std::size_t begin = std::min(computed_, context_.size() - 1);
  const std::span<std::int32_t> input = runner_.input<std::int32_t>();
  for (std::size_t i = begin; i < context_.size(); ++i) {
    input[i - begin] = static_cast<std::int32_t>(context_[i]);
  }
  runner_.SetTokens(context_.size() - begin, begin);
  return runner_;
}

std::size_t Generator::Next() {
  Prepare().Run();
  computed_ = context_.size();
  return runner_.output_type() == DataType::kS8 ? Largest(runner_.output<std::int8_t>())
                                                : Largest(runner_.output<float>());
}

}  // namespace podium::models
