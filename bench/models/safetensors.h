// Named arrays of f32 in the safetensors format: 8 bytes with the length of a JSON header, the header, the
// data. https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace podium::models {

struct NamedArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

struct Safetensors {
  std::map<std::string, NamedArray> arrays;
  std::map<std::string, std::string> metadata;
};

// InvalidArgument for a broken file, Unimplemented for arrays of another type than F32. Names and metadata
// without escapes but \" and \\.
absl::StatusOr<Safetensors> ParseSafetensors(std::span<const std::byte> file);

std::string WriteSafetensors(const Safetensors& tensors);

}  // namespace podium::models
