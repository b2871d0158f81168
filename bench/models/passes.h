// Techniques as rewrites of a graph. Each takes a network and gives another that computes the same but for
// what the technique costs; they compose in any order, and the order may matter.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/models/dataset.h"
#include "bench/models/evaluate.h"
#include "bench/models/graph.h"

namespace podium::models {

// ReLU into the operator before it, where that one computes for it alone and does not clamp yet. The same
// values, without a pass over memory.
Graph Fuse(Graph graph);

// Of the weights of fully connected layers and of convolutions over channels, the `sparsity` smallest in
// real magnitude become 0, layer by layer, without retraining (kernels/sparse_gemm/prune.h). Weights in f32
// are stored, and multiplied by, as `format` says; of s8, for which there is no sparse kernel, they stay
// dense.
Graph Prune(Graph graph, SparseFormat format, double sparsity);

// An f32 network in s8, quantized after training: activations per tensor, by the range that they take on
// the calibration inputs, weights per channel, symmetric (Krishnamoorthi, arXiv:1806.08342, sections 3.1
// and 3.2). The input takes the form in which the data are stored, `input`. Biases s32. Scores of a softmax
// are multiples of 1/256.
absl::StatusOr<Graph> Quantize(const Graph& graph, const Dataset& calibration, InputScale input);

// The passes in `variant`, joined by '+', in that order: "fuse", "quantize", "prune<p>" and "block<p>", which
// prune p percent of the weights, single ones to CSR and blocks of 4 x 1. "f32" is no pass.
absl::StatusOr<Graph> ApplyPasses(Graph graph, const std::string& variant,
                                  const Dataset& calibration, InputScale input);

// What the passes in `variant` are called in a submission, comma-separated: "pruning,quantization".
std::string TechniquesOf(const std::string& variant);

}  // namespace podium::models
