#include <cstring>

#include "kernels/machine/limits.h"

namespace podium::reference {

std::size_t PeakF32(std::size_t operations, float* sink) {
  float sum = 0;
  for (std::size_t i = 0; i < (operations + 1) / 2; ++i) sum = sum * 0.5f + 1.0f;
  *sink = sum;
  return (operations + 1) / 2 * 2;
}

std::size_t PeakU8S8(std::size_t operations, std::int32_t* sink) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < (operations + 1) / 2; ++i)
    sum += static_cast<std::uint32_t>(i & 255) * 3;
  *sink = static_cast<std::int32_t>(sum);
  return (operations + 1) / 2 * 2;
}

std::uint32_t ReadF32(const float* data, std::size_t count, std::size_t passes) {
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < count * passes; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, data + i % count, sizeof(bits));
    all ^= bits;
  }
  return all;
}

}  // namespace podium::reference
