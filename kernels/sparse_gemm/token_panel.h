// Panels of activations, where the tokens of a channel are contiguous: made from either layout, and turned
// back.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/simd/partial.h"
#include "kernels/simd/transpose16.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// to[j * to_stride + i] = from[i * from_stride + j], strides in words of 32 bits, whatever they hold.
void TransposeWords(std::size_t rows, std::size_t columns, const void* from_words,
                    std::size_t from_stride, void* to_words, std::size_t to_stride) {
  const auto* const from = static_cast<const std::uint32_t*>(from_words);
  auto* const to = static_cast<std::uint32_t*>(to_words);
  for (std::size_t i0 = 0; i0 < rows; i0 += 16) {
    const std::size_t end = rows - i0 < 16 ? rows : i0 + 16;
    std::size_t j = 0;
    for (; end - i0 == 16 && j + 16 <= columns; j += 16) {
      Transpose16x16(from + i0 * from_stride + j, from_stride, to + j * to_stride + i0, to_stride);
    }
    const std::size_t whole = i0 + (end - i0) / 4 * 4;
    for (; j + 4 <= columns; j += 4) {
      for (std::size_t i = i0; i < whole; i += 4) {
        Words4 block[4];
        for (int r = 0; r < 4; ++r) block[r] = LoadWords4(from + (i + r) * from_stride + j);
        Transpose4x4(block);
        for (int r = 0; r < 4; ++r) StoreWords4(to + (j + r) * to_stride + i, block[r]);
      }
      for (std::size_t i = whole; i < end; ++i) {
        for (std::size_t k = j; k < j + 4; ++k) {
          __builtin_memcpy(to + k * to_stride + i, from + i * from_stride + k, 4);
        }
      }
    }
    for (; j < columns; ++j) {
      for (std::size_t i = i0; i < end; ++i) {
        __builtin_memcpy(to + j * to_stride + i, from + i * from_stride + j, 4);
      }
    }
  }
}

// y[t * ldy + n] = sums[n * width + t], 16 tokens at a time, so that so many rows of Y are written as
// streams and not all at once.
inline void SumsToTokens(std::size_t rows, std::size_t tokens, const void* sums, std::size_t width,
                         void* y, std::size_t ldy) {
  const auto* const from = static_cast<const std::uint32_t*>(sums);
  auto* const to = static_cast<std::uint32_t*>(y);
  for (std::size_t t = 0; t < tokens; t += 16) {
    const std::size_t some = tokens - t < 16 ? tokens - t : 16;
    TransposeWords(rows, some, from + t, width, to + t * ldy, ldy);
  }
}

// X and Y of floats, as an Io of sparse_tile.h.
struct IoF32 {
  bool direct;  // feature-major
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;

  // Columns of X that are a panel already, or a copy of them in `panel`.
  template <std::size_t kWidth>
  const float* Load(float* panel, std::size_t c0, std::size_t columns, std::size_t m,
                    std::size_t tokens) const {
    if (direct && ldx == kWidth && tokens == kWidth &&
        reinterpret_cast<std::uintptr_t>(x) % 64 == 0) {
      return x + c0 * kWidth;
    }
    Copy<kWidth>(panel, c0, columns, m, tokens);
    return panel;
  }

  // Only the last batch of tokens may be partial: its other lanes are zeros, whose sums are never stored.
  template <std::size_t kWidth>
  void Copy(float* panel, std::size_t c0, std::size_t columns, std::size_t m,
            std::size_t tokens) const {
    if (direct) {
      constexpr int kVecs = kWidth / F32::size;
      assert(tokens + F32::size > kWidth);
      const float* const from = x + c0 * ldx + m;
      for (std::size_t k = 0, ld = ldx; k < columns; ++k) {
        const float* const row = from + k * ld;
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
          constexpr std::size_t kBegin = v * F32::size;
          LoadLanes<F32>(row + kBegin, v < kVecs - 1 ? F32::size : tokens - kBegin)
              .store_aligned(panel + k * kWidth + kBegin);
        });
      }
    } else {
      TransposeWords(tokens, columns, x + m * ldx + c0, ldx, panel, kWidth);
      for (std::size_t k = 0; tokens < kWidth && k < columns; ++k) {
        for (std::size_t t = tokens; t < kWidth; ++t) panel[k * kWidth + t] = 0;
      }
    }
  }

  void Finish(const float* sums, std::size_t width, std::size_t n0, std::size_t rows, std::size_t m,
              std::size_t tokens) const {
    SumsToTokens(rows, tokens, sums, width, y + m * ldy + n0, ldy);
  }
};

}  // namespace
}  // namespace podium::PODIUM_ISA
