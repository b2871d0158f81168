#include "kernels/kv_attention/kv_cache.h"

#include <algorithm>
#include <cassert>

namespace podium {

KvCacheF32 HeadMajorKvCache(float* k, float* v, std::size_t n_kv_heads, std::size_t head_dim,
                            std::size_t capacity) {
  return {.k = k,
          .v = v,
          .n_kv_heads = n_kv_heads,
          .head_dim = head_dim,
          .capacity = capacity,
          .length = 0,
          .head_stride = capacity * head_dim,
          .token_stride = head_dim};
}

bool AppendKv(KvCacheF32& cache, const KvRowsF32& rows) {
  assert(cache.length <= cache.capacity);
  assert(rows.ld >= cache.n_kv_heads * cache.head_dim);
  if (rows.count > cache.capacity - cache.length) return false;
  for (std::size_t h = 0; h < cache.n_kv_heads; ++h) {
    for (std::size_t t = 0; t < rows.count; ++t) {
      const std::size_t from = t * rows.ld + h * cache.head_dim;
      const std::size_t to = h * cache.head_stride + (cache.length + t) * cache.token_stride;
      std::copy_n(rows.k + from, cache.head_dim, cache.k + to);
      std::copy_n(rows.v + from, cache.head_dim, cache.v + to);
    }
  }
  cache.length += rows.count;
  return true;
}

}  // namespace podium
