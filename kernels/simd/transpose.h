// Transposes 4 x 4 blocks of 32-bit words, whatever they hold.
#pragma once

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

// Word j of row i, at from + i * from_stride + 4 j, becomes word i of row j, at to + j * to_stride
// + 4 i. Strides are in bytes; any alignment.
[[gnu::always_inline]] inline void TransposeWords4x4(const void* from, std::size_t from_stride,
                                                     void* to, std::size_t to_stride) {
  using Words = std::int32_t __attribute__((vector_size(16)));
  const auto load = [&](std::size_t i) __attribute__((always_inline)) {
    Words row;
    __builtin_memcpy(&row, static_cast<const char*>(from) + i * from_stride, sizeof(row));
    return row;
  };
  const auto store = [&](std::size_t j, Words row) __attribute__((always_inline)) {
    __builtin_memcpy(static_cast<char*>(to) + j * to_stride, &row, sizeof(row));
  };
  const Words r0 = load(0), r1 = load(1), r2 = load(2), r3 = load(3);
  const Words a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);  // 00 10 01 11
  const Words b = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);  // 20 30 21 31
  const Words c = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);  // 02 12 03 13
  const Words d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);  // 22 32 23 33
  store(0, __builtin_shufflevector(a, b, 0, 1, 4, 5));
  store(1, __builtin_shufflevector(a, b, 2, 3, 6, 7));
  store(2, __builtin_shufflevector(c, d, 0, 1, 4, 5));
  store(3, __builtin_shufflevector(c, d, 2, 3, 6, 7));
}

}  // namespace
}  // namespace podium::PODIUM_ISA
