#include "kernels/kv_attention/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace podium {
namespace {

constexpr std::uint32_t kNoBlock = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kAlignment = 64, kPage = 4096;

// Lays out arrays one behind the other; remembers if a size does not fit.
class Arena {
 public:
  // Where an array of count elements of `bytes` begins.
  std::size_t Add(std::size_t count, std::size_t bytes, std::size_t alignment = kAlignment) {
    const std::size_t begin = (size_ + alignment - 1) / alignment * alignment;
    if (begin < size_ || (bytes > 0 && count > (kMost - begin) / bytes)) {
      too_large_ = true;
      return 0;
    }
    size_ = begin + count * bytes;
    return begin;
  }
  std::size_t size() const { return size_; }
  bool too_large() const { return too_large_; }

 private:
  static constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max();
  std::size_t size_ = 0;
  bool too_large_ = false;
};

// a * b, or a size that no memory has.
std::size_t Times(std::size_t a, std::size_t b) {
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  return b != 0 && a > most / b ? most : a * b;
}

}  // namespace

const char* KvStatusText(KvStatus status) {
  switch (status) {
    case KvStatus::kOk:
      return "ok";
    case KvStatus::kBadHeadDim:
      return "head_dim must be a multiple of 16, from 16 to 512";
    case KvStatus::kBadHeads:
      return "n_heads must be a positive multiple of n_kv_heads";
    case KvStatus::kBadSizes:
      return "n_sequences and max_tokens must be positive, block_tokens a multiple of 16, "
             "and n_blocks 0 or enough for one sequence";
    case KvStatus::kBadWindow:
      return "max_tokens must be at least the window";
    case KvStatus::kTooLarge:
      return "the cache does not fit the address space";
    case KvStatus::kMemoryTooSmall:
      return "less memory than KvCache::Bytes asks for";
    case KvStatus::kMemoryMisaligned:
      return "the memory must begin at a multiple of 64 bytes";
    case KvStatus::kBadSequence:
      return "no such sequence: they are numbered from 0 to n_sequences - 1";
    case KvStatus::kBadRows:
      return "rows of keys and values must not be null, and ld at least n_kv_heads * head_dim";
    case KvStatus::kBadLength:
      return "longer than the sequence, or tokens that it would see were overwritten";
    case KvStatus::kSequenceFull:
      return "more than max_tokens: append less at a time, truncate, or build a larger cache";
    case KvStatus::kOutOfBlocks:
      return "the pool has too few free blocks: reset or truncate a sequence";
    case KvStatus::kOutOfPositions:
      return "the rope table ends before the last position";
    case KvStatus::kNotEmpty:
      return "the new sequence of a fork must be another one, and empty: reset it";
  }
  return "unknown status";
}

struct KvCache::Layout {
  std::size_t block_tokens, slots, n_blocks;
  std::size_t k, v, k_scales, v_scales, lengths, tables, users;  // offsets in bytes
  std::size_t bytes;
};

KvStatus KvCache::LayoutOf(const KvCacheConfig& c, Layout* layout) {
  if (c.head_dim == 0 || c.head_dim % kHeadDimUnit != 0 || c.head_dim > kMaxHeadDim) {
    return KvStatus::kBadHeadDim;
  }
  if (c.n_kv_heads == 0 || c.n_heads == 0 || c.n_heads % c.n_kv_heads != 0) {
    return KvStatus::kBadHeads;
  }
  if (c.n_sequences == 0 || c.max_tokens == 0) return KvStatus::kBadSizes;
  if (c.block_tokens % kKvGroup != 0) return KvStatus::kBadSizes;
  if (c.window > c.max_tokens) return KvStatus::kBadWindow;
  Layout l = {};
  l.block_tokens =
      c.block_tokens == 0 ? Times((c.max_tokens - 1) / kKvGroup + 1, kKvGroup) : c.block_tokens;
  l.slots = (c.max_tokens - 1) / l.block_tokens + 1;
  l.n_blocks = c.n_blocks == 0 ? Times(c.n_sequences, l.slots) : c.n_blocks;
  if (l.n_blocks < l.slots) return KvStatus::kBadSizes;
  if (l.n_blocks >= kNoBlock || Times(l.slots, l.block_tokens) > std::size_t{1} << 48) {
    return KvStatus::kTooLarge;
  }
  Arena arena;
  const std::size_t rows = Times(Times(l.n_blocks, l.block_tokens), c.n_kv_heads);
  const std::size_t row_bytes = c.head_dim * KvElementBytes(c.type);
  const std::size_t scales = c.type == KvType::kS8 ? rows : 0;
  l.k = arena.Add(rows, row_bytes, kPage);
  l.v = arena.Add(rows, row_bytes, kPage);
  l.k_scales = arena.Add(scales, sizeof(float));
  l.v_scales = arena.Add(scales, sizeof(float));
  l.lengths = arena.Add(c.n_sequences, sizeof(Lengths));
  l.tables = arena.Add(Times(c.n_sequences, l.slots), sizeof(std::uint32_t));
  l.users = arena.Add(l.n_blocks, sizeof(std::uint32_t));
  l.bytes = arena.size();
  if (arena.too_large()) return KvStatus::kTooLarge;
  *layout = l;
  return KvStatus::kOk;
}

KvStatus KvCache::Bytes(const KvCacheConfig& config, std::size_t* bytes) {
  Layout layout;
  const KvStatus status = LayoutOf(config, &layout);
  if (status == KvStatus::kOk) *bytes = layout.bytes;
  return status;
}

KvStatus KvCache::Make(const KvCacheConfig& config, void* memory, std::size_t bytes,
                       KvCache* cache) {
  Layout l;
  if (const KvStatus status = LayoutOf(config, &l); status != KvStatus::kOk) return status;
  if (memory == nullptr || bytes < l.bytes) return KvStatus::kMemoryTooSmall;
  if (reinterpret_cast<std::uintptr_t>(memory) % kAlignment != 0) {
    return KvStatus::kMemoryMisaligned;
  }
  auto* const at = static_cast<std::byte*>(memory);
  const bool s8 = config.type == KvType::kS8;
  cache->config_ = config;
  cache->block_tokens_ = l.block_tokens;
  cache->slots_ = l.slots;
  cache->n_blocks_ = cache->n_free_ = l.n_blocks;
  cache->pool_ = ContiguousKv(config.type, at + l.k, at + l.v,
                              s8 ? reinterpret_cast<float*>(at + l.k_scales) : nullptr,
                              s8 ? reinterpret_cast<float*>(at + l.v_scales) : nullptr,
                              config.n_kv_heads, config.head_dim, l.block_tokens);
  cache->pool_.n_blocks = l.slots;
  cache->lengths_ = reinterpret_cast<Lengths*>(at + l.lengths);
  cache->tables_ = reinterpret_cast<std::uint32_t*>(at + l.tables);
  cache->users_ = reinterpret_cast<std::uint32_t*>(at + l.users);
  std::fill_n(cache->lengths_, config.n_sequences, Lengths{0, 0});
  std::fill_n(cache->tables_, config.n_sequences * l.slots, kNoBlock);
  std::fill_n(cache->users_, l.n_blocks, 0);
  return KvStatus::kOk;
}

std::size_t KvCache::token_bytes() const {
  const std::size_t scale = config_.type == KvType::kS8 ? sizeof(float) : 0;
  return 2 * config_.n_kv_heads * (config_.head_dim * KvElementBytes(config_.type) + scale);
}

std::size_t KvCache::Begin(std::size_t sequence) const {
  return WindowBegin(length(sequence), config_.window);
}

KvView KvCache::View(std::size_t sequence) const {
  KvView view = pool_;
  view.length = length(sequence);
  view.blocks = Table(sequence);
  return view;
}

KvStatus KvCache::Append(const KernelTable& kernels, std::size_t sequence, const KvRows& rows) {
  if (sequence >= config_.n_sequences) return KvStatus::kBadSequence;
  if (rows.count == 0) return KvStatus::kOk;
  if (rows.k == nullptr || rows.v == nullptr || rows.ld < config_.n_kv_heads * config_.head_dim) {
    return KvStatus::kBadRows;
  }
  Lengths& lengths = lengths_[sequence];
  // Of what is there before, the first new token still sees window - 1 tokens.
  const std::size_t kept =
      config_.window == 0 ? lengths.now : std::min(lengths.now, config_.window - 1);
  if (rows.count > capacity() - kept) return KvStatus::kSequenceFull;
  if (config_.rope != nullptr &&
      (lengths.now > config_.rope_positions || rows.count > config_.rope_positions - lengths.now)) {
    return KvStatus::kOutOfPositions;
  }
  // A slot that is empty, or whose block others use too, needs a block of its own.
  std::uint32_t* const table = Table(sequence);
  const std::size_t first = lengths.now / block_tokens_;
  const std::size_t last = (lengths.now + rows.count - 1) / block_tokens_;
  const std::size_t touched = std::min(last - first + 1, slots_);
  const auto needs_block = [&](std::uint32_t block) {
    return block == kNoBlock || users_[block] > 1;
  };
  std::size_t needed = 0;
  for (std::size_t i = 0; i < touched; ++i) needed += needs_block(table[(first + i) % slots_]);
  if (needed > n_free_) return KvStatus::kOutOfBlocks;
  for (std::size_t i = 0; i < touched; ++i) {
    std::uint32_t& slot = table[(first + i) % slots_];
    if (!needs_block(slot)) continue;
    const std::uint32_t block = FindFreeBlock(sequence, (first + i) % slots_);
    --n_free_;
    users_[block] = 1;
    if (slot != kNoBlock) {
      CopyBlock(slot, block);
      Release(slot);
    }
    slot = block;
  }
  kernels.store_kv({.cache = View(sequence), .rows = rows, .rope = config_.rope});
  lengths.now += rows.count;
  lengths.longest = std::max(lengths.longest, lengths.now);
  return KvStatus::kOk;
}

// Whether all that a query at the end of the first `length` tokens sees is still there.
bool KvCache::CanShorten(std::size_t sequence, std::size_t length) const {
  const Lengths& lengths = lengths_[sequence];
  return length <= lengths.now &&
         WindowBegin(length, config_.window) + capacity() >= lengths.longest;
}

void KvCache::Shorten(std::size_t sequence, std::size_t length) {
  Lengths& lengths = lengths_[sequence];
  lengths.now = length;
  if (lengths.longest > capacity()) return;  // it has gone round: every block holds what it sees
  std::uint32_t* const table = Table(sequence);
  const std::size_t used = (length + block_tokens_ - 1) / block_tokens_;
  for (std::size_t i = used; i < slots_; ++i) Release(table[i]);
  lengths.longest = length;
}

KvStatus KvCache::Truncate(std::size_t sequence, std::size_t length) {
  if (sequence >= config_.n_sequences) return KvStatus::kBadSequence;
  if (!CanShorten(sequence, length)) return KvStatus::kBadLength;
  Shorten(sequence, length);
  return KvStatus::kOk;
}

KvStatus KvCache::Fork(std::size_t from, std::size_t length, std::size_t to) {
  if (from >= config_.n_sequences || to >= config_.n_sequences) return KvStatus::kBadSequence;
  if (from == to || lengths_[to].longest != 0) return KvStatus::kNotEmpty;
  if (!CanShorten(from, length)) return KvStatus::kBadLength;
  std::uint32_t* const table = Table(to);
  std::copy_n(Table(from), slots_, table);
  for (std::size_t i = 0; i < slots_; ++i) {
    if (table[i] != kNoBlock) ++users_[table[i]];
  }
  lengths_[to] = lengths_[from];
  Shorten(to, length);
  return KvStatus::kOk;
}

KvStatus KvCache::Reset(std::size_t sequence) {
  if (sequence >= config_.n_sequences) return KvStatus::kBadSequence;
  std::uint32_t* const table = Table(sequence);
  for (std::size_t i = 0; i < slots_; ++i) Release(table[i]);
  lengths_[sequence] = {0, 0};
  return KvStatus::kOk;
}

// There must be one.
std::uint32_t KvCache::FindFreeBlock(std::size_t sequence, std::size_t slot) const {
  const auto is_free = [this](std::size_t block) {
    return block < n_blocks_ && users_[block] == 0;
  };
  const std::uint32_t last = slot == 0 ? kNoBlock : Table(sequence)[slot - 1];
  if (last != kNoBlock && is_free(last + 1)) return last + 1;
  const std::size_t own = sequence * n_blocks_ / config_.n_sequences + slot;
  if (is_free(own)) return static_cast<std::uint32_t>(own);
  std::size_t begin = 0, longest = 0, run = 0;
  for (std::size_t i = 0; i < n_blocks_; ++i) {
    run = is_free(i) ? run + 1 : 0;
    if (run <= longest) continue;
    longest = run;
    begin = i + 1 - run;
  }
  return static_cast<std::uint32_t>(begin + longest / 2);
}

void KvCache::Release(std::uint32_t& block) {
  if (block != kNoBlock && --users_[block] == 0) ++n_free_;
  block = kNoBlock;
}

void KvCache::CopyBlock(std::size_t from, std::size_t to) {
  const std::size_t bytes = pool_.block_stride * KvElementBytes(pool_.type);
  const auto copy = [from, to](void* data, std::size_t count) {
    auto* const at = static_cast<std::byte*>(data);
    std::memcpy(at + to * count, at + from * count, count);
  };
  copy(pool_.k, bytes);
  copy(pool_.v, bytes);
  if (pool_.type != KvType::kS8) return;
  copy(pool_.k_scales, pool_.scale_block_stride * sizeof(float));
  copy(pool_.v_scales, pool_.scale_block_stride * sizeof(float));
}

}  // namespace podium
