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

// Element `at` of an array of `type`; of s8, with a scale of its own.
void StoreElement(KvType type, float x, float scale, void* to, std::size_t at) {
  switch (type) {
    case KvType::kF32:
      static_cast<float*>(to)[at] = x;
      break;
    case KvType::kF16:
      static_cast<F16*>(to)[at] = ToF16(x);
      break;
    case KvType::kBf16:
      static_cast<Bf16*>(to)[at] = ToBf16(x);
      break;
    case KvType::kS8:
      // |x / scale| may be above 127 where the scale is a denormal.
      static_cast<std::int8_t*>(to)[at] =
          static_cast<std::int8_t>(std::nearbyint(std::clamp(x / scale, -127.0f, 127.0f)));
      break;
  }
}

float ScaleOf(const float* x, std::size_t head_dim) {
  float largest = 0;
  for (std::size_t d = 0; d < head_dim; ++d) largest = std::max(largest, std::fabs(x[d]));
  return largest / 127 > 0 ? largest / 127 : 1;
}

}  // namespace

void StoreKv(const StoreKvArgs& args) {
  const KvView& c = args.cache;
  for (std::size_t i = 0; i < args.rows.count; ++i) {
    const std::size_t t = c.length + i;
    for (std::size_t g = 0; g < c.n_kv_heads; ++g) {
      const float* const value = args.rows.v + i * args.rows.ld + g * c.head_dim;
      float key[kMaxHeadDim];
      std::copy_n(args.rows.k + i * args.rows.ld + g * c.head_dim, c.head_dim, key);
      if (args.rope != nullptr) {
        RotateRow(args.rows.k + i * args.rows.ld + g * c.head_dim, c.head_dim,
                  args.rope + t * c.head_dim, key);
      }
      const float k_scale = ScaleOf(key, c.head_dim), v_scale = ScaleOf(value, c.head_dim);
      if (c.type == KvType::kS8) {
        c.k_scales[ScaleIndex(c, g, t)] = k_scale;
        c.v_scales[ScaleIndex(c, g, t)] = v_scale;
      }
      for (std::size_t d = 0; d < c.head_dim; ++d) {
        StoreElement(c.type, key[d], k_scale, c.k, KeyIndex(c, g, t, d));
        StoreElement(c.type, value[d], v_scale, c.v, ValueIndex(c, g, t, d));
      }
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
