#include "kernels/kv_attention/store_kv.h"

#include <cassert>

#include "kernels/kv_attention/chunk.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/storage.h"

namespace podium::PODIUM_ISA {
namespace {

// Products and differences are rounded one by one, so that every ISA gives the same bits.
void RotateRow(const float* x, std::size_t head_dim, const float* rope, float* y) {
  const std::size_t half = head_dim / 2;
  for (std::size_t i = 0; i < half; i += F32::size) {
    const std::size_t count = half - i;
    const F32 a = LoadLanes<F32>(x + i, count), b = LoadLanes<F32>(x + half + i, count);
    const F32 cosine = LoadLanes<F32>(rope + i, count),
              sine = LoadLanes<F32>(rope + half + i, count);
    StoreLanes(y + i, a * cosine - b * sine, count);
    StoreLanes(y + half + i, b * cosine + a * sine, count);
  }
}

template <class T>
void StoreRow(const float* x, std::size_t head_dim, T* to, float*) {
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    StoreFromF32(to + d, F32::load_unaligned(x + d));
  }
}

void StoreRow(const float* x, std::size_t head_dim, std::int8_t* to, float* scale) {
  F32 largest(0.0f);
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    largest = xsimd::max(largest, xsimd::abs(F32::load_unaligned(x + d)));
  }
  const float unit = ReduceMax(largest) / 127;
  *scale = unit > 0 ? unit : 1;
  for (std::size_t d = 0; d < head_dim; d += F32::size) {
    // |x / scale| may be above 127 where the scale is a denormal.
    const F32 steps = F32::load_unaligned(x + d) / F32(*scale);
    const F32 clamped = xsimd::min(xsimd::max(steps, F32(-127.0f)), F32(127.0f));
    StoreLowBytes(to + d, RoundToInt(clamped), F32::size);
  }
}

// The elements of a row, kCount at a time, to every `step`th place.
template <std::size_t kCount, class T>
void Scatter(const T* row, std::size_t head_dim, T* to, std::size_t step) {
  for (std::size_t d = 0; d < head_dim; d += kCount) {
    __builtin_memcpy(to + d / kCount * step, row + d, kCount * sizeof(T));
  }
}

template <class T>
void Store(const StoreKvArgs& args) {
  const KvView& cache = args.cache;
  // Head by head: tokens that follow each other share the lines of their group.
  for (std::size_t g = 0; g < cache.n_kv_heads; ++g) {
    for (std::size_t i = 0; i < args.rows.count; ++i) {
      const std::size_t t = cache.length + i;
      const std::size_t from = i * args.rows.ld + g * cache.head_dim;
      float* k_scale = nullptr;
      float* v_scale = nullptr;
      if constexpr (sizeof(T) == 1) {
        const std::size_t scale = ScaleIndex(cache, g, t);
        k_scale = cache.k_scales + scale;
        v_scale = cache.v_scales + scale;
      }
      float rotated[kMaxHeadDim];
      const float* key = args.rows.k + from;
      if (args.rope != nullptr) {
        RotateRow(key, cache.head_dim, args.rope + t * cache.head_dim, rotated);
        key = rotated;
      }
      T* const k = static_cast<T*>(cache.k) + KeyIndex(cache, g, t, 0);
      T* const v = static_cast<T*>(cache.v) + ValueIndex(cache, g, t, 0);
      T row[kMaxHeadDim];
      StoreRow(key, cache.head_dim, row, k_scale);
      Scatter<kPack<T>>(row, cache.head_dim, k, kKvGroup * kPack<T>);
      if constexpr (kPack<T> == 1) {
        StoreRow(args.rows.v + from, cache.head_dim, v, v_scale);
      } else {
        StoreRow(args.rows.v + from, cache.head_dim, row, v_scale);
        Scatter<1>(row, cache.head_dim, v, kPack<T>);
      }
    }
  }
}

}  // namespace

void StoreKv(const StoreKvArgs& args) {
  assert(args.cache.head_dim % kHeadDimUnit == 0 && args.cache.head_dim <= kMaxHeadDim);
  assert(args.cache.block_tokens % kKvGroup == 0);
  assert(args.rows.count <= args.cache.n_blocks * args.cache.block_tokens);
  WithElementsOf(args.cache, [&](auto type) { Store<decltype(type)>(args); });
}

void Rotate(const RotateArgs& args) {
  assert(args.head_dim % kHeadDimUnit == 0);
  for (std::size_t t = 0; t < args.count; ++t) {
    for (std::size_t h = 0; h < args.n_heads; ++h) {
      float* x = args.x + t * args.ld + h * args.head_dim;
      RotateRow(x, args.head_dim, args.rope + (args.position + t) * args.head_dim, x);
    }
  }
}

}  // namespace podium::PODIUM_ISA
