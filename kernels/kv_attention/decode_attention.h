// Attention of one query token over a KV cache, with grouped-query heads: the step that decoding
// repeats for every token and layer.
//
//   out[h] = sum over t of w[t] * V[g, t],   w = softmax over t of s[h, t]
//   s[h, t] = cap(scale * dot(q[h], K[g, t])) + alibi_slopes[h] * (t - (cache.length - 1))
//
// for query heads h = 0 .. n_heads - 1, KV head g = h / (n_heads / n_kv_heads), and t = begin .. end - 1;
// cap(x) = softcap * tanh(x / softcap) where softcap > 0. The query's own key and value are appended
// first; with a sliding window, begin = WindowBegin(cache.length, window).
//
// q    f32  n_heads x head_dim, row-major, row stride ldq >= head_dim
// out  f32  n_heads x head_dim, row-major, row stride ldo >= head_dim   (overwritten)
//
// n_heads is a multiple of cache.n_kv_heads; head_dim as in kv_view.h. Where every score is -infinity,
// or there is no token, out is 0. Strides are in elements; any alignment; out overlaps neither q nor
// the cache. Keys and values are read from memory once if a KV head has at most min(64, 8192 / head_dim)
// query heads. 56 KiB of stack.
//
// Threads, or caches in several places, take ranges begin .. end of their own, or KV heads (KvHeads).
// MergeAttention then puts ranges together: exactly, but for the rounding of the merge itself.
//
// Extreme values: dot products, and (end - begin) times the largest |V|, must stay inside the range of
// float; scores may differ by any amount (weights below 2^-126 may become 0). In FP32 and 16-bit
// caches a NaN, or an infinity that makes a score +inf, gives NaN in all of that head; an infinity or
// NaN in V gives infinities or NaN in its own column of the heads that read it, and nowhere else.
// kS8 wants finite q and scales; a NaN or infinity in q gives NaN in its head; what is below 2^-110 in
// q, or in weights times the scales of V, counts as 0.
//
// Rounding: with u = 2^-24 and D = head_dim, a weight is off, relatively and to first order, by at
// most e = (D + 2) * u * |scale| * (max over t of sum |q * K|) + 12 * u * (max over t of |s|)
// [+ 8 * u * softcap], from the score and from the exponentials on the way to the final maximum.
// Results agree with the reference, which computes in FP64 on the same stored K and V, within
// (2 e + (2 * (end - begin) + 32) * u) * sum over t of w[t] |V[g, t]|, from the weights and the two sums.
// kS8 multiplies integers of -32639 .. 32639: q is rounded to 1 / 65278 of its largest element, which
// adds |scale| * (max |q|) * (max over t of sum |K|) / 65278 to e, and weights times the scales of V to
// as much of the largest in a chunk of at most 256 tokens: each w[t] * |V[g, t]| is off by at most
// 1 / 65278 of the chunk's largest w[t] * scale[t] * 127. Both are far below the rounding of the cache
// itself.
//
// Source: Vaswani et al., arXiv:1706.03762, equation 1; grouped heads: Ainslie et al.,
// arXiv:2305.13245; one pass with a running maximum: Milakov and Gimelshein, arXiv:1805.02867; linear
// biases: Press et al., arXiv:2108.12409; soft-capping: Gemma team, arXiv:2408.00118.
#pragma once

#include <cstddef>

#include "kernels/kv_attention/kv_view.h"

namespace podium {

// With w relative to max: max over t of s[h, t], and sum over t of exp(s[h, t] - max).
struct SoftmaxSum {
  float max, sum;
};

struct DecodeAttentionArgs {
  std::size_t n_heads = 0;
  const float* q = nullptr;
  std::size_t ldq = 0;
  KvView cache;
  std::size_t begin = 0, end = 0;       // tokens to attend to, all of them in the cache
  float scale = 1;                      // usually 1 / sqrt(head_dim)
  float softcap = 0;                    // 0: none
  const float* alibi_slopes = nullptr;  // n_heads, or null: none
  float* out = nullptr;
  std::size_t ldo = 0;
  SoftmaxSum* sums = nullptr;  // n_heads, to be merged; or null
};
using DecodeAttentionFn = void(const DecodeAttentionArgs&);

// The same result in three passes over each query head's own row of scores, as a cache without a
// fused kernel is used: all scores, their softmax, the weighted values. The cache, not kS8, is read
// once per query head.
struct DecodeAttentionSeparateArgs {
  DecodeAttentionArgs attention;
  float* scores;  // scratch: ScoreScratch(attention.begin, attention.end) floats
};
using DecodeAttentionSeparateFn = void(const DecodeAttentionSeparateArgs&);

// A score for each token of the groups that begin .. end - 1 lie in.
inline std::size_t ScoreScratch(std::size_t begin, std::size_t end) {
  return (end + kKvGroup - 1) / kKvGroup * kKvGroup - begin / kKvGroup * kKvGroup;
}

// The first of the latest `window` of `length` tokens; 0: no window.
inline std::size_t WindowBegin(std::size_t length, std::size_t window) {
  return window == 0 || length <= window ? 0 : length - window;
}

// out[i] = sum over parts p of f[p] * outs[p][i],   f[p] = sums[p].sum * exp(sums[p].max - max) / (sum
// of these), for one head of parts computed over ranges of tokens that do not overlap. outs: part p
// begins at parts + p * stride; of sums at p * sums_stride. `out` may be one of the parts.
struct MergeAttentionArgs {
  std::size_t n_parts, head_dim;
  const float* parts;
  std::size_t stride;
  const SoftmaxSum* sums;
  std::size_t sums_stride;
  float* out;
};
void MergeAttention(const MergeAttentionArgs& args);

}  // namespace podium
