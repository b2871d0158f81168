// Transposes a 16 x 16 block of 32-bit words, whatever they hold.
#pragma once

#include "kernels/simd/transpose.h"

namespace podium::PODIUM_ISA {
namespace {

// to[j * to_stride + i] = from[i * from_stride + j] for i, j < 16, strides in words.
//
// Rows that are a multiple of 4 KiB apart share their place in L1, which holds fewer than 16 of them:
// each line of 64 bytes is read once, in one go, and so it is written.
inline void Transpose16x16(const std::uint32_t* from, std::size_t from_stride, std::uint32_t* to,
                           std::size_t to_stride) {
#if defined(__AVX512F__)
  __m512i a[16], b[16];
  for (int i = 0; i < 16; ++i) a[i] = _mm512_loadu_si512(from + i * from_stride);
  for (int i = 0; i < 16; i += 2) {  // pairs of rows, within 128-bit blocks
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {  // a[i + j]: columns j, j + 4, j + 8, j + 12 of four rows
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int j = 0; j < 4; ++j) {  // the same 128-bit block of 16 rows
    const __m512i even0 = _mm512_shuffle_i32x4(a[j], a[j + 4], 0x88),
                  even1 = _mm512_shuffle_i32x4(a[j + 8], a[j + 12], 0x88),
                  odd0 = _mm512_shuffle_i32x4(a[j], a[j + 4], 0xDD),
                  odd1 = _mm512_shuffle_i32x4(a[j + 8], a[j + 12], 0xDD);
    _mm512_storeu_si512(to + j * to_stride, _mm512_shuffle_i32x4(even0, even1, 0x88));
    _mm512_storeu_si512(to + (j + 4) * to_stride, _mm512_shuffle_i32x4(odd0, odd1, 0x88));
    _mm512_storeu_si512(to + (j + 8) * to_stride, _mm512_shuffle_i32x4(even0, even1, 0xDD));
    _mm512_storeu_si512(to + (j + 12) * to_stride, _mm512_shuffle_i32x4(odd0, odd1, 0xDD));
  }
#else
  alignas(64) std::uint32_t lines[16][16];
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 16; j += 4) {
      Words4 block[4];
      for (int r = 0; r < 4; ++r) block[r] = LoadWords4(from + (i + r) * from_stride + j);
      Transpose4x4(block);
      for (int r = 0; r < 4; ++r) StoreWords4(lines[j + r] + i, block[r]);
    }
  }
  for (int j = 0; j < 16; ++j) __builtin_memcpy(to + j * to_stride, lines[j], sizeof(lines[j]));
#endif
}

}  // namespace
}  // namespace podium::PODIUM_ISA
