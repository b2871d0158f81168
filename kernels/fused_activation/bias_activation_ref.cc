#include "kernels/fused_activation/bias_activation.h"

namespace podium::reference {

void BiasActivationF32(const BiasActivationF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      float sum = args.x[m * args.ldx + n];
      if (args.bias != nullptr) sum += args.bias[n];
      float y = static_cast<float>(ActivateF64(args.activation, sum));
      if (args.then.factor != nullptr) y *= args.then.factor[m * args.then.ldf + n];
      if (args.then.residual != nullptr) y += args.then.residual[m * args.then.ldr + n];
      args.y[m * args.ldy + n] = y;
    }
  }
}

void BiasF32(const BiasF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      args.y[m * args.ldy + n] = args.x[m * args.ldx + n] + args.bias[n];
    }
  }
}

void ActivationF32(const ActivationF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      const double x = args.x[m * args.ldx + n];
      args.y[m * args.ldy + n] = static_cast<float>(ActivateF64(args.activation, x));
    }
  }
}

}  // namespace podium::reference
