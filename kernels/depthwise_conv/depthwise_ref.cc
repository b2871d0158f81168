#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/depthwise_conv/depthwise.h"

namespace podium::reference {
namespace {

// f(pixel, p, q, inside) for each tap of output (i, j); `pixel` counts those of X.
template <class F>
void ForEachTap(const DepthwiseShape& s, std::size_t i, std::size_t j, const F& f) {
  for (std::size_t p = 0; p < s.KH; ++p) {
    for (std::size_t q = 0; q < s.KW; ++q) {
      const std::size_t row = i * s.stride_h + p, col = j * s.stride_w + q;
      const bool inside =
          row >= s.pad_top && row - s.pad_top < s.H && col >= s.pad_left && col - s.pad_left < s.W;
      f(inside ? (row - s.pad_top) * s.W + (col - s.pad_left) : 0, p * s.KW + q, inside);
    }
  }
}

}  // namespace

void DepthwiseF32(const DepthwiseF32Args& args) {
  const DepthwiseShape& s = args.shape;
  for (std::size_t i = 0; i < s.OH; ++i) {
    for (std::size_t j = 0; j < s.OW; ++j) {
      for (std::size_t c = 0; c < s.C; ++c) {
        double sum = args.bias[c];
        ForEachTap(s, i, j, [&](std::size_t pixel, std::size_t tap, bool inside) {
          if (inside) sum += double{args.x[pixel * s.C + c]} * args.w[tap * s.C + c];
        });
        args.y[(i * s.OW + j) * s.C + c] = static_cast<float>(ActivateF64(args.activation, sum));
      }
    }
  }
}

// Factors, then biases, then weights, as they came.
std::size_t PackedDepthwiseS8Size(std::size_t KH, std::size_t KW, std::size_t C) {
  return (sizeof(std::int32_t) + sizeof(FixedPoint) + KH * KW) * C;
}

void PackDepthwiseS8(const PackDepthwiseS8Args& args) {
  if (args.C == 0) return;
  std::byte* bias = args.packed + sizeof(FixedPoint) * args.C;
  std::memcpy(args.packed, args.factors, sizeof(FixedPoint) * args.C);
  std::memcpy(bias, args.bias, sizeof(std::int32_t) * args.C);
  std::memcpy(bias + sizeof(std::int32_t) * args.C, args.w, args.KH * args.KW * args.C);
}

void DepthwiseS8(const DepthwiseS8Args& args) {
  const DepthwiseShape& s = args.shape;
  const auto* factors = reinterpret_cast<const FixedPoint*>(args.packed);
  const auto* bias = reinterpret_cast<const std::int32_t*>(factors + s.C);
  const auto* w = reinterpret_cast<const std::int8_t*>(bias + s.C);
  for (std::size_t i = 0; i < s.OH; ++i) {
    for (std::size_t j = 0; j < s.OW; ++j) {
      for (std::size_t c = 0; c < s.C; ++c) {
        std::int32_t sum = bias[c];
        ForEachTap(s, i, j, [&](std::size_t pixel, std::size_t tap, bool inside) {
          sum += (inside ? args.x[pixel * s.C + c] : args.padding) * w[tap * s.C + c];
        });
        const std::int32_t q = MultiplyFixedPoint(sum, factors[c]) + args.zero_point;
        args.y[(i * s.OW + j) * s.C + c] =
            static_cast<std::int8_t>(std::clamp<std::int32_t>(q, args.y_min, args.y_max));
      }
    }
  }
}

}  // namespace podium::reference
