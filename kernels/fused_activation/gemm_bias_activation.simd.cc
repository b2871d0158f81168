#include "kernels/fused_activation/gemm_bias_activation.h"

#include "kernels/dense/mac_f32.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

// Called, not inlined: inlined, four functions times twenty sums times ten heights of the tile are
// 200 KB of code, and a call costs little beside the K steps of a sum.
[[gnu::noinline]] F32 ActivateBatch(F32 x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return Relu(x);
    case Activation::kGeluTanh:
      return GeluTanh(x);
    case Activation::kGeluErf:
      return GeluErf(x);
  }
  return x;
}

struct StoreBiasActivation {
  const float* bias;
  Activation activation;
  float* c;
  std::size_t ldc;

  void operator()(F32 acc, std::size_t m, std::size_t n, std::size_t count) const {
    const F32 x = acc + LoadLanes<F32>(bias + n, count);
    StoreLanes(c + m * ldc + n, ActivateBatch(x, activation), count);
  }
};

}  // namespace

void GemmBiasActivationF32(const GemmBiasActivationF32Args& args) {
  const GemmProblem<MacF32> problem = {.M = args.M,
                                       .N = args.N,
                                       .K = args.K,
                                       .a = args.a,
                                       .lda = args.lda,
                                       .packed_b = args.packed_b,
                                       .c = args.c,
                                       .ldc = args.ldc};
  Gemm(problem, StoreBiasActivation{args.bias, args.activation, args.c, args.ldc});
}

}  // namespace podium::PODIUM_ISA
