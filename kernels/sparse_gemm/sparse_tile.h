// The blocked loops and the register tiles that all products of sparse_view.h share.
//
// For a tile of tokens, a slice of X is copied to the stack as a panel, whose rows of kWidth tokens
// neither ldx nor cache associativity spreads, and all segments of the slice are swept over it.
// Sums wait between slices where Io says.
//
// A Mac (multiply-accumulate) describes the meeting of a block with a column of the panel:
//   View             of the weights
//   Acc, Word        the batch of sums, one lane per token, and its element
//   kWords           words of X per token and column
//   Step(acc, x, w)  acc[r][v] += what the block at w has for its channel r, times x: kWords rows
//                    of the panel, kVecs batches each
// A Tile multiplies segments for a tile of tokens:
//   kWidth           words per row of the panel
//   Multiply(segment, panel, rows, tokens, y, ldy)
// An Io knows what X and Y look like:
//   Load<kWidth>(panel, c0, columns, m, tokens)   columns of X, from block column c0 on
//   direct           sums may wait in y, at y + n * ldy + m; else on the stack, for Finish
//   Finish(sums, width, n0, rows, m, tokens)      takes them: sums[(n - n0) * width + token]
#pragma once

#include "kernels/simd/partial.h"
#include "kernels/simd/transpose.h"
#include "kernels/simd/unroll.h"
#include "kernels/sparse_gemm/sparse_view.h"

namespace podium::PODIUM_ISA {
namespace {

template <class View>
struct Segment {
  const std::uint16_t* col_idx;
  const typename View::Value* values;
  std::size_t count;
  bool first;  // of its block row: no sums wait
};

// kBlockRows output channels x kVecs batches of tokens, the last of them perhaps partial.
template <class Mac, int kVecs>
struct TokensTile {
  using View = typename Mac::View;
  using Acc = typename Mac::Acc;
  using Word = typename Mac::Word;
  static constexpr int kRows = View::kBlockRows;
  static constexpr std::size_t kWidth = kVecs * Acc::size;

  // Segments of single rows are padded to pairs, and the two of a pair go to sums of their own
  // where else the latency of an addition (4 cycles in two units: 8 sums) would be waited for.
  static constexpr int kUnroll = kRows == 1 ? 2 : 1;
  static constexpr int kChains = kRows * kVecs < 8 ? kUnroll : 1;

  static void Multiply(const Segment<View>& s, const Word* panel, std::size_t rows,
                       std::size_t tokens, Word* y, std::size_t ldy) {
    Acc acc[kChains][kRows][kVecs];
    const auto for_each = [](const auto& f) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) { f(r, v); });
      });
    };
    for_each([&](auto r, auto v) __attribute__((always_inline)) {
      Unroll<kChains>([&](auto c) __attribute__((always_inline)) { acc[c][r][v] = Acc(0); });
    });
    // Calls f(sums, their place in y, how many of them) for each batch of the tile within W.
    const auto for_each_batch = [&](const auto& f) __attribute__((always_inline)) {
      for_each([&](auto r, auto v) __attribute__((always_inline)) {
        constexpr std::size_t kBegin = v * Acc::size;
        if (static_cast<std::size_t>(r) < rows) {
          f(acc[0][r][v], y + r * ldy + kBegin, tokens - kBegin);
        }
      });
    };
    if (!s.first) {
      for_each_batch([](Acc & sum, const Word* from, std::size_t count)
                         __attribute__((always_inline)) { sum = LoadLanes<Acc>(from, count); });
    }
    constexpr std::size_t kBlock = View::kBlockRows * View::kBlockCols;
    for (std::size_t i = 0; i < s.count; i += kUnroll) {
      Unroll<kUnroll>([&](auto u) __attribute__((always_inline)) {
        const Word* const x = panel + s.col_idx[i + u] * (kWidth * Mac::kWords);
        Mac::Step(acc[u % kChains], x, s.values + (i + u) * kBlock);
      });
    }
    if constexpr (kChains == 2) {
      for_each([&](auto r, auto v)
                   __attribute__((always_inline)) { acc[0][r][v] = acc[0][r][v] + acc[1][r][v]; });
    }
    for_each_batch([](Acc sum, Word * to, std::size_t count)
                       __attribute__((always_inline)) { StoreLanes(to, sum, count); });
  }
};

// Y's tokens m .. m + tokens - 1, at most Tile::kWidth of them.
template <class Mac, class Tile, class Io>
void SweepTokens(const typename Mac::View& w, const Io& io, std::size_t m, std::size_t tokens) {
  using View = typename Mac::View;
  using Word = typename Mac::Word;
  constexpr std::size_t kRows = View::kBlockRows, kColumn = Tile::kWidth * Mac::kWords;
  alignas(64) Word panel[kColumn * (kMaxSliceColumns + 1)];
  alignas(64) Word waiting[Tile::kWidth * kGroupChannels];
  for (std::size_t i = 0; i < kColumn; ++i) panel[w.slice_columns * kColumn + i] = 0;

  const std::size_t columns = (w.K + View::kBlockCols - 1) / View::kBlockCols;
  const SparseSegment* next = w.segments;
  Segment<View> s = {.col_idx = w.col_idx, .values = w.values, .count = 0, .first = true};
  for (std::size_t n0 = 0; n0 < w.N; n0 += kGroupChannels) {
    const std::size_t channels = w.N - n0 < kGroupChannels ? w.N - n0 : kGroupChannels;
    const std::size_t block_rows = (channels + kRows - 1) / kRows;
    Word* const y = io.direct ? io.y + n0 * io.ldy + m : waiting;
    const std::size_t ldy = io.direct ? io.ldy : Tile::kWidth;
    std::size_t c0 = 0;
    do {  // once even if K = 0
      const std::size_t c1 = columns - c0 < w.slice_columns ? columns : c0 + w.slice_columns;
      io.template Load<Tile::kWidth>(panel, c0, c1 - c0, m, tokens);
      s.first = c0 == 0;
      for (std::size_t b = 0; b < block_rows; ++b, ++next) {
        // Rows come in no order that a hardware prefetcher knows. The last is followed by itself.
        const std::size_t ahead = next[b + 1 < block_rows ? 1 : 0].row * kRows;
        Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
          const Word* const line = y + (ahead + r) * ldy;
          for (std::size_t i = 0; i < Tile::kWidth; i += 64 / sizeof(Word)) {
            __builtin_prefetch(line + i, 1);
          }
        });
        const std::size_t n = next->row * kRows;
        s.count = next->count;
        Tile::Multiply(s, panel, channels - n < kRows ? channels - n : kRows, tokens, y + n * ldy,
                       ldy);
        s.col_idx += s.count;
        s.values += s.count * kRows * View::kBlockCols;
      }
      c0 = c1;
    } while (c0 < columns);
    if (!io.direct) io.Finish(waiting, Tile::kWidth, n0, channels, m, tokens);
  }
}

template <class Mac, class Io, int... i>
void DispatchVecs(std::integer_sequence<int, i...>, std::size_t vecs, const typename Mac::View& w,
                  const Io& io, std::size_t m, std::size_t tokens) {
  using Fn = void(const typename Mac::View&, const Io&, std::size_t, std::size_t);
  static constexpr Fn* kSweeps[] = {SweepTokens<Mac, TokensTile<Mac, i + 1>, Io>...};
  kSweeps[vecs - 1](w, io, m, tokens);
}

// In tiles of up to kVecs batches of tokens.
template <class Mac, int kVecs, class Io>
void SparseGemm(const typename Mac::View& w, std::size_t M, const Io& io) {
  using Acc = typename Mac::Acc;
  std::size_t vecs = (M + Acc::size - 1) / Acc::size;
  std::size_t tiles = (vecs + kVecs - 1) / kVecs;
  for (std::size_t m = 0; m < M; --tiles) {
    // Spread evenly: 5 batches are 3 and 2, not 4 and a 1 that waits on latencies.
    const std::size_t tile_vecs = (vecs + tiles - 1) / tiles;
    const std::size_t most = tile_vecs * Acc::size;
    const std::size_t tokens = M - m < most ? M - m : most;
    DispatchVecs<Mac>(std::make_integer_sequence<int, kVecs>(), tile_vecs, w, io, m, tokens);
    vecs -= tile_vecs;
    m += tokens;
  }
}

// to[j * to_stride + i] = from[i * from_stride + j], for words of 32 bits.
template <class From, class To>
void TransposeWords(std::size_t rows, std::size_t columns, const From* from,
                    std::size_t from_stride, To* to, std::size_t to_stride) {
  static_assert(sizeof(From) == 4 && sizeof(To) == 4);
  // A line of `to` is written at once: rows that are a multiple of 4 KiB apart share their place in
  // L1, and a line written in parts would have been evicted meanwhile.
  constexpr std::size_t kRows = 16;
  for (std::size_t i0 = 0; i0 < rows; i0 += kRows) {
    const std::size_t end = rows - i0 < kRows ? rows : i0 + kRows;
    const std::size_t whole = i0 + (end - i0) / 4 * 4;
    std::size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      for (std::size_t i = i0; i < whole; i += 4) {
        Words4 block[4];
        for (int r = 0; r < 4; ++r) block[r] = LoadWords4(from + (i + r) * from_stride + j);
        Transpose4x4(block);
        for (int r = 0; r < 4; ++r) StoreWords4(to + (j + r) * to_stride + i, block[r]);
      }
    }
    for (std::size_t i = i0; i < end; ++i) {
      for (std::size_t k = i < whole ? j : 0; k < columns; ++k) {
        __builtin_memcpy(to + k * to_stride + i, from + i * from_stride + k, 4);
      }
    }
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
