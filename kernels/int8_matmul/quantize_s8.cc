#include "kernels/int8_matmul/quantize_s8.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace podium {

void QuantizeS8PerChannel(const QuantizeS8PerChannelArgs& args) {
  for (std::size_t n = 0; n < args.N; ++n) {
    const float* row = args.b + n * args.ldb;
    float largest = 0;
    for (std::size_t k = 0; k < args.K; ++k) largest = std::max(largest, std::fabs(row[k]));
    assert(std::isfinite(largest));
    // A row of denormals would give a scale of 0.
    const float scale = largest / 127 > 0 ? largest / 127 : 1;
    args.scales[n] = scale;
    for (std::size_t k = 0; k < args.K; ++k) {
      args.q[n * args.K + k] =
          static_cast<std::int8_t>(std::clamp(std::nearbyint(row[k] / scale), -127.0f, 127.0f));
    }
  }
}

}  // namespace podium
