#include "kernels/fused_activation/gemm_bias_activation.h"

#include "kernels/dense/mac_f32.h"
#include "kernels/fused_activation/finish_tile.h"

namespace podium::PODIUM_ISA {
namespace {

static_assert(kTileSize<MacF32> <= TileFinisher::kBufferSize);

struct StoreF32 : TileFinisher {
  auto Channels(std::size_t channel, std::size_t lanes) const {
    return [ to = To(m, channel), m = m, ld = ld, lanes ](F32 acc, std::size_t row)
        __attribute__((always_inline)) {
      StoreLanes(to + (row - m) * ld, acc, lanes);
    };
  }
};

}  // namespace

void GemmBiasActivationF32(const GemmBiasActivationF32Args& args) {
  alignas(64) float buffer[TileFinisher::kBufferSize];
  GemmF32Into(args, StoreF32{{.bias = args.bias,
                              .activation = args.activation,
                              .then = args.then,
                              .c = args.c,
                              .ldc = args.ldc,
                              .buffer = buffer}});
}

}  // namespace podium::PODIUM_ISA
