// Writes the keys and values of new tokens into a cache: rotated by their position (RoPE), rounded to
// the cache's type.
//
//   K'[t, g, i]           = K[t, g, i] * cos(a) - K[t, g, i + D/2] * sin(a)      i < D/2
//   K'[t, g, i + D/2]     = K[t, g, i + D/2] * cos(a) + K[t, g, i] * sin(a)      a = rope angle (p, i)
//
// for D = head_dim and the position p = cache.length + t of token t = 0 .. count - 1; values are not
// rotated, nor are keys without `rope`. Pairs are D/2 apart, as in GPT-NeoX and in Llama's published
// weights on Hugging Face; for a model with pairs next to each other, permute the rows of its
// projections ahead of time.
//
// k, v   f32  count x (n_kv_heads * head_dim), row-major, row stride ld
//
// The tokens' blocks must be there; the cache's own length is the caller's to raise. kS8: scale = max
// |x| / 127 of each row (1 where that is 0), q = round(x / scale), to nearest even. Rows must not
// overlap the cache. Every ISA gives bit-identical results (of a NaN, some NaN); kS8 wants finite rows.
//
// Source: Su et al., arXiv:2104.09864, equation 34.
#pragma once

#include <cstddef>

#include "kernels/kv_attention/kv_view.h"

namespace podium {

// Keys and values of `count` tokens as the projections leave them.
struct KvRows {
  std::size_t count = 0;
  const float* k = nullptr;
  const float* v = nullptr;
  std::size_t ld = 0;  // >= n_kv_heads * head_dim
};

struct StoreKvArgs {
  KvView cache;
  KvRows rows;
  // Row p holds, of position p, head_dim / 2 cosines, then as many sines; or null.
  const float* rope = nullptr;
};
using StoreKvFn = void(const StoreKvArgs&);

// Rotates rows of queries in the same way: n_heads heads of `count` tokens, the first at position
// `position`. x is count x (n_heads * head_dim), row stride ld, overwritten.
struct RotateArgs {
  std::size_t count, n_heads, head_dim, position;
  float* x;
  std::size_t ld;
  const float* rope;
};
using RotateFn = void(const RotateArgs&);

// table[p * head_dim + i] and table[p * head_dim + head_dim / 2 + i] = cos and sin of
// p * base^(-2 i / head_dim), each rounded once, for p < positions.
void FillRopeTable(std::size_t positions, std::size_t head_dim, double base, float* table);

}  // namespace podium
