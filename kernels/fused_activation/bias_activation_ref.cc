#include "kernels/fused_activation/bias_activation.h"

namespace podium::reference {

void BiasActivationF32(const BiasActivationF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      const float sum = args.x[m * args.ldx + n] + args.bias[n];
      args.y[m * args.ldy + n] = static_cast<float>(ActivateF64(args.activation, sum));
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
