#include "kernels/fused_activation/activation.h"

#include <cmath>
#include <numbers>

namespace podium {

double ActivateF64(Activation activation, double x) {
  // The GELUs are written without the difference 1 - tanh or 1 - erf, which cancels for x < 0.
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return x < 0 ? 0 : x;
    case Activation::kGeluTanh: {
      if (x == -INFINITY) return 0;
      // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u))
      const double u = std::sqrt(2 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x);
      return x / (1 + std::exp(-2 * u));
    }
    case Activation::kGeluErf:
      if (x == -INFINITY) return 0;
      return x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
    case Activation::kSilu:
      if (x == -INFINITY) return 0;
      return x / (1 + std::exp(-x));
  }
  return NAN;
}

}  // namespace podium
