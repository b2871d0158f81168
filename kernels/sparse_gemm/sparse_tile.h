// The blocked loops and the register tiles that both sparse forms share: rows of blocks of kRows x
// 1 weights, of which CSR is the case kRows = 1.
//
// A panel of X, a few tokens wide and as deep as its bytes allow, is copied to the stack, where
// neither ldx nor cache associativity matters, and all block rows are swept over it, each going on
// where its columns left the panel before. Sums wait in Y between panels. The columns of a row lie
// anywhere, so it is the panel that must be near; W is read in order, once per tile of tokens.
//
// A Tile is a register tile:
//   kWidth                                   floats per column of the panel
//   CopyPanel(x, ldx, columns, tokens, panel)
//   Multiply(segment, panel, rows, tokens, y, ldy)   returns the first block beyond the segment
#pragma once

#include "kernels/simd/fma.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/quad.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// View: CsrView or Block4x1View.
template <class View>
struct SparseProblem {
  View w;
  std::size_t M;
  const float* x;
  std::size_t ldx;
  float* y;
  std::size_t ldy;
};

// What is left of a block row: the blocks begin .. end - 1, of which those to multiply are the
// first few, with columns below k1. `first`: no sums wait in Y.
struct Segment {
  const std::uint32_t* col_idx;
  const float* values;
  std::size_t begin, end;
  std::size_t k0, k1;  // columns of the panel
  bool first;
};

// Calls step(chain, i) for the blocks i of the segment, with kChains of them in flight: each
// chain's sums wait for the latency of an addition (4 cycles) once in kChains blocks. Returns the
// end.
template <int kChains, class Step>
[[gnu::always_inline]] inline std::size_t ForEachBlock(const Segment& s, const Step& step) {
  std::size_t i = s.begin;
  if constexpr (kChains > 1) {
    for (; i + kChains <= s.end && s.col_idx[i + kChains - 1] < s.k1; i += kChains) {
      Unroll<kChains>([&](auto c) __attribute__((always_inline)) { step(c, i + c); });
    }
  }
  for (; i < s.end && s.col_idx[i] < s.k1; ++i) step(Index<0>(), i);
  return i;
}

// kRows output channels x kVecs batches of tokens, the last of them perhaps partial.
template <int kRows, int kVecs>
struct TokensTile {
  static constexpr std::size_t kWidth = kVecs * F32::size;
  static constexpr int kChains = kRows * kVecs >= 4 ? 1 : 4 / (kRows * kVecs);

  // Lanes beyond the tokens are zeros, and their sums are never stored.
  static void CopyPanel(const float* x, std::size_t ldx, std::size_t columns, std::size_t tokens,
                        float* panel) {
    for (std::size_t k = 0; k < columns; ++k) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        constexpr std::size_t kBegin = v * F32::size;
        LoadLanes<F32>(x + k * ldx + kBegin, tokens - kBegin)
            .store_aligned(panel + k * kWidth + kBegin);
      });
    }
  }

  static std::size_t Multiply(const Segment& segment, const float* panel, std::size_t rows,
                              std::size_t tokens, float* y, std::size_t ldy) {
    F32 acc[kChains][kRows][kVecs];
    Unroll<kChains>([&](auto c) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) { acc[c][r][v] = F32(0); });
      });
    });
    // Calls f(sums, their place in y, how many of them) for each batch of the tile within W.
    const auto for_each_batch = [&](const auto& f) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        if (r >= rows) return;
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
          constexpr std::size_t kBegin = v * F32::size;
          f(acc[0][r][v], y + r * ldy + kBegin, tokens - kBegin);
        });
      });
    };
    if (!segment.first) {
      for_each_batch([](F32 & sum, const float* from, std::size_t count)
                         __attribute__((always_inline)) { sum = LoadLanes<F32>(from, count); });
    }
    const std::size_t end = ForEachBlock<kChains>(
        segment, [&](auto c, std::size_t i) __attribute__((always_inline)) {
          const float* const x = panel + (segment.col_idx[i] - segment.k0) * kWidth;
          F32 xv[kVecs];
          Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
            xv[v] = F32::load_aligned(x + v * F32::size);
          });
          Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
            const F32 w(segment.values[i * kRows + r]);
            Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
              acc[c][r][v] = Fma(w, xv[v], acc[c][r][v]);
            });
          });
        });
    Unroll<kChains - 1>([&](auto c) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
          acc[0][r][v] = acc[0][r][v] + acc[c + 1][r][v];
        });
      });
    });
    for_each_batch([](F32 sum, float* to, std::size_t count)
                       __attribute__((always_inline)) { StoreLanes(to, sum, count); });
    return end;
  }
};

// One token: no vector of them to share a weight. A block of four channels still fills a Quad; a
// single channel is done in scalars, where gathers would cost more than they save.
template <int kRows>
struct OneTokenTile;

template <>
struct OneTokenTile<1> {
  static constexpr std::size_t kWidth = 1;

  static void CopyPanel(const float* x, std::size_t ldx, std::size_t columns,
                        std::size_t /*tokens*/, float* panel) {
    for (std::size_t k = 0; k < columns; ++k) panel[k] = x[k * ldx];
  }

  static std::size_t Multiply(const Segment& s, const float* panel, std::size_t /*rows*/,
                              std::size_t /*tokens*/, float* y, std::size_t /*ldy*/) {
    float acc[4] = {s.first ? 0 : *y, 0, 0, 0};
    const std::size_t end = ForEachBlock<4>(
        s, [&](auto c, std::size_t i) __attribute__((always_inline)) {
          acc[c] += s.values[i] * panel[s.col_idx[i] - s.k0];
        });
    *y = (acc[0] + acc[1]) + (acc[2] + acc[3]);
    return end;
  }
};

template <>
struct OneTokenTile<4> : OneTokenTile<1> {
  static std::size_t Multiply(const Segment& s, const float* panel, std::size_t rows,
                              std::size_t /*tokens*/, float* y, std::size_t ldy) {
    Quad acc[4] = {ZeroQuad(), ZeroQuad(), ZeroQuad(), ZeroQuad()};
    const std::size_t end = ForEachBlock<4>(
        s, [&](auto c, std::size_t i) __attribute__((always_inline)) {
          acc[c] = MacQuad(acc[c], LoadQuad(s.values + i * 4), panel[s.col_idx[i] - s.k0]);
        });
    float sums[4];
    StoreQuad(sums, AddQuads(AddQuads(acc[0], acc[1]), AddQuads(acc[2], acc[3])));
    for (std::size_t r = 0; r < rows; ++r) y[r * ldy] = s.first ? sums[r] : y[r * ldy] + sums[r];
    return end;
  }
};

constexpr std::size_t kPanelBytes = 64 * 1024;
constexpr std::size_t kCursors = 1024;  // block rows swept over one panel

// Columns of a panel. Every segment costs a mispredicted branch and a pass of its sums through Y,
// so a panel of 64 KiB, read from L2, is better than one that L1 holds: at 90 % zeros by a quarter.
// Not so where rows of single weights are long (over a third of their columns): there each weight
// waits for its own loads, and half the panel is better, at 50 % zeros by half.
template <int kRows, class Tile, class View>
std::size_t PanelDepth(const View& w) {
  constexpr std::size_t kMost = kPanelBytes / sizeof(float) / Tile::kWidth;
  return kRows == 1 && w.row_ptr[w.N] / w.N > w.K / 3 ? kMost / 2 : kMost;
}

// Y's tokens m .. m + tokens - 1, at most Tile::kWidth of them.
template <int kRows, class Tile, class View>
void SweepTokens(const SparseProblem<View>& p, std::size_t m, std::size_t tokens) {
  alignas(64) float panel[kPanelBytes / sizeof(float)];
  std::uint32_t cursors[kCursors];  // of each block row, the next block
  const std::size_t depth = PanelDepth<kRows, Tile>(p.w);
  const std::size_t block_rows = (p.w.N + kRows - 1) / kRows;
  for (std::size_t b0 = 0; b0 < block_rows; b0 += kCursors) {
    const std::size_t count = block_rows - b0 < kCursors ? block_rows - b0 : kCursors;
    for (std::size_t b = 0; b < count; ++b) cursors[b] = p.w.row_ptr[b0 + b];
    std::size_t k0 = 0;
    do {  // once even if K = 0
      const std::size_t k1 = p.w.K - k0 < depth ? p.w.K : k0 + depth;
      Tile::CopyPanel(p.x + k0 * p.ldx + m, p.ldx, k1 - k0, tokens, panel);
      for (std::size_t b = 0; b < count; ++b) {
        const Segment segment = {
            .col_idx = p.w.col_idx,
            .values = p.w.values,
            .begin = cursors[b],
            .end = p.w.row_ptr[b0 + b + 1],
            .k0 = k0,
            .k1 = k1,
            .first = k0 == 0,
        };
        const std::size_t n = (b0 + b) * kRows;
        const std::size_t rows = p.w.N - n < kRows ? p.w.N - n : kRows;
        cursors[b] = static_cast<std::uint32_t>(
            Tile::Multiply(segment, panel, rows, tokens, p.y + n * p.ldy + m, p.ldy));
      }
      k0 = k1;
    } while (k0 < p.w.K);
  }
}

template <int kRows, class View, int... i>
void DispatchVecs(std::integer_sequence<int, i...>, std::size_t vecs, const SparseProblem<View>& p,
                  std::size_t m, std::size_t tokens) {
  using Fn = void(const SparseProblem<View>&, std::size_t, std::size_t);
  static constexpr Fn* kSweeps[] = {SweepTokens<kRows, TokensTile<kRows, i + 1>, View>...};
  kSweeps[vecs - 1](p, m, tokens);
}

// In tiles of up to kVecs batches of tokens.
template <int kRows, int kVecs, class View>
void SparseGemm(const SparseProblem<View>& p) {
  if (p.w.N == 0) return;
  if (p.M == 1) return SweepTokens<kRows, OneTokenTile<kRows>>(p, 0, 1);
  std::size_t vecs = (p.M + F32::size - 1) / F32::size;
  std::size_t tiles = (vecs + kVecs - 1) / kVecs;
  for (std::size_t m = 0; m < p.M; --tiles) {
    // Spread evenly: 5 batches are 3 and 2, not 4 and a 1 that waits on latencies.
    const std::size_t tile_vecs = (vecs + tiles - 1) / tiles;
    const std::size_t most = tile_vecs * F32::size;
    const std::size_t tokens = p.M - m < most ? p.M - m : most;
    DispatchVecs<kRows>(std::make_integer_sequence<int, kVecs>(), tile_vecs, p, m, tokens);
    vecs -= tile_vecs;
    m += tokens;
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
