// The keys and values of the tokens seen so far, for one attention layer, in FP32.
//
// A view: it owns nothing. Head h of token t holds head_dim floats at
//
//   k + h * head_stride + t * token_stride   (and v likewise)
//
// Decoding reads all tokens of one head after another, so the layout to build is head-major,
// [n_kv_heads][capacity][head_dim]. Any strides of at least head_dim whose rows do not overlap are
// valid: the token-major output of a projection can be attended to in place. Strides are in
// elements; any alignment.
#pragma once

#include <cstddef>

namespace podium {

struct KvCacheF32 {
  float* k;
  float* v;
  std::size_t n_kv_heads, head_dim;
  std::size_t capacity;  // tokens there is room for
  std::size_t length;    // tokens stored, <= capacity
  std::size_t head_stride, token_stride;
};

// An empty head-major cache over two arrays of n_kv_heads * capacity * head_dim floats each.
KvCacheF32 HeadMajorKvCache(float* k, float* v, std::size_t n_kv_heads, std::size_t head_dim,
                            std::size_t capacity);

// Keys and values of `count` tokens as the projections leave them: row-major, one row of
// n_kv_heads * head_dim floats per token, row stride ld in elements. Must not overlap the cache.
struct KvRowsF32 {
  std::size_t count;
  const float* k;
  const float* v;
  std::size_t ld;  // >= n_kv_heads * head_dim
};

// Copies the rows behind the tokens stored. Where they do not all fit, returns false and changes
// nothing. To drop the latest tokens (a rejected draft), lower cache.length.
[[nodiscard]] bool AppendKv(KvCacheF32& cache, const KvRowsF32& rows);

}  // namespace podium
