// The blocked loops and the register tile that all dense matrix multiplications share.
//
// B is packed in panels of kPanel output channels; a panel holds, step after step along K, one
// batch group of kPanel channels x Mac::kDepth values. For each block of rows and of K, A is packed
// step-major on the stack, tile after tile, where neither lda nor cache associativity matters; then
// each panel of B meets all tiles of the block: the panel stays in L1 while A streams from L2. B is
// read once per block of rows, so with few rows once in all. The scheme is that of Goto and van de
// Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, A and B
// exchanged.
//
// A Mac (multiply-accumulate) describes one step:
//   Acc, Scalar      the batch of sums, one lane per output channel, and its element
//   B, Word          elements of packed B; kDepth elements of A as a step broadcasts them
//   kDepth           values of K per step
//   kRows, kVecs     the register tile: kRows rows of A by kVecs batches of channels
//   kWideRows        rows of a tile of two panels, 0: there is none; it is used from kWideFrom rows on,
//                    or earlier where a panel exceeds L1 anyway
//   kBlockSteps      steps in a block of K; between blocks, sums wait in C. 0: K is not split
//   LoadB(b)         kDepth weights of each of Acc::size channels, as a batch
//   Step(acc, x, w)  acc[v] += x * w[v] for all v < kVecs
// A Rows describes how A becomes Words:
//   A                its elements
//   ToWord(a)        kDepth of them as a Word
//   kBlock           how many of each row PackBlock takes
//   PackBlock(a, lda, words, stride)  words[s * stride + r] = step s of row r, for 4 rows
// A Store writes finished sums: store.Channels(n, count) makes ready for channels n .. n + count - 1,
// count <= Acc::size, and is then called as (acc, m) for each row of the tile. What it loads in
// advance no store to C can make the compiler load again. If it has StartTile(m, n, count) and
// FinishTile(rows), these are called before and after it gets the sums of a tile. If it has
// Choose(use), it is not one itself but calls use(store) with the one that is meant. If it has
// Prefetch(m, n), that fetches early what it will write of row m from channel n on.
#pragma once

#include "kernels/simd/arch.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// The size of equal parts, none above `most`, that `count` splits into.
constexpr std::size_t EvenPart(std::size_t count, std::size_t most) {
  return count <= most ? count : CeilDiv(count, CeilDiv(count, most));
}

template <class Mac>
constexpr std::size_t kPanel = Mac::kVecs* Mac::Acc::size;

// Elements of B in a panel.
template <class Mac>
constexpr std::size_t PanelSize(std::size_t K) {
  return kPanel<Mac> * CeilDiv(K, Mac::kDepth) * Mac::kDepth;
}

// The panel of channels n0 .. n0 + kPanel - 1. Rows and steps beyond N and K are zeros: a product
// with them changes no sum.
template <class Mac>
void PackPanel(std::size_t N, std::size_t K, const typename Mac::B* b, std::size_t ldb,
               std::size_t n0, typename Mac::B* packed) {
  for (std::size_t k0 = 0; k0 < K; k0 += Mac::kDepth) {
    for (std::size_t n = n0; n < n0 + kPanel<Mac>; ++n) {
      for (std::size_t k = k0; k < k0 + Mac::kDepth; ++k) {
        *packed++ = n < N && k < K ? b[n * ldb + k] : 0;
      }
    }
  }
}

template <class Mac>
struct GemmProblem {
  std::size_t M, N, K;
  const typename Mac::B* packed_b;
  std::size_t panel_stride;  // from one panel to the next: PanelSize, and what else stands there
  typename Mac::Scalar* c;   // where sums wait between blocks of K, if it is split
  std::size_t ldc;
};

template <class Rows>
struct RowsOfA {
  const typename Rows::A* a;
  std::size_t lda;
};

// Packed A, on the stack: a fourth of L2, which is 512 KiB where there is no AVX-512, else 1 MiB or
// more. One row of the deepest INT8 product fits.
#if defined(__AVX512F__)
constexpr std::size_t kPackedABytes = 260 * 1024;
#else
constexpr std::size_t kPackedABytes = 132 * 1024;
#endif
// A panel of more does not stay in an L1 of 48 KiB beside a tile of A.
constexpr std::size_t kPanelInL1Bytes = 32 * 1024;
// How far ahead of their reads streams of B are prefetched, in bytes. Several: measured from 256 to 2048
// on a Zen 3 core, weights in memory: 256 and 512 are best. One: from 1024 to 4096 on a Granite Rapids
// core, weights in L3: 2048 is best, by a quarter over no prefetch at all.
constexpr std::size_t StreamAhead(int streams) { return streams > 1 ? 512 : 2048; }
// Several tiles prefetch the next panel in portions, one per so many steps.
constexpr std::size_t kPrefetchSteps = 32;

// Panels that the only tile works on at once, of `rows` rows. With few rows B comes from memory, which
// is read faster in several streams than in one, and the sums of one panel are too few to cover the
// latency of an addition (4 cycles in two units: 8 sums); 8 sums and 8 batches of B fill 16 registers.
template <class Mac>
constexpr int kStreams(int rows) {
  return rows * Mac::kVecs < 8 ? 8 / (rows * Mac::kVecs) : 1;
}

// What one register tile computes: some rows from m on, channels n .. n + count - 1, one block of K.
template <class Mac>
struct Tile {
  const typename Mac::Word* a;  // steps x rows
  const typename Mac::B* b;     // steps x kPanel; the first channel is n
  std::size_t steps;
  std::size_t m, n, count;  // count: of all panels of the tile, but where N ends
  bool first, last;         // block of K
  const char* next;         // B that will be needed soon, to be prefetched
  std::size_t next_lines;   // 64 bytes each, per panel and kPrefetchSteps steps
  bool alone;               // no other tile reads this B: it is prefetched just before it is read
};

template <class Mac, int kRows, int kPanels, bool kAlone>
[[gnu::always_inline]] inline void Accumulate(
    const Tile<Mac>& tile, std::size_t panel_stride,
    typename Mac::Acc (&acc)[kPanels][kRows][Mac::kVecs]) {
  using Acc = typename Mac::Acc;
  const typename Mac::Word* a = tile.a;
  const typename Mac::B* b[kPanels];
  Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
    // A panel beyond the last is the last once more; its sums are not stored.
    const std::size_t last = (tile.count - 1) / kPanel<Mac>;
    b[i] = tile.b + (static_cast<std::size_t>(i) < last ? i : last) * panel_stride;
  });
  constexpr std::size_t kStepB = kPanel<Mac> * Mac::kDepth;
  // Of several streams one line of each per step, and the hardware brings its neighbour.
  constexpr std::size_t kStepLines = kStepB * sizeof(typename Mac::B) / 64;
  constexpr int kLines = kPanels > 1 || kStepLines == 0 ? 1 : static_cast<int>(kStepLines);
  const auto step = [&](auto u) __attribute__((always_inline)) {
    Acc w[kPanels][Mac::kVecs];
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) {
        w[i][v] = Mac::LoadB(b[i] + u * kStepB + v * Acc::size * Mac::kDepth);
        // Several rows share it, and GCC 12 would rather load it again for each of them.
        if constexpr (kRows > 1) w[i][v] = Opaque(w[i][v]);
      });
      if constexpr (kAlone) {
        const char* ahead = reinterpret_cast<const char*>(b[i] + u * kStepB) + StreamAhead(kPanels);
        Unroll<kLines>([&](auto j)
                           __attribute__((always_inline)) { __builtin_prefetch(ahead + 64 * j); });
      }
    });
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      const Acc x(a[u * kRows + r]);
      Unroll<kPanels>([&](auto i)
                          __attribute__((always_inline)) { Mac::Step(acc[i][r], x, w[i]); });
    });
  };
  const auto advance = [&](std::size_t steps) __attribute__((always_inline)) {
    a += steps * kRows;
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) { b[i] += steps * kStepB; });
  };
  // Unrolled, so that the loop's own instructions do not matter where two threads share a core.
  constexpr int kUnroll = 2;
  const char* next = tile.next;
  for (std::size_t s0 = 0; s0 < tile.steps; s0 += kPrefetchSteps) {
    for (std::size_t line = 0; !kAlone && line < tile.next_lines; ++line, next += 64) {
      Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
        __builtin_prefetch(next + i * panel_stride * sizeof(typename Mac::B), 0, 2);
      });
    }
    const std::size_t rest = tile.steps - s0;
    std::size_t s = rest < kPrefetchSteps ? rest : kPrefetchSteps;
    for (; s >= kUnroll; s -= kUnroll) {
      Unroll<kUnroll>([&](auto u) __attribute__((always_inline)) { step(u); });
      advance(kUnroll);
    }
    for (; s > 0; --s) {
      step(Index<0>());
      advance(1);
    }
  }
}

template <class Mac, int kRows, int kPanels, class Store>
void RunTile(const GemmProblem<Mac>& problem, const Tile<Mac>& which, const Store& store_to) {
  using Acc = typename Mac::Acc;
  // Copies, which no store to C can change: their members stay in registers.
  const GemmProblem<Mac> p = problem;
  const Tile<Mac> tile = which;
  const bool first = Mac::kBlockSteps == 0 || tile.first;
  const bool last = Mac::kBlockSteps == 0 || tile.last;

  Acc acc[kPanels][kRows][Mac::kVecs];
  Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) { acc[i][r][v] = Acc(0); });
    });
  });
  // The lines of C, so that the next tile need not wait for them. (Zen 5, INT8, K = 1024: by 4 to 15 %.
  // Not with f32 before sums wait in C: no gain, and with the short K of attention a seventh slower.)
  const auto for_each_batch = [&](const auto& fetch) __attribute__((always_inline)) {
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      Unroll<kPanels * Mac::kVecs>([&](auto iv) __attribute__((always_inline)) {
        fetch(tile.m + r, tile.n + iv * Acc::size);
      });
    });
  };
  if constexpr (requires { store_to.Prefetch(tile.m, tile.n); }) {
    for_each_batch([&](std::size_t m, std::size_t n)
                       __attribute__((always_inline)) { store_to.Prefetch(m, n); });
  } else if (!first) {
    for_each_batch([&](std::size_t m, std::size_t n) __attribute__((always_inline)) {
      __builtin_prefetch(p.c + m * p.ldc + n, 1);
    });
  }
  // Several tiles have half of the most rows or more each.
  constexpr int kMost = kPanels == 2 && kRows * Mac::kVecs > 4 ? Mac::kWideRows : Mac::kRows;
  if (2 * kRows < kMost || tile.alone) {
    Accumulate<Mac, kRows, kPanels, true>(tile, p.panel_stride, acc);
  } else {
    Accumulate<Mac, kRows, kPanels, false>(tile, p.panel_stride, acc);
  }

  const auto use = [&](auto store) __attribute__((always_inline)) {
    if constexpr (requires { store.StartTile(tile.m, tile.n, tile.count); }) {
      store.StartTile(tile.m, tile.n, tile.count);
    }
    // Calls f with what takes the sum of one row of channels n to n + count - 1.
    const auto finish = [&](std::size_t n, std::size_t count, const auto& f)
        __attribute__((always_inline)) {
      if (last) {
        f(store.Channels(n, count));
      } else {
        f([&](Acc sum, std::size_t m)
              __attribute__((always_inline)) { StoreLanes(p.c + m * p.ldc + n, sum, count); });
      }
    };
    const auto add = [&](Acc & sum, std::size_t m, std::size_t n, std::size_t count)
        __attribute__((always_inline)) {
      if (!first) sum = sum + LoadLanes<Acc>(p.c + m * p.ldc + n, count);
    };
    Unroll<kPanels * Mac::kVecs>([&](auto iv) __attribute__((always_inline)) {
      constexpr int i = iv / Mac::kVecs, v = iv % Mac::kVecs;
      const std::size_t before = iv * Acc::size, n = tile.n + before;
      if (tile.count >= before + Acc::size) {
        Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
          add(acc[i][r][v], tile.m + r, n, Acc::size);
        });
        finish(
            n, Acc::size, [&](const auto& take) __attribute__((always_inline)) {
              Unroll<kRows>([&](auto r)
                                __attribute__((always_inline)) { take(acc[i][r][v], tile.m + r); });
            });
      } else if (tile.count > before) {
        // Where N ends: by way of memory, so that only one row's code is compiled.
        alignas(64) typename Mac::Scalar rest[kRows * Acc::size];
        Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
          acc[i][r][v].store_aligned(rest + r * Acc::size);
        });
        const std::size_t count = tile.count - before;
        finish(
            n, count, [&](const auto& take) __attribute__((always_inline)) {
#pragma GCC unroll 1
              for (std::size_t r = 0; r < kRows; ++r) {
                Acc sum = Acc::load_aligned(rest + r * Acc::size);
                add(sum, tile.m + r, n, count);
                take(sum, tile.m + r);
              }
            });
      }
    });
    if constexpr (requires { store.FinishTile(tile.m); }) {
      if (last) store.FinishTile(kRows);
    }
  };
  if constexpr (requires { store_to.Choose(use); }) {
    store_to.Choose(use);
  } else {
    use(store_to);
  }
}

template <class Mac, class Store>
using TileFn = void(const GemmProblem<Mac>&, const Tile<Mac>&, const Store&);

// The tiles of 1, 2, ... rows.
template <class Mac, class Store, int... i>
TileFn<Mac, Store>* const* Tiles(std::integer_sequence<int, i...>) {
  static constexpr TileFn<Mac, Store>* kTiles[] = {
      RunTile<Mac, i + 1, kStreams<Mac>(i + 1), Store>...};
  return kTiles;
}

template <class Mac, class Store, int... i>
TileFn<Mac, Store>* const* WideTiles(std::integer_sequence<int, i...>) {
  static constexpr TileFn<Mac, Store>* kTiles[] = {RunTile<Mac, i + 1, 2, Store>...};
  return kTiles;
}

// words[s * rows + r] = step s of row r, counted from k0; what lies beyond K is zero.
template <class Mac, class Rows>
void PackRows(const typename Rows::A* a, std::size_t lda, std::size_t rows, std::size_t k0,
              std::size_t K, std::size_t steps, typename Mac::Word* words) {
  const std::size_t whole = (K - k0) / Mac::kDepth < steps ? (K - k0) / Mac::kDepth : steps;
  std::size_t done = 0;  // steps
  if (rows >= 4) {
    constexpr std::size_t kBlock = Rows::kBlock / Mac::kDepth;
    for (; done + kBlock <= whole; done += kBlock) {
      for (std::size_t r = 0; r < rows; r += 4) {
        // Where 4 does not divide rows, the last block overlaps the one before.
        const std::size_t first = r + 4 <= rows ? r : rows - 4;
        Rows::PackBlock(a + first * lda + k0 + done * Mac::kDepth, lda, words + done * rows + first,
                        rows);
      }
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const typename Rows::A* row = a + r * lda + k0;
    for (std::size_t s = done; s < whole; ++s) {
      words[s * rows + r] = Rows::ToWord(row + s * Mac::kDepth);
    }
    if (whole < steps) {
      typename Rows::A tail[Mac::kDepth] = {};
      for (std::size_t k = whole * Mac::kDepth; k < K - k0; ++k) {
        tail[k - whole * Mac::kDepth] = row[k];
      }
      words[whole * rows + r] = Rows::ToWord(tail);
    }
  }
}

template <class Mac, class Rows, class Store>
void Gemm(const GemmProblem<Mac>& p, const RowsOfA<Rows>& rows_of_a, const Store& store) {
  using Word = typename Mac::Word;
  if (p.M == 0 || p.N == 0) return;
  constexpr std::size_t kPackedWords = kPackedABytes / sizeof(Word);
  alignas(64) Word packed_a[kPackedWords];

  const std::size_t steps = CeilDiv(p.K, Mac::kDepth);
  const std::size_t panels = CeilDiv(p.N, kPanel<Mac>);
  const std::size_t step_bytes = kPanel<Mac> * Mac::kDepth * sizeof(typename Mac::B);
  const bool many_rows = Mac::kWideRows > 0 &&
                         (p.M >= Mac::kWideFrom || (Mac::kBlockSteps == 0 && p.M > 2 * Mac::kRows &&
                                                    steps * step_bytes > kPanelInL1Bytes));
  // Of an odd number of panels the last would be multiplied twice.
  const bool wide = many_rows && panels > 1 && (panels % 2 == 0 || panels > 16);
  const std::size_t rows_of_tile = wide ? Mac::kWideRows : Mac::kRows;
  std::size_t block_steps = steps;
  if constexpr (Mac::kBlockSteps != 0) {
    // With a tile or two, a panel is not read often enough for L1 to matter, and longer blocks pass
    // over C less often. Two panels exceed L1 anyway. Never by N, lest the sums of a channel depend on
    // how threads share the channels.
    block_steps = EvenPart(steps, p.M <= Mac::kRows       ? kPackedWords / 4 / p.M
                                  : p.M <= 2 * Mac::kRows ? 4 * Mac::kBlockSteps
                                  : many_rows             ? 2 * Mac::kBlockSteps
                                                          : Mac::kBlockSteps);
  }
  const std::size_t most_rows = kPackedWords / (block_steps > 0 ? block_steps : 1);
  const std::size_t most_tile_rows = most_rows < rows_of_tile ? most_rows : rows_of_tile;
  const std::size_t block_rows = EvenPart(p.M, most_rows / most_tile_rows * most_tile_rows);
  const std::size_t panels_at_once = wide                    ? 2
                                     : p.M <= most_tile_rows ? kStreams<Mac>(static_cast<int>(p.M))
                                                             : 1;
  const std::size_t channels_at_once = panels_at_once * kPanel<Mac>;
  TileFn<Mac, Store>* const* tile_fns =
      Tiles<Mac, Store>(std::make_integer_sequence<int, Mac::kRows>());
  if constexpr (Mac::kWideRows > 0) {
    if (wide) tile_fns = WideTiles<Mac, Store>(std::make_integer_sequence<int, Mac::kWideRows>());
  }

  for (std::size_t m0 = 0; m0 < p.M; m0 += block_rows) {
    const std::size_t rows = p.M - m0 < block_rows ? p.M - m0 : block_rows;
    const std::size_t tiles = CeilDiv(rows, most_tile_rows);
    std::size_t s0 = 0;
    do {  // once even if K = 0
      const std::size_t block = steps - s0 < block_steps ? steps - s0 : block_steps;
      // Each of several tiles prefetches its share of the next panels.
      const std::size_t portions = CeilDiv(block, kPrefetchSteps);
      const std::size_t next_lines =
          tiles > 1 && portions > 0 ? CeilDiv(block * step_bytes, 64 * tiles * portions) : 0;
      for (std::size_t n = 0; n < p.N; n += channels_at_once) {
        const typename Mac::B* b =
            p.packed_b + n / kPanel<Mac> * p.panel_stride + s0 * kPanel<Mac> * Mac::kDepth;
        std::size_t m = 0;
        for (std::size_t t = 0; t < tiles; ++t) {
          // Rows are spread evenly: 64 rows in tiles of up to 10 are 7 of 9 or 10, not 6 of 10 and
          // a 4.
          const std::size_t tile_rows = CeilDiv(rows - m, tiles - t);
          Word* const a = packed_a + m * block;
          if (n == 0) {
            PackRows<Mac, Rows>(rows_of_a.a + (m0 + m) * rows_of_a.lda, rows_of_a.lda, tile_rows,
                                s0 * Mac::kDepth, p.K, block, a);
          }
          const Tile<Mac> tile = {
              .a = a,
              .b = b,
              .steps = block,
              .m = m0 + m,
              .n = n,
              .count = p.N - n < channels_at_once ? p.N - n : channels_at_once,
              .first = s0 == 0,
              .last = s0 + block == steps,
              .next = reinterpret_cast<const char*>(b + panels_at_once * p.panel_stride) +
                      t * portions * next_lines * 64,
              .next_lines = next_lines,
              .alone = tiles == 1,
          };
          tile_fns[tile_rows - 1](p, tile, store);
          m += tile_rows;
        }
      }
      s0 += block;
    } while (s0 < steps);
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
