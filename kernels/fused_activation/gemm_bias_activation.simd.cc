#include "kernels/fused_activation/gemm_bias_activation.h"

#include "kernels/dense/mac_f32.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

struct StoreBiasActivation {
  const float* bias;
  Activation activation;
  float* c;
  std::size_t ldc;

  auto Channels(std::size_t n, std::size_t count) const {
    return [ to = *this, b = LoadLanes<F32>(bias + n, count), n, count ](F32 acc, std::size_t m)
        __attribute__((always_inline)) {
      StoreLanes(to.c + m * to.ldc + n, ActivateBatch(acc + b, to.activation), count);
    };
  }
};

}  // namespace

void GemmBiasActivationF32(const GemmBiasActivationF32Args& args) {
  GemmF32Into(args, StoreBiasActivation{args.bias, args.activation, args.c, args.ldc});
}

}  // namespace podium::PODIUM_ISA
