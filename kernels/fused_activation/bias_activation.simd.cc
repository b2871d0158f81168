#include "kernels/fused_activation/bias_activation.h"

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"

namespace podium::PODIUM_ISA {
namespace {

template <Activation activation>
void BiasActivationRows(const BiasActivationF32Args& args) {
  const ElementwiseF32 then = args.then;
  for (std::size_t m = 0; m < args.M; ++m) {
    const float* x = args.x + m * args.ldx;
    float* y = args.y + m * args.ldy;
    const float* factor = then.factor == nullptr ? nullptr : then.factor + m * then.ldf;
    const float* residual = then.residual == nullptr ? nullptr : then.residual + m * then.ldr;
    ForEachBatch(
        args.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          F32 value = lanes.Load(x + n);
          if (args.bias != nullptr) value = value + lanes.Load(args.bias + n);
          value = Activate<activation>(value);
          if (factor != nullptr) value = value * lanes.Load(factor + n);
          if (residual != nullptr) value = value + lanes.Load(residual + n);
          lanes.Store(y + n, value);
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
    case Activation::kSilu:
      return BiasActivationRows<Activation::kSilu>(args);
  }
}

void BiasF32(const BiasF32Args& args) {
  BiasActivationF32({.M = args.M,
                     .N = args.N,
                     .x = args.x,
                     .ldx = args.ldx,
                     .bias = args.bias,
                     .activation = Activation::kNone,
                     .y = args.y,
                     .ldy = args.ldy});
}

void ActivationF32(const ActivationF32Args& args) {
  BiasActivationF32({.M = args.M,
                     .N = args.N,
                     .x = args.x,
                     .ldx = args.ldx,
                     .bias = nullptr,
                     .activation = args.activation,
                     .y = args.y,
                     .ldy = args.ldy});
}

}  // namespace podium::PODIUM_ISA
