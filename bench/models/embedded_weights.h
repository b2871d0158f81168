// The files of weights/ as parts of the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace podium::models {

// The bytes of weights/<name>.safetensors; none for another name.
std::span<const std::byte> EmbeddedWeights(const std::string& name);

}  // namespace podium::models
