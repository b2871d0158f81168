#include <cmath>

#include "kernels/fused_activation/layernorm.h"

namespace podium::reference {

void LayernormF32(const LayernormF32Args& args) {
  const double N = static_cast<double>(args.N);
  const AddedF32& added = args.added;
  for (std::size_t m = 0; m < args.M; ++m) {
    // h waits where y will be.
    float* y = args.y + m * args.ldy;
    double sum = 0;
    for (std::size_t n = 0; n < args.N; ++n) {
      float h = args.x[m * args.ldx + n];
      if (added.bias != nullptr) h += added.bias[n];
      if (added.residual != nullptr) h += added.residual[m * added.ldr + n];
      if (added.sum != nullptr) added.sum[m * added.lds + n] = h;
      y[n] = h;
      sum += h;
    }
    const double mean = sum / N;
    double squares = 0;
    for (std::size_t n = 0; n < args.N; ++n) squares += (y[n] - mean) * (y[n] - mean);
    const double scale = 1 / std::sqrt(squares / N + args.epsilon);
    for (std::size_t n = 0; n < args.N; ++n) {
      y[n] = static_cast<float>((y[n] - mean) * scale * args.gamma[n] + args.beta[n]);
    }
  }
}

void LayernormPassesF32(const LayernormPassesF32Args& args) { LayernormF32(args.problem); }

}  // namespace podium::reference
