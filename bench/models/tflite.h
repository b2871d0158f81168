// Networks in TensorFlow Lite's format.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "bench/models/graph.h"

namespace podium::models {

// The network in the bytes of a .tflite file: one subgraph with one input and one output, of the
// operators of OpKind, in f32 or in s8. InvalidArgument for a broken file, Unimplemented for a network that
// needs more; the message says what. Whatever the bytes are, nothing outside them is read.
absl::StatusOr<Graph> ParseTflite(std::span<const std::byte> file);

// The same of the file at `path`; the message begins with the path. NotFound if it cannot be read.
absl::StatusOr<Graph> LoadTflite(const std::string& path);

}  // namespace podium::models
