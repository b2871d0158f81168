// The blocked loops and the register tiles that all products of sparse_view.h share.
//
// For a tile of tokens, a slice of X is copied to the stack as a panel, whose rows of kWidth tokens
// neither ldx nor cache associativity spreads, and all segments of the slice are swept over it.
// Between slices sums wait on the stack, for the same reason. Where X or Y is such a panel already,
// there is no copy: what is moved between the caches is what counts when weights are few.
//
// A Mac (multiply-accumulate) describes the meeting of a block with a column of the panel:
//   View             of the weights
//   Acc, Word        the batch of sums, one lane per token, and its element
//   kWords           words of X per token and column
//   Step(acc, panel, at, w)   acc[r][v] += what a block has for its channel r, times kWords rows of
//                    the panel from `at` on, kVecs batches each. `w` is the place of its weights or,
//                    where kBlockRows is 1, Weights: those of the block in all lanes
//   Spread(w, weights)        where kBlockRows is 1: the Weights of the four blocks at w
// An Io knows what X and Y look like:
//   Load<kWidth>(panel, c0, columns, m, tokens)   columns of X, from block column c0 on, in the panel
//                    or, if they have that form, where they are
//   direct           sums go to y, at y + n * ldy + m; else they stay on the stack, for Finish
//   Finish(sums, width, n0, rows, m, tokens)      takes them: sums[(n - n0) * width + token]
#pragma once

#include "kernels/simd/opaque.h"
#include "kernels/simd/unroll.h"
#include "kernels/sparse_gemm/sparse_view.h"
#include "kernels/sparse_gemm/token_panel.h"

namespace podium::PODIUM_ISA {
namespace {

// panel + at, added up in the address of the load: else the compiler adds once for all batches, which
// takes an instruction more.
template <class Word>
[[gnu::always_inline]] inline const Word* Place(const Word* panel, std::size_t& at) {
  at = Opaque(at);
  return panel + at;
}

template <class View>
struct Segment {
  const std::uint16_t* col_idx;
  const typename View::Value* values;
  const std::uint16_t* masks;  // or null
  std::size_t count;
  std::size_t row;  // block row within the group
  bool first;       // of its block row: no sums wait
};

// Calls for each group of `channels` output channels from n0 on
//   slice(n0, c0, columns, last)   before the segments of a slice of so many columns; last: of the
//                              group
//   segment(Segment, rows)     for each, with its output channels within the group, counted from n0
//   group(n0, channels)        after all slices
template <class View, class OnSlice, class OnSegment, class OnGroup>
[[gnu::always_inline]] inline void Sweep(const View& w, const OnSlice& slice,
                                         const OnSegment& segment, const OnGroup& group) {
  constexpr std::size_t kRows = View::kBlockRows;
  const std::size_t columns = (w.K + View::kBlockCols - 1) / View::kBlockCols;
  const SparseSegment* next = w.segments;
  Segment<View> s = {.col_idx = w.col_idx,
                     .values = w.values,
                     .masks = w.masks,
                     .count = 0,
                     .row = 0,
                     .first = true};
  for (std::size_t n0 = 0; n0 < w.N; n0 += kGroupChannels) {
    const std::size_t channels = w.N - n0 < kGroupChannels ? w.N - n0 : kGroupChannels;
    const std::size_t block_rows = (channels + kRows - 1) / kRows;
    std::size_t c0 = 0;
    do {  // once even if K = 0
      const std::size_t c1 = columns - c0 < w.slice_columns ? columns : c0 + w.slice_columns;
      slice(n0, c0, c1 - c0, c1 == columns);
      s.first = c0 == 0;
      for (std::size_t b = 0; b < block_rows; ++b, ++next) {
        s.row = next->row;
        s.count = next->count;
        const std::size_t left = channels - s.row * kRows;
        segment(s, left < kRows ? left : kRows);
        s.col_idx += s.count;
        s.values += s.count * kRows * View::kBlockCols;
        if (s.masks != nullptr) s.masks += w.slice_columns / kMaskColumns;
      }
      c0 = c1;
    } while (c0 < columns);
    group(n0, channels);
  }
}

// kBlockRows output channels x kVecs batches of tokens, the last of them perhaps partial.
template <class Mac, int kVecs>
struct TokensTile {
  using View = typename Mac::View;
  using Acc = typename Mac::Acc;
  using Word = typename Mac::Word;
  static constexpr int kRows = View::kBlockRows;
  static constexpr std::size_t kWidth = kVecs * Acc::size, kColumn = kWidth * Mac::kWords;

  // Blocks in a row go to sums of their own where else the latency of an addition (4 cycles in two
  // units: 8 sums) would be waited for.
  static constexpr int kChains = kRows > 1 || kVecs > 4 ? 1 : kVecs > 2 ? 2 : 4;

  Acc acc[kChains][kRows][kVecs];

  [[gnu::always_inline]] void Clear() {
    Unroll<kChains>([&](auto c) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) { acc[c][r][v] = Acc(0); });
      });
    });
  }

  // Whole tiles: sums that wait between slices, and most of those that go to Y.
  [[gnu::always_inline]] void Load(const Word* from) {
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        acc[0][r][v] = Acc::load_unaligned(from + r * kWidth + v * Acc::size);
      });
    });
  }
  [[gnu::always_inline]] void Store(Word* to, std::size_t ld = kWidth) const {
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        acc[0][r][v].store_unaligned(to + r * ld + v * Acc::size);
      });
    });
  }

  // The others, as far as they are in Y; of the batches of tokens only the last may be partial.
  [[gnu::always_inline]] void Store(Word* y, std::size_t ldy, std::size_t rows,
                                    std::size_t tokens) const {
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      if (kRows > 1 && static_cast<std::size_t>(r) >= rows) return;
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        constexpr std::size_t kBegin = v * Acc::size;
        StoreLanes(y + r * ldy + kBegin, acc[0][r][v], v < kVecs - 1 ? Acc::size : tokens - kBegin);
      });
    });
  }

  [[gnu::always_inline]] void Multiply(const Segment<View>& s, const Word* panel) {
    constexpr std::size_t kBlock = View::kBlockRows * View::kBlockCols;
    // Four blocks at a time: loads are what is scarce, and so one fetches the columns of all, which
    // become places in the panel by one multiplication, and one the weights where they are single.
    static_assert(kColumn * View::kMaxSliceColumns <= 1 << 16);
    const std::size_t fours = s.count & ~std::size_t{3};
    for (std::size_t i = 0; i < fours; i += 4) {
      std::uint64_t columns;
      __builtin_memcpy(&columns, s.col_idx + i, sizeof(columns));
      columns *= kColumn;
      const auto at = [&](auto u) __attribute__((always_inline)) {
        return static_cast<std::size_t>(columns >> 16 * u & 0xFFFF);
      };
      if constexpr (kRows == 1) {
        typename Mac::Weights weights[4];
        Mac::Spread(s.values + i * kBlock, weights);
        Unroll<4>([&](auto u) __attribute__((always_inline)) {
          Mac::Step(acc[u % kChains], panel, at(u), weights[u]);
        });
      } else {
        Unroll<4>([&](auto u) __attribute__((always_inline)) {
          Mac::Step(acc[0], panel, at(u), s.values + (i + u) * kBlock);
        });
      }
    }
    Unroll<3>([&](auto u) __attribute__((always_inline)) {
      if (const std::size_t i = fours + u; i < s.count) {
        Mac::Step(acc[u % kChains], panel, s.col_idx[i] * kColumn, s.values + i * kBlock);
      }
    });
    Unroll<kChains - 1>([&](auto c) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        acc[0][0][v] = acc[0][0][v] + acc[c + 1][0][v];
      });
    });
  }
};

// Y's tokens m .. m + tokens - 1, at most Tile::kWidth of them.
template <class Mac, class Tile, class Io>
void SweepTokens(const typename Mac::View& w, const Io& io, std::size_t m, std::size_t tokens) {
  using View = typename Mac::View;
  using Word = typename Mac::Word;
  constexpr std::size_t kRows = View::kBlockRows;
  alignas(64) Word copy[Tile::kColumn * View::kMaxSliceColumns];
  alignas(64) Word waiting[Tile::kWidth * kGroupChannels];
  const Word* panel = nullptr;
  const bool whole = tokens == Tile::kWidth && w.N % kRows == 0;
  // Where sums of a slice come from and go to, and whether only a part of them goes.
  Word *from = nullptr, *to = nullptr;
  std::size_t to_stride = 0;
  bool partial = false;
  Sweep(
      w,
      [&](std::size_t n0, std::size_t c0, std::size_t columns, bool last)
          __attribute__((always_inline)) {
            panel = io.template Load<Tile::kWidth>(copy, c0, columns, m, tokens);
            const bool to_y = io.direct && last;
            from = io.direct && whole && io.ldy == Tile::kWidth ? io.y + n0 * io.ldy + m : waiting;
            to = to_y ? io.y + n0 * io.ldy + m : from;
            to_stride = to_y ? io.ldy : Tile::kWidth;
            partial = to_y && !whole;
          },
      [&](const Segment<View>& s, std::size_t rows) __attribute__((always_inline)) {
        Tile tile;
        tile.Clear();
        if (!s.first) tile.Load(from + s.row * kRows * Tile::kWidth);
        tile.Multiply(s, panel);
        Word* const here = to + s.row * kRows * to_stride;
        if (partial) [[unlikely]] {
          tile.Store(here, to_stride, rows, tokens);
        } else {
          tile.Store(here, to_stride);
        }
      },
      [&](std::size_t n0, std::size_t channels) __attribute__((always_inline)) {
        if (!io.direct) io.Finish(waiting, Tile::kWidth, n0, channels, m, tokens);
      });
}

// The only token: no vector of them to share a weight. A OneToken says what View is, and
//   Word, kWords             what the activations of a block column are
//   Sum, Zero()              what waits, for a block row, between slices
//   Mac(sum, segment, masks, panel)   adds the products of a segment, which has so many masks if any
//   Store(sum, to)           its kBlockRows sums
template <class OneToken, class Io>
void SweepOneToken(const typename OneToken::View& w, const Io& io) {
  using View = typename OneToken::View;
  using Word = typename OneToken::Word;
  using Sum = typename OneToken::Sum;
  constexpr std::size_t kRows = View::kBlockRows;
  alignas(64) Word panel[OneToken::kWords * View::kMaxSliceColumns] = {};
  alignas(64) Sum waiting[kGroupChannels / kRows];
  alignas(64) Word sums[kGroupChannels];
  const std::size_t masks = w.slice_columns / kMaskColumns;
  Sweep(
      w,
      [&](std::size_t, std::size_t c0, std::size_t columns, bool)
          __attribute__((always_inline)) { io.template Load<1>(panel, c0, columns, 0, 1); },
      [&](const Segment<View>& s, std::size_t) __attribute__((always_inline)) {
        waiting[s.row] =
            OneToken::Mac(s.first ? OneToken::Zero() : waiting[s.row], s, masks, panel);
      },
      [&](std::size_t n0, std::size_t channels) __attribute__((always_inline)) {
        for (std::size_t r = 0; r * kRows < channels; ++r) {
          OneToken::Store(waiting[r], sums + r * kRows);
        }
        io.Finish(sums, 1, n0, channels, 0, 1);
      });
}

template <class Mac, class Io, int... i>
void DispatchVecs(std::integer_sequence<int, i...>, std::size_t vecs, const typename Mac::View& w,
                  const Io& io, std::size_t m, std::size_t tokens) {
  using Fn = void(const typename Mac::View&, const Io&, std::size_t, std::size_t);
  static constexpr Fn* kSweeps[] = {SweepTokens<Mac, TokensTile<Mac, i + 1>, Io>...};
  kSweeps[vecs - 1](w, io, m, tokens);
}

// Calls tile(batches, m, tokens) for tiles of up to kVecs batches of kLanes tokens, of M in all.
template <std::size_t kLanes, std::size_t kVecs, class F>
void ForEachTile(std::size_t M, const F& tile) {
  std::size_t vecs = (M + kLanes - 1) / kLanes;
  std::size_t tiles = (vecs + kVecs - 1) / kVecs;
  for (std::size_t m = 0; m < M; --tiles) {
    // Spread evenly: 5 batches are 3 and 2, not 4 and a 1 that waits on latencies.
    const std::size_t tile_vecs = (vecs + tiles - 1) / tiles;
    const std::size_t most = tile_vecs * kLanes;
    const std::size_t tokens = M - m < most ? M - m : most;
    tile(tile_vecs, m, tokens);
    vecs -= tile_vecs;
    m += tokens;
  }
}

template <class Mac, int kVecs, class Io>
void SparseGemm(const typename Mac::View& w, std::size_t M, const Io& io) {
  ForEachTile<Mac::Acc::size, kVecs>(M, [&](std::size_t vecs, std::size_t m, std::size_t tokens) {
    DispatchVecs<Mac>(std::make_integer_sequence<int, kVecs>(), vecs, w, io, m, tokens);
  });
}

}  // namespace
}  // namespace podium::PODIUM_ISA
