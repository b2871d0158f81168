// The keys and values of the tokens that one attention layer has seen, as kernels read them.
//
// A view owns nothing. With b = t / block_tokens % n_blocks the slot, and r = t % block_tokens the
// row, of token t, its head_dim elements of KV head h begin at element
//
//   blocks[b] * block_stride + h * head_stride + r * token_stride     of k, and of v
//
// where blocks == nullptr stands for 0, 1, 2, ... So a contiguous cache is one block, a paged one has
// a table of blocks, and one that keeps only a window of tokens goes round and round in its slots.
//
//   kF32, kF16, kBf16   IEEE binary32 and binary16, and the upper half of a binary32
//   kS8                 q in -127..127 with a scale per token and head: real value = scale * q; the
//                       scales lie at blocks[b] * scale_block_stride + h * scale_head_stride + r
//
// Strides are in elements; any alignment. Reading is fastest where the rows of a head touch each
// other, token_stride == head_dim: only then is what comes next prefetched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

enum class KvType : std::uint8_t { kF32, kF16, kBf16, kS8 };

// "f32", "f16", "bf16", "s8".
const char* KvTypeName(KvType type);
std::size_t KvElementBytes(KvType type);

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
  std::size_t block_tokens = 1;  // tokens there is room for in a block
  std::size_t n_blocks = 0;
  const std::uint32_t* blocks = nullptr;
  std::size_t block_stride = 0, head_stride = 0, token_stride = 0;
  std::size_t scale_block_stride = 0, scale_head_stride = 0;
};

// A view of one block in which the heads lie one after another, [n_kv_heads][capacity][head_dim];
// scales, if any, [n_kv_heads][capacity]. No token yet.
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
