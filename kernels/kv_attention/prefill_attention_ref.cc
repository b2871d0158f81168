#include <cassert>

#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/prefill_attention.h"
#include "kernels/kv_attention/prefill_block.h"

namespace podium {

std::size_t PrefillScratchSize(std::size_t count, std::size_t ratio, std::size_t head_dim) {
  const std::size_t columns = (head_dim + kPrefillPanel - 1) / kPrefillPanel * kPrefillPanel;
  const std::size_t packed = kPrefillKeys * (head_dim + columns);
  return packed + kPrefillQueries * kPrefillLd + 4 * count * ratio;
}

namespace reference {

DecodeAttentionFn DecodeAttention;

void PrefillAttention(const PrefillAttentionArgs& args) {
  assert(args.count <= args.cache.length);
  for (std::size_t m = 0; m < args.count; ++m) {
    KvView seen = args.cache;
    seen.length -= args.count - 1 - m;
    DecodeAttention({.n_heads = args.n_heads,
                     .q = args.q + m * args.ldq,
                     .ldq = args.cache.head_dim,
                     .cache = seen,
                     .begin = WindowBegin(seen.length, args.window),
                     .end = seen.length,
                     .scale = args.scale,
                     .softcap = args.softcap,
                     .alibi_slopes = args.alibi_slopes,
                     .out = args.out + m * args.ldo,
                     .ldo = args.cache.head_dim});
  }
}

}  // namespace reference
}  // namespace podium
