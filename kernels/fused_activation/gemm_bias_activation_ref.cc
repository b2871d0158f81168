#include "kernels/dense/gemm_f32.h"
#include "kernels/fused_activation/bias_activation.h"
#include "kernels/fused_activation/gemm_bias_activation.h"

namespace podium::reference {

GemmF32Fn GemmF32;
BiasActivationF32Fn BiasActivationF32;

void GemmBiasActivationF32(const GemmBiasActivationF32Args& args) {
  GemmF32({.M = args.M,
           .N = args.N,
           .K = args.K,
           .a = args.a,
           .lda = args.lda,
           .packed_b = args.packed_b,
           .c = args.c,
           .ldc = args.ldc});
  BiasActivationF32({.M = args.M,
                     .N = args.N,
                     .x = args.c,
                     .ldx = args.ldc,
                     .bias = args.bias,
                     .activation = args.activation,
                     .y = args.c,
                     .ldy = args.ldc,
                     .then = args.then});
}

}  // namespace podium::reference
