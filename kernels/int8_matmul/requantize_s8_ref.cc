#include <algorithm>

#include "kernels/int8_matmul/requantize_s8.h"

namespace podium::reference {

void RequantizeS8(const RequantizeS8Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      const std::int32_t sum = args.x[m * args.ldx + n] + (args.bias == nullptr ? 0 : args.bias[n]);
      const std::int32_t q =
          MultiplyFixedPoint(sum, args.factors[n * args.factors_stride]) + args.zero_point;
      args.y[m * args.ldy + n] =
          static_cast<std::int8_t>(std::clamp<std::int32_t>(q, args.y_min, args.y_max));
    }
  }
}

}  // namespace podium::reference
