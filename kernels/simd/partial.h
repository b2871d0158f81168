// Loads and stores of the first `count` lanes of a batch, 0 <= count <= size, for the ends of rows.
// Nothing outside these lanes is read or written; lanes that are not loaded are 0.
#pragma once

#include <cstring>

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

#if defined(__AVX512F__)

inline __mmask16 FirstLanes(std::size_t count) {
  return static_cast<__mmask16>((1u << count) - 1u);
}

inline F32 LoadPartial(const float* p, std::size_t count) {
  return _mm512_maskz_loadu_ps(FirstLanes(count), p);
}
inline I32 LoadPartial(const std::int32_t* p, std::size_t count) {
  return _mm512_maskz_loadu_epi32(FirstLanes(count), p);
}
inline void StorePartial(float* p, F32 x, std::size_t count) {
  _mm512_mask_storeu_ps(p, FirstLanes(count), x);
}
inline void StorePartial(std::int32_t* p, I32 x, std::size_t count) {
  _mm512_mask_storeu_epi32(p, FirstLanes(count), x);
}

#else

template <class T>
inline xsimd::batch<T, Arch> LoadPartial(const T* p, std::size_t count) {
  T lanes[xsimd::batch<T, Arch>::size] = {};
  if (count > 0) std::memcpy(lanes, p, count * sizeof(T));
  return xsimd::batch<T, Arch>::load_unaligned(lanes);
}
template <class T>
inline void StorePartial(T* p, xsimd::batch<T, Arch> x, std::size_t count) {
  T lanes[xsimd::batch<T, Arch>::size];
  x.store_unaligned(lanes);
  if (count > 0) std::memcpy(p, lanes, count * sizeof(T));
}

#endif

// The same for count >= size too, where all lanes are meant: without a mask.
template <class Batch>
inline Batch LoadLanes(const typename Batch::value_type* p, std::size_t count) {
  return count >= Batch::size ? Batch::load_unaligned(p) : LoadPartial(p, count);
}
template <class T>
inline void StoreLanes(T* p, xsimd::batch<T, Arch> x, std::size_t count) {
  if (count >= xsimd::batch<T, Arch>::size) {
    x.store_unaligned(p);
  } else {
    StorePartial(p, x, count);
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
