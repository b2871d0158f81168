// A cache of keys and values for one attention layer and several sequences, as a program uses it:
//
//   const KvCacheConfig config = {.type = KvType::kF16, .n_heads = 32, .n_kv_heads = 8, .head_dim = 64,
//                                 .n_sequences = 4, .max_tokens = 4096, .block_tokens = 64};
//   std::size_t bytes;
//   KvStatus status = KvCache::Bytes(config, &bytes);          // what is wrong with it, if anything
//   KvCache cache;
//   status = KvCache::Make(config, memory, bytes, &cache);     // memory: 64-byte aligned, the caller's
//   status = cache.Append(BestKernels(), sequence, {count, k, v, ld});
//   kernels.decode_attention({..., .cache = cache.View(sequence), .begin = cache.Begin(sequence),
//                             .end = cache.length(sequence), ...});
//
// Tokens lie in blocks of block_tokens; a sequence has a table of its blocks and takes them from a
// common pool as it grows ("paged", after Kwon et al., arXiv:2309.06180), or, with block_tokens = 0,
// has one block for all its tokens ("contiguous"). A new block is the one behind the sequence's last
// if that is free, or else the sequence's own in an equal share of the pool: with a pool in which all
// sequences may be full, what is read in order lies in order, but for forks. If that is taken too, it is
// one in the middle of the longest run of free blocks, found in time proportional to the pool. Caches
// are read fastest where `memory` begins on a page.
// Fork shares blocks and copies one when a sequence is about to write to a block that it shares. With
// a sliding window a sequence goes round in its own blocks, so its memory does not grow.
//
// Nothing allocates, throws or starts threads. Every call that returns a KvStatus other than kOk has
// changed nothing. Sequences of one cache share the pool: one thread at a time may change it; any
// number may read views meanwhile of sequences that do not change.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.h"
#include "kernels/kv_attention/kv_view.h"
#include "kernels/kv_attention/store_kv.h"

namespace podium {

enum class KvStatus : std::uint8_t {
  kOk,
  kBadHeadDim,
  kBadHeads,
  kBadSizes,
  kBadWindow,
  kTooLarge,
  kMemoryTooSmall,
  kMemoryMisaligned,
  kBadSequence,
  kBadRows,
  kBadLength,
  kSequenceFull,
  kOutOfBlocks,
  kOutOfPositions,
  kNotEmpty,
};

// One sentence: what is wrong and what to do.
const char* KvStatusText(KvStatus status);

struct KvCacheConfig {
  KvType type = KvType::kF32;
  std::size_t n_heads = 0;  // of queries: a multiple of n_kv_heads
  std::size_t n_kv_heads = 0;
  std::size_t head_dim = 0;  // see kv_view.h
  std::size_t n_sequences = 1;
  // Of one sequence; rounded up to whole blocks, or groups. With a window, as many stay, so at least
  // the window, and one less than the tokens appended at once on top of it.
  std::size_t max_tokens = 0;
  std::size_t block_tokens = 0;  // a multiple of kKvGroup; 0: contiguous
  std::size_t n_blocks = 0;      // in the pool; 0: enough for every sequence to be full
  std::size_t window = 0;        // tokens that a query sees, its own included; 0: all
  const float* rope = nullptr;   // see store_kv.h; kept, not copied. Null: keys are not rotated
  std::size_t rope_positions = 0;
};

class KvCache {
 public:
  KvCache() = default;
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  // The memory that a cache takes.
  static KvStatus Bytes(const KvCacheConfig& config, std::size_t* bytes);
  // An empty cache in `bytes` of memory, which must outlive it.
  static KvStatus Make(const KvCacheConfig& config, void* memory, std::size_t bytes,
                       KvCache* cache);

  std::size_t n_sequences() const { return config_.n_sequences; }
  // Tokens there is room for in each sequence (with a window: at a time), if the pool has the blocks.
  std::size_t capacity() const { return slots_ * block_tokens_; }
  std::size_t free_blocks() const { return n_free_; }
  // Bytes of the elements and scales of one token, in all KV heads.
  std::size_t token_bytes() const;

  // For sequence < n_sequences():
  std::size_t length(std::size_t sequence) const { return lengths_[sequence].now; }
  // The first token that a query at the end of the sequence sees.
  std::size_t Begin(std::size_t sequence) const;
  // For kernels to read; valid until the cache changes the sequence.
  KvView View(std::size_t sequence) const;

  // Appends rows, keys rotated by their position if there is a rope table.
  KvStatus Append(const KernelTable& kernels, std::size_t sequence, const KvRows& rows);
  // Forgets all tokens from `length` on: a rejected draft. With a window, as far as the tokens that
  // the shorter sequence sees were not overwritten.
  KvStatus Truncate(std::size_t sequence, std::size_t length);
  // The empty sequence `to` begins like `from`, by `length` tokens; neither sees what the other appends.
  KvStatus Fork(std::size_t from, std::size_t length, std::size_t to);
  // Forgets all tokens and returns the blocks.
  KvStatus Reset(std::size_t sequence);

 private:
  struct Layout;
  struct Lengths {
    std::size_t now, longest;  // tokens; and most that were there since the last reset
  };
  static KvStatus LayoutOf(const KvCacheConfig& config, Layout* layout);

  std::uint32_t* Table(std::size_t sequence) const { return tables_ + sequence * slots_; }
  bool CanShorten(std::size_t sequence, std::size_t length) const;
  void Shorten(std::size_t sequence, std::size_t length);
  std::uint32_t FindFreeBlock(std::size_t sequence, std::size_t slot) const;
  void Release(std::uint32_t& block);
  void CopyBlock(std::size_t from, std::size_t to);

  KvCacheConfig config_ = {.n_sequences = 0};
  KvView pool_;
  std::size_t block_tokens_ = 0, slots_ = 0, n_blocks_ = 0, n_free_ = 0;
  Lengths* lengths_ = nullptr;
  std::uint32_t* tables_ = nullptr;  // n_sequences x slots, kNoBlock where there is none
  std::uint32_t* users_ = nullptr;   // of each block
};

}  // namespace podium
