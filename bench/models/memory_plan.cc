#include "bench/models/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace podium::models {

MemoryPlan PlanMemory(std::span<const Buffer> buffers) {
  constexpr std::size_t kAlignment = 64;
  std::vector<std::size_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].bytes != buffers[b].bytes ? buffers[a].bytes > buffers[b].bytes : a < b;
  });
  MemoryPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t i : by_size) {
    const Buffer& buffer = buffers[i];
    const std::size_t bytes = (buffer.bytes + kAlignment - 1) / kAlignment * kAlignment;
    // The first gap that is wide enough between buffers alive at the same time.
    std::size_t offset = 0;
    for (const std::size_t other : placed) {
      const Buffer& o = buffers[other];
      if (o.last < buffer.first || buffer.last < o.first) continue;
      if (plan.offsets[other] >= offset + bytes) break;
      offset = std::max(offset,
                        plan.offsets[other] + (o.bytes + kAlignment - 1) / kAlignment * kAlignment);
    }
    plan.offsets[i] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](std::size_t a, std::size_t b) {
                                     return plan.offsets[a] < plan.offsets[b];
                                   }),
                  i);
  }
  return plan;
}

}  // namespace podium::models
