// Quantization of activations as they come ("dynamic"), row by row: the range of each row is found
// first, then its values are rounded to it. The kernels of quantize_u8.h, with parameters fixed
// beforehand, save the first pass.
//
//   rows_u8:    per row, asymmetric:            x = params[m] * (q - zero point), q in 0..255
//   groups_s8:  per row and group, symmetric:   x = scales[m, g] * q, q in -127..127
//               scales[m, g] = max over k in g of |x[m, k]| / 127   (1 where all of them are 0)
//
// x  f32, M x K, row stride ldx >= K; finite.   q  M x K, row stride ldq >= K.
// A group is group_size values along K, the last one of a row perhaps fewer. Strides are in elements;
// any alignment. Bit-identical on every ISA; rounds to nearest even, dividing by the scale. Source of
// the groups: Dettmers et al., arXiv:2208.07339, section 3 (vector-wise), and the Q8_0 blocks of ggml.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/int8_matmul/quantize_u8.h"

namespace podium {

struct QuantizeRowsU8Args {
  std::size_t M, K;
  const float* x;
  std::size_t ldx;
  std::uint8_t* q;
  std::size_t ldq;
  AffineParams* params;  // M
};
using QuantizeRowsU8Fn = void(const QuantizeRowsU8Args&);

struct QuantizeGroupsS8Args {
  std::size_t M, K, group_size;
  const float* x;
  std::size_t ldx;
  std::int8_t* q;
  std::size_t ldq;
  float* scales;  // M x ceil(K / group_size)
};
using QuantizeGroupsS8Fn = void(const QuantizeGroupsS8Args&);

}  // namespace podium
