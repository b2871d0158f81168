#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "kernels/int8_matmul/gemm_s4.h"

namespace podium {
namespace {

// The smallest bfloat16 that is not below x; x >= 0 and finite.
float RoundUpToBfloat16(float x) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + 0xFFFF) & 0xFFFF0000);
}

}  // namespace

void QuantizeS4(const QuantizeS4Args& args) {
  float* scale = args.scales;
  for (std::size_t n = 0; n < args.N; ++n) {
    const float* row = args.b + n * args.ldb;
    for (std::size_t k0 = 0; k0 < args.K; k0 += args.group_size, ++scale) {
      const std::size_t k1 = std::min(args.K, k0 + args.group_size);
      float largest = 0;
      for (std::size_t k = k0; k < k1; ++k) largest = std::max(largest, std::fabs(row[k]));
      assert(std::isfinite(largest));
      *scale = largest > 0 ? RoundUpToBfloat16(largest / 7) : 1;
      for (std::size_t k = k0; k < k1; ++k) {
        args.q[n * args.K + k] = static_cast<std::int8_t>(std::nearbyint(row[k] / *scale));
      }
    }
  }
}

}  // namespace podium
