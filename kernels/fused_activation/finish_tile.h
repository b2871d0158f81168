// The rest of an epilogue, tile by tile of a matrix multiplication's result, by
// bias_activation_f32.
//
// The sums of a tile wait in a buffer in L1, from where they come as fast as out of registers;
// constants are loaded once for the tile, and no code is copied into each of its heights. They do
// not wait in C, whose rows are often 4096 bytes apart: a load takes a store before it to the same
// place of another page for one to its own, and would wait for it.
#pragma once

#include "kernels/fused_activation/bias_activation.h"
#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {

BiasActivationF32Fn BiasActivationF32;

namespace {

// The base of a Store of gemm_tile.h that writes to To(m, n): to the buffer, or, where nothing is
// left to be done and there is none, to C.
struct TileFinisher {
  static constexpr std::size_t kBufferSize = 512;  // floats

  const float* bias;  // or null
  Activation activation;
  ElementwiseF32 then;
  float* c;
  std::size_t ldc;
  float* buffer;  // or null

  // Of the tile: its first row, channel and sum, and from one row of sums to the next.
  std::size_t m = 0, n = 0, count = 0;
  float* sums = nullptr;
  std::size_t ld = 0;

  void StartTile(std::size_t first_m, std::size_t first_n, std::size_t channels) {
    m = first_m;
    n = first_n;
    count = channels;
    sums = buffer == nullptr ? c + m * ldc + n : buffer;
    ld = buffer == nullptr ? ldc : (count + 15) / 16 * 16;
  }
  float* To(std::size_t row, std::size_t channel) const {
    return sums + (row - m) * ld + (channel - n);
  }
  void FinishTile(std::size_t rows) const {
    if (buffer == nullptr) return;
    ElementwiseF32 here = then;
    if (then.factor != nullptr) here.factor += m * then.ldf + n;
    if (then.residual != nullptr) here.residual += m * then.ldr + n;
    BiasActivationF32({.M = rows,
                       .N = count,
                       .x = sums,
                       .ldx = ld,
                       .bias = bias == nullptr ? nullptr : bias + n,
                       .activation = activation,
                       .y = c + m * ldc + n,
                       .ldy = ldc,
                       .then = here});
  }
};

// Floats that the largest tile may need, in rows of a multiple of 16: kRows rows of a panel,
// kWideRows of two, or 8 batches with fewer rows (kStreams).
template <class Mac>
constexpr std::size_t kTileSize = [] {
  constexpr std::size_t kPanelSize = Mac::kVecs * Mac::Acc::size;
  constexpr std::size_t kOne = Mac::kRows * ((kPanelSize + 15) / 16 * 16) + 8 * Mac::Acc::size;
  constexpr std::size_t kTwo = Mac::kWideRows * ((2 * kPanelSize + 15) / 16 * 16);
  return kOne < kTwo ? kTwo : kOne;
}();

}  // namespace
}  // namespace podium::PODIUM_ISA
