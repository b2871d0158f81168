// Attention of one query token over a KV cache in FP32, with grouped-query heads: the step that
// decoding repeats for every token and layer.
//
//   out[h] = sum over t of w[t] * V[g, t],   w = softmax over t of (scale * dot(q[h], K[g, t]))
//
// for query heads h = 0 .. n_heads - 1, KV head g = h / (n_heads / n_kv_heads), and t = 0 ..
// cache.length - 1. The query's own key and value are appended first; nothing is masked.
//
// q    f32  n_heads x head_dim, row-major, row stride ldq >= head_dim
// out  f32  n_heads x head_dim, row-major, row stride ldo >= head_dim   (overwritten)
//
// n_heads is a multiple of cache.n_kv_heads; head_dim >= 1. A cache of length 0 gives zeros.
// Strides are in elements; any alignment; out overlaps neither q nor the cache. Keys and values are
// read once for every 16 query heads of a KV head. Speed is best where head_dim is a multiple
// of 16.
//
// Extreme values: dot products, and cache.length times the largest |V|, must stay inside the range
// of float; scores may differ by any amount (weights below 2^-126 may become 0). A NaN, or an
// infinity that makes a score +inf, gives NaN in all of that head; an infinity or NaN in V gives
// infinities or NaN in its own column of the heads that read it, and nowhere else.
//
// Rounding: with u = 2^-24 and D = head_dim, a weight is off, relatively and to first order, by at
// most e = (D + 2) * u * |scale| * (max over t of sum |q * K|) + 12 * u * (max over t of |score|),
// from the score and from the exponentials on the way to the final maximum; results agree with the
// reference, which computes in FP64, within (2 e + (2 * cache.length + 32) * u) * sum over t of
// w[t] |V[g, t]|, from the weights and the two sums.
//
// Source: Vaswani et al., arXiv:1706.03762, equation 1; grouped heads: Ainslie et al.,
// arXiv:2305.13245; one pass with a running maximum: Milakov and Gimelshein, arXiv:1805.02867.
#pragma once

#include <cstddef>

#include "kernels/kv_attention/kv_cache.h"

namespace podium {

struct DecodeAttentionF32Args {
  std::size_t n_heads;
  const float* q;
  std::size_t ldq;
  KvCacheF32 cache;
  float scale;  // usually 1 / sqrt(head_dim)
  float* out;
  std::size_t ldo;
};
using DecodeAttentionF32Fn = void(const DecodeAttentionF32Args&);

// The same result in three passes over each query head's own row of scores, as a cache without a
// fused kernel is used: all scores, their softmax, the weighted values. The cache is read once per
// query head.
struct DecodeAttentionSeparateF32Args {
  DecodeAttentionF32Args attention;
  float* scores;  // scratch: cache.length floats, rounded up to a multiple of kScoreBlock
};
using DecodeAttentionSeparateF32Fn = void(const DecodeAttentionSeparateF32Args&);

inline constexpr std::size_t kScoreBlock = 16;

}  // namespace podium
