// PackDotWords of dot_int8.h for activations whose rows are contiguous, not their channels.
#pragma once

#include "kernels/simd/dot_int8.h"

namespace podium::PODIUM_ISA {
namespace {

// The words of four bytes of each of four rows, to words[s * stride + row] for step s.
template <class A>
[[gnu::always_inline]] inline void StoreDotWords(Words4 bytes, std::uint32_t* words,
                                                 std::size_t stride) {
#if defined(__AVX512VNNI__) || defined(__ARM_FEATURE_DOTPROD)
  static_cast<void>(stride);
  StoreWords4(words, bytes ^ kDotFlip<A>);
#else
  StoreWords4(words, WidenBytePairs<A>(bytes));
  StoreWords4(words + stride, WidenBytePairs<A>(bytes >> 16));
#endif
}

// The words of four activations of 16 rows, of which the k-th is a[k * lda + row]: words[s * stride +
// row] = step s.
template <class A>
void PackDotWordsOfColumns(const A* a, std::size_t lda, std::uint32_t* words, std::size_t stride) {
  using Bytes = std::uint8_t __attribute__((vector_size(16)));
  using Pairs = std::uint16_t __attribute__((vector_size(16)));
  Bytes k[4];
  for (int j = 0; j < 4; ++j) std::memcpy(&k[j], a + j * lda, sizeof(k[j]));
  const auto lower = [](Bytes x, Bytes y) {
    return reinterpret_cast<Pairs>(
        __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  };
  const auto upper = [](Bytes x, Bytes y) {
    return reinterpret_cast<Pairs>(__builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                           28, 13, 29, 14, 30, 15, 31));
  };
  const Pairs x[] = {lower(k[0], k[1]), upper(k[0], k[1])};
  const Pairs y[] = {lower(k[2], k[3]), upper(k[2], k[3])};
  for (int i = 0; i < 2; ++i) {
    StoreDotWords<A>(
        reinterpret_cast<Words4>(__builtin_shufflevector(x[i], y[i], 0, 8, 1, 9, 2, 10, 3, 11)),
        words + 8 * i, stride);
    StoreDotWords<A>(
        reinterpret_cast<Words4>(__builtin_shufflevector(x[i], y[i], 4, 12, 5, 13, 6, 14, 7, 15)),
        words + 8 * i + 4, stride);
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
