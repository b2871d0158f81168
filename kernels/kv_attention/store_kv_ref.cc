#include <algorithm>
#include <cmath>

#include "kernels/kv_attention/store_kv.h"

namespace podium {

void FillRopeTable(std::size_t positions, std::size_t head_dim, double base, float* table) {
  const std::size_t half = head_dim / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const double frequency =
        std::pow(base, -2 * static_cast<double>(i) / static_cast<double>(head_dim));
    for (std::size_t p = 0; p < positions; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      table[p * head_dim + i] = static_cast<float>(std::cos(angle));
      table[p * head_dim + half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

namespace reference {
namespace {

void RotateRow(const float* x, std::size_t head_dim, const float* rope, float* y) {
  const std::size_t half = head_dim / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[i + half], cosine = rope[i], sine = rope[half + i];
    y[i] = a * cosine - b * sine;
    y[i + half] = b * cosine + a * sine;
  }
}

void StoreRow(KvType type, const float* x, std::size_t head_dim, void* to, float* scale) {
  float largest = 0;
  for (std::size_t d = 0; d < head_dim; ++d) largest = std::max(largest, std::fabs(x[d]));
  const float unit = largest / 127 > 0 ? largest / 127 : 1;
  if (type == KvType::kS8) *scale = unit;
  for (std::size_t d = 0; d < head_dim; ++d) {
    switch (type) {
      case KvType::kF32:
        static_cast<float*>(to)[d] = x[d];
        break;
      case KvType::kF16:
        static_cast<F16*>(to)[d] = ToF16(x[d]);
        break;
      case KvType::kBf16:
        static_cast<Bf16*>(to)[d] = ToBf16(x[d]);
        break;
      case KvType::kS8:
        // |x / unit| may be above 127 where the unit is a denormal.
        static_cast<std::int8_t*>(to)[d] =
            static_cast<std::int8_t>(std::nearbyint(std::clamp(x[d] / unit, -127.0f, 127.0f)));
        break;
    }
  }
}

}  // namespace

void StoreKv(const StoreKvArgs& args) {
  const KvView& c = args.cache;
  const std::size_t bytes = KvElementBytes(c.type);
  for (std::size_t i = 0; i < args.rows.count; ++i) {
    const std::size_t t = c.length + i, slot = t / c.block_tokens % c.n_blocks;
    const std::size_t row = t % c.block_tokens;
    const std::size_t block = c.blocks == nullptr ? slot : c.blocks[slot];
    for (std::size_t g = 0; g < c.n_kv_heads; ++g) {
      const std::size_t from = i * args.rows.ld + g * c.head_dim;
      const std::size_t to =
          (block * c.block_stride + g * c.head_stride + row * c.token_stride) * bytes;
      const std::size_t scale = block * c.scale_block_stride + g * c.scale_head_stride + row;
      const bool s8 = c.type == KvType::kS8;
      float key[kMaxHeadDim];
      if (args.rope == nullptr) {
        std::copy_n(args.rows.k + from, c.head_dim, key);
      } else {
        RotateRow(args.rows.k + from, c.head_dim, args.rope + t * c.head_dim, key);
      }
      StoreRow(c.type, key, c.head_dim, static_cast<std::byte*>(c.k) + to,
               s8 ? c.k_scales + scale : nullptr);
      StoreRow(c.type, args.rows.v + from, c.head_dim, static_cast<std::byte*>(c.v) + to,
               s8 ? c.v_scales + scale : nullptr);
    }
  }
}

void Rotate(const RotateArgs& args) {
  for (std::size_t i = 0; i < args.count * args.n_heads; ++i) {
    const std::size_t t = i / args.n_heads, h = i % args.n_heads;
    float* x = args.x + t * args.ld + h * args.head_dim;
    RotateRow(x, args.head_dim, args.rope + (args.position + t) * args.head_dim, x);
  }
}

}  // namespace reference
}  // namespace podium
