#include <cmath>

#include "kernels/fused_activation/rmsnorm.h"

namespace podium::reference {

void RmsnormF32(const RmsnormF32Args& args) {
  const AddedF32& added = args.added;
  for (std::size_t m = 0; m < args.M; ++m) {
    // h waits where y will be.
    float* y = args.y + m * args.ldy;
    double squares = 0;
    for (std::size_t n = 0; n < args.N; ++n) {
      float h = args.x[m * args.ldx + n];
      if (added.bias != nullptr) h += added.bias[n];
      if (added.residual != nullptr) h += added.residual[m * added.ldr + n];
      if (added.sum != nullptr) added.sum[m * added.lds + n] = h;
      y[n] = h;
      squares += double{h} * h;
    }
    const double scale = 1 / std::sqrt(squares / static_cast<double>(args.N) + args.epsilon);
    for (std::size_t n = 0; n < args.N; ++n) {
      y[n] = static_cast<float>(y[n] * scale * args.gamma[n]);
    }
  }
}

}  // namespace podium::reference
