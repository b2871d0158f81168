// The keys and values of the tokens that one attention layer has seen, as kernels read them.
//
// A view owns nothing. Tokens lie in blocks, and in a block those of a KV head together, in groups of
// kKvGroup: keys so that lanes of a register are tokens, each of one dimension or four, and no sum
// crosses lanes; values so that lanes are dimensions, of one token or four. (An append pays for it: a
// key goes to a line of memory for every dimension, or four.) With
// b = t / block_tokens % n_blocks the slot, and r = t % block_tokens the row, of token t, D = head_dim,
// and p the elements that lie beside each other, 4 of kS8, 1 of the others, element d of KV head h lies
//
//   of k at   base + r / 16 * 16 * D + d / p * 16 * p + r % 16 * p + d % p      [rows / 16][D / p][16][p]
//   of v at   base + r / p * p * D + d * p + r % p                              [rows / p][D][p]
//   where base = blocks[b] * block_stride + h * head_stride
//
// and blocks == nullptr stands for 0, 1, 2, ... So a contiguous cache is one block, a paged one has
// a table of blocks, and one that keeps only a window of tokens goes round and round in its slots.
//
//   kF32, kF16, kBf16   IEEE binary32 and binary16, and the upper half of a binary32
//   kS8                 q in -127..127 with a scale >= 0 per token and head: real value = scale * q; the
//                       scales lie at blocks[b] * scale_block_stride + h * scale_head_stride + r
//
// block_tokens is a multiple of kKvGroup: the last group of a head may hold fewer tokens, but has room
// for all, which kernels read and ignore. Strides are in elements; any alignment, though whole lines are
// read fastest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

enum class KvType : std::uint8_t { kF32, kF16, kBf16, kS8 };

// "f32", "f16", "bf16", "s8".
const char* KvTypeName(KvType type);
std::size_t KvElementBytes(KvType type);

inline constexpr std::size_t kKvGroup = 16;

// head_dim is a multiple of kHeadDimUnit, at most kMaxHeadDim: 64, 80, 96, 128, 256, ...
inline constexpr std::size_t kHeadDimUnit = 16;
inline constexpr std::size_t kMaxHeadDim = 512;

struct KvView {
  KvType type = KvType::kF32;
  void* k = nullptr;
  void* v = nullptr;
  float* k_scales = nullptr;  // of kS8 only
  float* v_scales = nullptr;
  std::size_t n_kv_heads = 0, head_dim = 0;
  std::size_t length = 0;  // tokens seen; the last min(length, n_blocks * block_tokens) are here
  std::size_t block_tokens = kKvGroup;  // tokens there is room for in a block
  std::size_t n_blocks = 0;
  const std::uint32_t* blocks = nullptr;
  std::size_t block_stride = 0, head_stride = 0;
  std::size_t scale_block_stride = 0, scale_head_stride = 0;
};

// The block that holds token t.
inline std::size_t BlockOf(const KvView& view, std::size_t t) {
  const std::size_t slot = t / view.block_tokens % view.n_blocks;
  return view.blocks == nullptr ? slot : view.blocks[slot];
}
// Where element d of token t of KV head h, and its scales, lie.
std::size_t KeyIndex(const KvView& view, std::size_t h, std::size_t t, std::size_t d);
std::size_t ValueIndex(const KvView& view, std::size_t h, std::size_t t, std::size_t d);
std::size_t ScaleIndex(const KvView& view, std::size_t h, std::size_t t);

// A view of one block of `capacity` tokens, a multiple of kKvGroup, in which the heads lie one after
// another, capacity * head_dim elements each; scales, if any, [n_kv_heads][capacity]. No token yet.
KvView ContiguousKv(KvType type, void* k, void* v, float* k_scales, float* v_scales,
                    std::size_t n_kv_heads, std::size_t head_dim, std::size_t capacity);

// The KV heads first .. first + count - 1 of `view`: for threads that each take some heads.
KvView KvHeads(const KvView& view, std::size_t first, std::size_t count);

// Elements of 16 bits.
struct F16 {
  std::uint16_t bits;
};
struct Bf16 {
  std::uint16_t bits;
};

// Conversions, one by one. To 16 bits: to nearest, ties to even; what is too large becomes infinity.
float ToFloat(F16 x);
float ToFloat(Bf16 x);
F16 ToF16(float x);
Bf16 ToBf16(float x);

// Element i of an array of `type`, without its scale.
float KvElement(KvType type, const void* data, std::size_t i);

}  // namespace podium
