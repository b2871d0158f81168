// Where the tensors of a network lie in one block of memory: two may share bytes if they are never alive
// together. Greedy by size, the strategy that comes closest to the lower bound in Pisarchyk and Lee,
// arXiv:2001.03288, section 4.2.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace podium::models {

// Of the operators first, ..., last it must outlive.
struct Buffer {
  std::size_t bytes;
  std::size_t first, last;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  // of each buffer, in bytes; multiples of 64
  std::size_t bytes = 0;             // of the block
};

MemoryPlan PlanMemory(std::span<const Buffer> buffers);

}  // namespace podium::models
