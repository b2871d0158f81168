#include "kernels/kv_attention/kv_view.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace podium {
namespace {

// Where the rows among which token t lies, `rows` at a time, begin.
std::size_t RowIndex(const KvView& view, std::size_t h, std::size_t t, std::size_t rows) {
  const std::size_t row = t % view.block_tokens / rows * rows;
  return BlockOf(view, t) * view.block_stride + h * view.head_stride + row * view.head_dim;
}

std::size_t Pack(KvType type) { return type == KvType::kS8 ? 4 : 1; }

}  // namespace

const char* KvTypeName(KvType type) {
  switch (type) {
    case KvType::kF32:
      return "f32";
    case KvType::kF16:
      return "f16";
    case KvType::kBf16:
      return "bf16";
    case KvType::kS8:
      return "s8";
  }
  return "unknown";
}

std::size_t KvElementBytes(KvType type) {
  return type == KvType::kF32 ? 4 : type == KvType::kS8 ? 1 : 2;
}

std::size_t KeyIndex(const KvView& view, std::size_t h, std::size_t t, std::size_t d) {
  const std::size_t pack = Pack(view.type);
  return RowIndex(view, h, t, kKvGroup) + d / pack * pack * kKvGroup + t % kKvGroup * pack +
         d % pack;
}

std::size_t ValueIndex(const KvView& view, std::size_t h, std::size_t t, std::size_t d) {
  const std::size_t pack = Pack(view.type);
  return RowIndex(view, h, t, pack) + d * pack + t % pack;
}

std::size_t ScaleIndex(const KvView& view, std::size_t h, std::size_t t) {
  return BlockOf(view, t) * view.scale_block_stride + h * view.scale_head_stride +
         t % view.block_tokens;
}

KvView ContiguousKv(KvType type, void* k, void* v, float* k_scales, float* v_scales,
                    std::size_t n_kv_heads, std::size_t head_dim, std::size_t capacity) {
  assert(capacity % kKvGroup == 0);
  return {.type = type,
          .k = k,
          .v = v,
          .k_scales = k_scales,
          .v_scales = v_scales,
          .n_kv_heads = n_kv_heads,
          .head_dim = head_dim,
          .block_tokens = capacity,
          .n_blocks = 1,
          .block_stride = n_kv_heads * capacity * head_dim,
          .head_stride = capacity * head_dim,
          .scale_block_stride = n_kv_heads * capacity,
          .scale_head_stride = capacity};
}

KvView KvHeads(const KvView& view, std::size_t first, std::size_t count) {
  KvView heads = view;
  const std::size_t bytes = first * view.head_stride * KvElementBytes(view.type);
  heads.k = static_cast<std::byte*>(view.k) + bytes;
  heads.v = static_cast<std::byte*>(view.v) + bytes;
  if (view.type == KvType::kS8) {
    heads.k_scales += first * view.scale_head_stride;
    heads.v_scales += first * view.scale_head_stride;
  }
  heads.n_kv_heads = count;
  return heads;
}

float ToFloat(F16 x) {
  const int exponent = x.bits >> 10 & 31, mantissa = x.bits & 1023;
  float magnitude;
  if (exponent == 31) {
    magnitude = mantissa == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
  }
  return x.bits >> 15 != 0 ? -magnitude : magnitude;
}

float ToFloat(Bf16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

F16 ToF16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const float magnitude = std::fabs(x);
  std::uint32_t half;
  if (std::isnan(x)) {
    half = 0x7E00;
  } else if (magnitude >= 65520.0f) {
    half = 0x7C00;
  } else if (magnitude < 0x1p-14f) {
    half = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 24)));
  } else {
    const std::uint32_t m = bits & 0x7FFFFFFF;
    half = (m - 0x38000000 + 0xFFF + (m >> 13 & 1)) >> 13;
  }
  return {static_cast<std::uint16_t>(sign | half)};
}

Bf16 ToBf16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return {static_cast<std::uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

float KvElement(KvType type, const void* data, std::size_t i) {
  switch (type) {
    case KvType::kF32:
      return static_cast<const float*>(data)[i];
    case KvType::kF16:
      return ToFloat(static_cast<const F16*>(data)[i]);
    case KvType::kBf16:
      return ToFloat(static_cast<const Bf16*>(data)[i]);
    case KvType::kS8:
      return static_cast<const std::int8_t*>(data)[i];
  }
  return 0;
}

}  // namespace podium
