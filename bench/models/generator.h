// Generates token by token with a network that takes tokens and scores what may follow the last of
// them. With a cache (pass "kv_cache") each run takes the tokens that are new; without one, all of
// the context again.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/models/graph.h"
#include "bench/models/runner.h"

namespace podium::models {

class Generator {
 public:
  // As long a context as the graph takes tokens. After this nothing is allocated.
  static absl::StatusOr<Generator> Make(const Graph& graph, const KernelTable& kernels);

  void Reset() { Truncate(0); }                      // forgets the context
  void Truncate(std::size_t length);                 // forgets all tokens from there on
  void Append(std::span<const std::size_t> tokens);  // to the context, which has room for them
  std::size_t length() const { return context_.size(); }

  // The likeliest next token, the first of several.
  std::size_t Next();

  // Hands the runner the tokens that it has not seen, as Next does before it runs it: for timing
  // layers alone.
  Runner& Prepare();
  Runner& runner() { return runner_; }

 private:
  Generator(Runner runner, bool cached, std::size_t room)
      : runner_(std::move(runner)), cached_(cached) {
    context_.reserve(room);
  }

  Runner runner_;
  bool cached_;
  std::vector<std::size_t> context_;
  std::size_t computed_ = 0;  // tokens of the context that are in the caches
};

}  // namespace podium::models
