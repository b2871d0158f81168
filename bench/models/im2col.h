// Convolutions as matrix multiplications: the pixels under each position of the window, laid out as
// one row of A. A few rows at a time, so that they stay in L1 until they are multiplied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "bench/models/layers.h"

namespace podium::models {

// A is M x K, the weights N x K.
struct MatmulProblem {
  std::size_t M, N, K;
  std::size_t batch;  // images or tokens, each with M / batch rows
  Window window;      // of a convolution
  bool contiguous;    // the input is A as it is

  std::size_t RowsNow(const LayerIo& io) const { return M / batch * std::min(io.rows, batch); }
};

// Copies `bytes` bytes, rounded up to pieces of 16: rows of a window are so short that a call would
// take longer.
constexpr std::size_t kPiece = 16;
inline void CopyPieces(void* to, const void* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += kPiece) {
    std::memcpy(static_cast<std::byte*>(to) + i, static_cast<const std::byte*>(from) + i, kPiece);
  }
}

// How im2col lays out A, some rows at a time, and of the image what lies under them.
struct Im2colPlan {
  std::size_t block_rows = 0, lda = 0;
  std::size_t a_bytes = 0, padded_bytes = 0;

  // Of rows that are in place, `most_rows` at a time.
  Im2colPlan(const MatmulProblem& p, std::size_t element, std::size_t most_rows)
      : block_rows(std::min(p.M, most_rows)), lda(p.K) {
    if (p.contiguous) return;
    const Window& w = p.window;
    // Room for the last piece of each row.
    lda = (w.KH - 1) * w.KW * w.C + AlignUp(w.KW * w.C * element, kPiece) / element;
    // They stay in L1 until they are multiplied.
    constexpr std::size_t kBlockBytes = 16384;
    block_rows = std::min(p.M, std::clamp<std::size_t>(kBlockBytes / (lda * element), 64, 512));
    a_bytes = AlignUp(block_rows * lda * element, 64);
    // So many positions, wherever they begin, lie in so many rows of the output.
    const std::size_t most = std::min(block_rows, w.OH * w.OW);
    const std::size_t rows = std::min(w.OH, (most - 1 + w.OW - 1) / w.OW + 1);
    const std::size_t width = (w.OW - 1) * w.stride_w + w.KW;
    padded_bytes = AlignUp(((rows - 1) * w.stride_h + w.KH) * width * w.C * element + kPiece, 64);
  }
  std::size_t bytes() const { return a_bytes + padded_bytes; }
};

// Rows of A for `count` positions of the window, from position `first` of one image on. Of the
// image, what lies under them is copied with its padding, in x's zero point, to `padded`: then no
// row of the window needs to know where the image ends.
template <class T>
void Im2col(const Window& w, const T* image, T zero, std::size_t first, std::size_t count, T* a,
            std::size_t lda, T* padded) {
  const std::size_t i0 = first / w.OW, rows = (first + count - 1) / w.OW - i0;
  const std::size_t width = (w.OW - 1) * w.stride_w + w.KW;
  T* to = padded;
  for (std::size_t r = 0; r < rows * w.stride_h + w.KH; ++r, to += width * w.C) {
    const std::size_t row = i0 * w.stride_h + r;
    if (row < w.pad_top || row - w.pad_top >= w.H) {
      std::fill_n(to, width * w.C, zero);
      continue;
    }
    const std::size_t inside = std::min(w.W, width - w.pad_left);
    std::fill_n(to, w.pad_left * w.C, zero);
    std::memcpy(to + w.pad_left * w.C, image + (row - w.pad_top) * w.W * w.C,
                inside * w.C * sizeof(T));
    std::fill_n(to + (w.pad_left + inside) * w.C, (width - w.pad_left - inside) * w.C, zero);
  }
  // Positions of one row of the output at a time, row after row of the window: what a last piece
  // has written too much, the next row of the window overwrites.
  const std::size_t bytes = w.KW * w.C * sizeof(T);
  std::size_t j = first % w.OW;
  for (const T* under = padded; count > 0; under += w.stride_h * width * w.C, j = 0) {
    const std::size_t part = std::min(count, w.OW - j);
    for (std::size_t p = 0; p < w.KH; ++p) {
      const T* from = under + (p * width + j * w.stride_w) * w.C;
      T* row = a + p * w.KW * w.C;
      for (std::size_t m = 0; m < part; ++m, row += lda, from += w.stride_w * w.C) {
        CopyPieces(row, from, bytes);
      }
    }
    a += part * lda;
    count -= part;
  }
}

// f(rows of A, first row, count) for each block of the first M rows; where A is not the input
// itself, `scratch` holds plan.bytes().
template <class T, class F>
void ForEachBlock(const MatmulProblem& p, std::size_t M, const Im2colPlan& plan, const T* x, T zero,
                  std::byte* scratch, const F& f) {
  if (p.contiguous) {
    for (std::size_t m = 0; m < M; m += plan.block_rows) {
      f(x + m * p.K, m, std::min(plan.block_rows, M - m));
    }
    return;
  }
  const Window& w = p.window;
  const std::size_t per_image = w.OH * w.OW;
  T* a = reinterpret_cast<T*>(scratch);
  T* padded = reinterpret_cast<T*>(scratch + plan.a_bytes);
  for (std::size_t m = 0; m < M; m += plan.block_rows) {
    const std::size_t end = std::min(m + plan.block_rows, M);
    for (std::size_t part = m; part < end;) {  // of one image
      const std::size_t image = part / per_image, first = part % per_image;
      const std::size_t count = std::min(end - part, per_image - first);
      Im2col(w, x + image * w.H * w.W * w.C, zero, first, count, a + (part - m) * plan.lda,
             plan.lda, padded);
      part += count;
    }
    f(a, m, end - m);
  }
}

}  // namespace podium::models
