// Techniques as rewrites of a graph. Each takes a network and gives another that computes the same
// but for what the technique costs; they compose in any order, and the order may matter.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/models/dataset.h"
#include "bench/models/evaluate.h"
#include "bench/models/graph.h"

namespace podium::models {

// ReLU into the operator before it, where that one computes for it alone and does not clamp yet;
// into fully connected layers also GELU, and in f32 an addition. The same values, without a pass
// over memory.
Graph Fuse(Graph graph);

// Which weights a layer loses (kernels/sparse_gemm/prune.h). kGlobal: the smallest of all layers
// together.
enum class PrunePattern : std::uint8_t {
  kMagnitude,
  kGlobal,
  kRandom,
  kRows,
  kColumns,
  kBlock4x1,
  kBlock1x4,
  kTwoOfFour,
  kOneOfFour
};

// Of the weights of fully connected layers and of convolutions over channels the share `sparsity`,
// by real magnitude, becomes 0, without retraining; with kTwoOfFour and kOneOfFour the share that
// their names say. They are then stored in the sparse format that suits, f32 or s8, where it takes
// fewer bytes. Weights that more than one operator reads, as an embedding's table is, stay as they
// are.
Graph Prune(Graph graph, PrunePattern pattern, double sparsity);

// An f32 network in s8, quantized after training: activations per tensor, by the range that they
// take on the calibration inputs, weights per channel, symmetric (Krishnamoorthi, arXiv:1806.08342,
// sections 3.1 and 3.2). The input takes the form in which the data are stored, `input`. Biases
// s32. Scores of a softmax are multiples of 1/256. An addition inside of a fully connected layer
// becomes an operator again. Tokens stay what they are. Keys and values that a cache keeps are then
// s8; InvalidArgument if it was given a type of its own, and for a network that is quantized
// already.
absl::StatusOr<Graph> Quantize(const Graph& graph, const Dataset& calibration, Scale input);

// The passes in `variant`, joined by '+', in that order: "fuse", "quantize", and for pruning p
// percent of the weights "prune<p>" (the smallest of each layer), "global<p>", "random<p>",
// "rows<p>", "columns<p>", "block<p>" (of 4 x 1), "quad<p>" (of 1 x 4), and "2of4", "1of4"; for
// networks on tokens "kv_cache", which lets attention keep keys and values from run to run
// (Runner::SetTokens), in f32 or, quantized, in s8, or instead of it "kv_cache_f16", "kv_cache_s8":
// those of an f32 network in that type. "f32" is no pass. InvalidArgument or Unimplemented, naming
// the pass, where one does not fit.
absl::StatusOr<Graph> ApplyPasses(Graph graph, const std::string& variant,
                                  const Dataset& calibration, Scale input);

// What the passes in `variant` are called in a submission, comma-separated: "pruning,quantization".
std::string TechniquesOf(const std::string& variant);

}  // namespace podium::models
