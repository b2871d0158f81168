// Transposes 4 x 4 blocks of 32-bit words, whatever they hold.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

using Words4 = std::uint32_t __attribute__((vector_size(16)));

[[gnu::always_inline]] inline Words4 LoadWords4(const void* from) {
  Words4 words;
  __builtin_memcpy(&words, from, sizeof(words));
  return words;
}
[[gnu::always_inline]] inline void StoreWords4(void* to, Words4 words) {
  __builtin_memcpy(to, &words, sizeof(words));
}

// Word j of rows[i] becomes word i of rows[j].
[[gnu::always_inline]] inline void Transpose4x4(Words4 (&rows)[4]) {
  const Words4 a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);  // 00 10 01 11
  const Words4 b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);  // 20 30 21 31
  const Words4 c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);  // 02 12 03 13
  const Words4 d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);  // 22 32 23 33
  rows[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
