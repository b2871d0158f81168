// Small networks for the data of synthetic.h, trained by tools/train_models; their weights are part of the
// program. As a framework without fusion hands them over: ReLU is an operator of its own.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "bench/models/graph.h"

namespace podium::models {

// Three fully connected layers, 256-128-64-10, on digits.
Graph DigitsMlp();

// On digits: a convolution, a depthwise one with its pointwise one, a residual block of two
// convolutions, average pool, fully connected. 12 K parameters.
Graph DigitsCnn();

// An autoencoder on spectra of hum, 64-32-8-32-64: its error is the anomaly's score.
Graph HumAutoencoder();

// The names of those above, "digits_mlp", "digits_cnn" and "hum"; null for another.
using ArchitectureFn = Graph();
ArchitectureFn* FindArchitecture(const std::string& name);

// The constants of a graph, by name, from a safetensors file with arrays of the same shapes.
absl::Status LoadWeights(std::span<const std::byte> file, Graph& graph);

// The network with its trained weights. Aborts for an unknown name.
Graph TrainedNetwork(const std::string& name);

}  // namespace podium::models
