#include <cmath>
#include <limits>

#include "kernels/fused_activation/softmax.h"

namespace podium::reference {

void SoftmaxF32(const SoftmaxF32Args& args) {
  constexpr double kMasked = -std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    double max = kMasked;
    for (std::size_t n = 0; n < args.N; ++n) max = std::max(max, double{x[n]});
    if (max == kMasked) max = 0;
    double sum = 0;
    for (std::size_t n = 0; n < args.N; ++n) sum += std::exp(x[n] - max);
    for (std::size_t n = 0; n < args.N; ++n) {
      args.y[m * args.ldy + n] = static_cast<float>(sum == 0 ? 0 : std::exp(x[n] - max) / sum);
    }
  }
}

void SoftmaxPassesF32(const SoftmaxPassesF32Args& args) { SoftmaxF32(args.problem); }

}  // namespace podium::reference
