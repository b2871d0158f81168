#include "kernels/fused_activation/rmsnorm.h"

#include <cmath>

#include "kernels/fused_activation/normalize_rows.h"
#include "kernels/simd/fma.h"

namespace podium::PODIUM_ISA {

void RmsnormF32(const RmsnormF32Args& args) {
  const auto add = [](F32 h, F32(&sum)[1]) __attribute__((always_inline)) {
    sum[0] = Fma(h, h, sum[0]);
  };
  const auto make = [&](const float*, const Sums<1>& squares) __attribute__((always_inline)) {
    return 1 / std::sqrt(squares.of[0] / static_cast<float>(args.N) + args.epsilon);
  };
  const auto normalize = [](const Operands& with, F32 h, std::size_t n, auto lanes, float scale)
      __attribute__((always_inline)) {
    return h * F32(scale) * lanes.Load(with.gamma + n);
  };
  NormalizeRows<1>(args, nullptr, add, make, normalize);
}

}  // namespace podium::PODIUM_ISA
