#include <cmath>

#include "kernels/fused_activation/elementary.h"

namespace podium::reference {

void ExpF32(std::size_t count, const float* x, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = static_cast<float>(std::exp(double{x[i]}));
}
void TanhF32(std::size_t count, const float* x, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = static_cast<float>(std::tanh(double{x[i]}));
}
void ErfF32(std::size_t count, const float* x, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = static_cast<float>(std::erf(double{x[i]}));
}

}  // namespace podium::reference
