#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/fused_activation/softmax.h"

namespace podium::reference {

void SoftmaxF32(const SoftmaxF32Args& args) {
  constexpr double kMasked = -std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    const float* mask = args.mask == nullptr ? nullptr : args.mask + m * args.ldm;
    const std::size_t length = args.lengths == nullptr ? args.N : std::min(args.lengths[m], args.N);
    const auto z = [&](std::size_t n) {
      return double{args.scale} * x[n] + (mask == nullptr ? 0 : mask[n]);
    };
    double max = kMasked;
    for (std::size_t n = 0; n < length; ++n) max = std::max(max, z(n));
    if (max == kMasked) max = 0;
    double sum = 0;
    for (std::size_t n = 0; n < length; ++n) sum += std::exp(z(n) - max);
    for (std::size_t n = 0; n < args.N; ++n) {
      args.y[m * args.ldy + n] =
          static_cast<float>(n >= length || sum == 0 ? 0 : std::exp(z(n) - max) / sum);
    }
  }
}

void SoftmaxPassesF32(const SoftmaxPassesF32Args& args) { SoftmaxF32(args.problem); }

}  // namespace podium::reference
