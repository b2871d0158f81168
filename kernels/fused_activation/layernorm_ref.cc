#include <cmath>

#include "kernels/fused_activation/layernorm.h"

namespace podium::reference {

void LayernormF32(const LayernormF32Args& args) {
  const double N = static_cast<double>(args.N);
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    double sum = 0;
    for (std::size_t n = 0; n < args.N; ++n) sum += x[n];
    const double mean = sum / N;
    double squares = 0;
    for (std::size_t n = 0; n < args.N; ++n) squares += (x[n] - mean) * (x[n] - mean);
    const double scale = 1 / std::sqrt(squares / N + args.epsilon);
    for (std::size_t n = 0; n < args.N; ++n) {
      args.y[m * args.ldy + n] =
          static_cast<float>((x[n] - mean) * scale * args.gamma[n] + args.beta[n]);
    }
  }
}

void LayernormPassesF32(const LayernormPassesF32Args& args) { LayernormF32(args.problem); }

}  // namespace podium::reference
