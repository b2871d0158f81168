// Walks over the tokens of a cache in chunks that lie in one block each.
#pragma once

#include "kernels/kv_attention/kv_view.h"
#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

// Where a token's elements, and its scales, begin.
struct Place {
  std::size_t row, scale;
};

[[maybe_unused]] Place PlaceOf(const KvView& cache, std::size_t g, std::size_t t) {
  const std::size_t slot = t / cache.block_tokens % cache.n_blocks, row = t % cache.block_tokens;
  const std::size_t block = cache.blocks == nullptr ? slot : cache.blocks[slot];
  return {block * cache.block_stride + g * cache.head_stride + row * cache.token_stride,
          block * cache.scale_block_stride + g * cache.scale_head_stride + row};
}

// Some consecutive tokens of one KV head.
template <class T>
struct Chunk {
  const T* k;
  const T* v;
  const float* k_scales;  // of s8
  const float* v_scales;
  std::size_t first, count;  // tokens
};

// From token `first` of KV head g on, up to the end of its block, to token `end`, or `most` tokens.
template <class T>
Chunk<T> ChunkAt(const KvView& cache, std::size_t g, std::size_t first, std::size_t end,
                 std::size_t most) {
  const Place place = PlaceOf(cache, g, first);
  std::size_t count = cache.block_tokens - first % cache.block_tokens;
  if (count > end - first) count = end - first;
  if (count > most) count = most;
  Chunk<T> chunk = {.k = static_cast<const T*>(cache.k) + place.row,
                    .v = static_cast<const T*>(cache.v) + place.row,
                    .k_scales = nullptr,
                    .v_scales = nullptr,
                    .first = first,
                    .count = count};
  if constexpr (sizeof(T) == 1) {
    chunk.k_scales = cache.k_scales + place.scale;
    chunk.v_scales = cache.v_scales + place.scale;
  }
  return chunk;
}

// Fetches, line by line as the computation goes on, what the next chunk will read: memory is always at
// work, and nothing is fetched that is not needed. In four places in turn, a page or so apart, because
// the hardware's own prefetchers, which keep more requests in flight than a core's loads can, follow
// each run of lines up to the end of its page (Zen 3, FP32 from memory: 0.53 of the read bandwidth in
// one place, 0.73 in four).
class Prefetcher {
 public:
  // What begins at `next` is fetched in `parts` shares; this is number `part`.
  Prefetcher(const void* next, std::size_t bytes, std::size_t part, std::size_t parts)
      : stride_(bytes / kStreams),
        back_(stride_ * kStreams - 64 / parts),
        end_(static_cast<const char*>(next) + stride_ * kStreams),
        at_(static_cast<const char*>(next) + stride_ * part / parts) {}

  [[gnu::always_inline]] void Line() {
    __builtin_prefetch(at_, /*rw=*/0, /*locality=*/3);
    at_ += stride_;
    if (at_ >= end_) at_ -= back_;
  }

 private:
  static constexpr std::size_t kStreams = 4;
  std::size_t stride_, back_;
  const char* end_;
  const char* at_;
};

}  // namespace
}  // namespace podium::PODIUM_ISA
