// Quantization of weights, per output channel and symmetric: real value = scale[n] * q.
//
//   scale[n] = max over k of |B[n, k]| / 127   (1 where the row is all zeros)
//   q[n, k]  = round(B[n, k] / scale[n]), to nearest even, in -127..127
//
// Weights are finite. Done once, ahead of time, so plain scalar code on every machine. Source: Krishnamoorthi,
// arXiv:1806.08342, section 2.2.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

struct QuantizeS8PerChannelArgs {
  std::size_t N, K;
  const float* b;
  std::size_t ldb;  // >= K
  std::int8_t* q;   // N x K, contiguous
  float* scales;    // N
};
void QuantizeS8PerChannel(const QuantizeS8PerChannelArgs& args);

}  // namespace podium
