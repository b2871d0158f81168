#include <algorithm>
#include <cassert>
#include <cmath>

#include "kernels/int8_matmul/quantize_rows.h"

namespace podium::reference {

QuantizeU8Fn QuantizeU8;

void QuantizeRowsU8(const QuantizeRowsU8Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* row = args.x + m * args.ldx;
    args.params[m] = ChooseAffineParams(row, args.K);
    QuantizeU8({args.K, row, args.params[m], args.q + m * args.ldq});
  }
}

void QuantizeGroupsS8(const QuantizeGroupsS8Args& args) {
  float* scale = args.scales;
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* row = args.x + m * args.ldx;
    for (std::size_t k0 = 0; k0 < args.K; k0 += args.group_size, ++scale) {
      const std::size_t k1 = std::min(args.K, k0 + args.group_size);
      float largest = 0;
      for (std::size_t k = k0; k < k1; ++k) largest = std::max(largest, std::fabs(row[k]));
      assert(std::isfinite(largest));
      *scale = largest / 127 > 0 ? largest / 127 : 1;
      for (std::size_t k = k0; k < k1; ++k) {
        args.q[m * args.ldq + k] =
            static_cast<std::int8_t>(std::clamp(std::nearbyint(row[k] / *scale), -127.0f, 127.0f));
      }
    }
  }
}

}  // namespace podium::reference
