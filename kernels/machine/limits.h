// Loops that do nothing but what limits a kernel, so that any row can be read as a fraction of the
// machine: FP32 multiply-adds, INT8 dot products, and reads. They use the very instructions that
// the kernels of the same ISA use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

// Runs at least `operations` arithmetic operations (a multiply-add is two) on values that stay in
// registers, in enough independent chains to cover their latency. Returns how many it ran; `sink`
// receives a value that depends on all of them.
using PeakF32Fn = std::size_t(std::size_t operations, float* sink);
using PeakU8S8Fn = std::size_t(std::size_t operations, std::int32_t* sink);

// Reads `count` floats in order, `passes` times over, and returns the bitwise exclusive or of all that
// was read.
using ReadF32Fn = std::uint32_t(const float* data, std::size_t count, std::size_t passes);

}  // namespace podium
