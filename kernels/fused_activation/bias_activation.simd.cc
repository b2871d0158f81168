#include "kernels/fused_activation/bias_activation.h"

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

template <Activation activation>
void BiasActivationRows(const BiasActivationF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    float* y = args.y + m * args.ldy;
    ForEachBatch(
        args.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          const F32 sum = lanes.Load(x + n) + lanes.Load(args.bias + n);
          lanes.Store(y + n, Activate<activation>(sum));
        });
  }
}

template <Activation activation>
void ActivationRows(const ActivationF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    float* y = args.y + m * args.ldy;
    ForEachBatch(
        args.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          lanes.Store(y + n, Activate<activation>(lanes.Load(x + n)));
        });
  }
}

}  // namespace

void BiasActivationF32(const BiasActivationF32Args& args) {
  switch (args.activation) {
    case Activation::kNone:
      return BiasActivationRows<Activation::kNone>(args);
    case Activation::kRelu:
      return BiasActivationRows<Activation::kRelu>(args);
    case Activation::kGeluTanh:
      return BiasActivationRows<Activation::kGeluTanh>(args);
    case Activation::kGeluErf:
      return BiasActivationRows<Activation::kGeluErf>(args);
  }
}

void BiasF32(const BiasF32Args& args) {
  BiasActivationRows<Activation::kNone>({.M = args.M,
                                         .N = args.N,
                                         .x = args.x,
                                         .ldx = args.ldx,
                                         .bias = args.bias,
                                         .activation = Activation::kNone,
                                         .y = args.y,
                                         .ldy = args.ldy});
}

void ActivationF32(const ActivationF32Args& args) {
  switch (args.activation) {
    case Activation::kNone:
      return ActivationRows<Activation::kNone>(args);
    case Activation::kRelu:
      return ActivationRows<Activation::kRelu>(args);
    case Activation::kGeluTanh:
      return ActivationRows<Activation::kGeluTanh>(args);
    case Activation::kGeluErf:
      return ActivationRows<Activation::kGeluErf>(args);
  }
}

}  // namespace podium::PODIUM_ISA
