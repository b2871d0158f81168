// Quantization of activations, per tensor and asymmetric: real value = scale * (q - zero_point).
//
//   q[i] = clamp(round(x[i] / scale) + zero_point, 0, 255), round to nearest even
//
// The range always includes 0, so that 0 (padding, ReLU) is represented exactly. Source: Jacob et
// al., arXiv:1712.05877, section 2.1. Bit-identical on every ISA: x is divided, not multiplied by a
// reciprocal. Contiguous; any alignment; all x are finite.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

struct AffineParams {
  float scale;              // > 0
  std::int32_t zero_point;  // 0..255
};

// The parameters that map lo..hi, which includes 0, onto 0..255; {1, 0} if both are 0.
AffineParams AffineParamsOfRange(float lo, float hi);

// Those of [min(x, 0), max(x, 0)].
AffineParams ChooseAffineParams(const float* x, std::size_t count);

struct QuantizeU8Args {
  std::size_t count;
  const float* x;
  AffineParams params;
  std::uint8_t* q;
};
using QuantizeU8Fn = void(const QuantizeU8Args&);

}  // namespace podium
