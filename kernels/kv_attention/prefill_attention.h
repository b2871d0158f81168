// Causal attention of many query tokens at once: of a prompt, of the tokens of a draft.
//
// Each of the last `count` tokens of the cache is a query, row m at position p = cache.length - count
// + m, and the result is that of decode_attention.h for it: with begin = WindowBegin(p + 1, window),
// end = p + 1 and distances from p.
//
// q    f32  count x (n_heads * head_dim), row-major, row stride ldq
// out  f32  count x (n_heads * head_dim), row-major, row stride ldo   (overwritten)
//
// Keys and values of all tokens that a query sees are in the cache. n_heads is a multiple of
// cache.n_kv_heads; head_dim as in kv_view.h. Any alignment; out, scratch, q and the cache do not
// overlap. Threads take KV heads of their own (KvHeads), with q, out and slopes moved likewise.
// 270 KiB of stack.
//
// Rounding and extreme values: as in decode_attention.h, for keys and values widened to FP32 (scale * q
// is rounded once for kS8, whose queries and weights are not rounded here); an infinity or NaN in V of a
// token reaches all queries of its KV head in the same block of 256 tokens.
//
// Source: tiles of queries and keys with an online softmax, Dao et al., arXiv:2205.14135 and Dao,
// arXiv:2307.08691.
#pragma once

#include <cstddef>

#include "kernels/kv_attention/kv_view.h"

namespace podium {

struct PrefillAttentionArgs {
  std::size_t n_heads = 0, count = 0;
  const float* q = nullptr;
  std::size_t ldq = 0;
  KvView cache;
  std::size_t window = 0;  // 0: none
  float scale = 1;
  float softcap = 0;                    // 0: none
  const float* alibi_slopes = nullptr;  // n_heads, or null: none
  float* out = nullptr;
  std::size_t ldo = 0;
  float* scratch = nullptr;  // PrefillScratchSize(...) floats
};
using PrefillAttentionFn = void(const PrefillAttentionArgs&);

// Floats of scratch for `count` queries and n_heads / n_kv_heads = ratio.
std::size_t PrefillScratchSize(std::size_t count, std::size_t ratio, std::size_t head_dim);

}  // namespace podium
