// The blocked loops and the register tile that all dense matrix multiplications share.
//
// B is packed in panels of kPanel output channels; a panel holds, step after step along K, one
// batch group of kPanel channels x Mac::kDepth values. For each block of K that fits the caches, a
// few rows of A are copied, step-major, to the stack (where neither lda nor cache associativity
// matters), and swept over the panels. Sums wait in C between blocks of K; the last block hands
// them to `Store`. The scheme is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34(3), 2008, with A in L1 and B streamed from L2.
//
// A Mac (multiply-accumulate) describes one step:
//   Acc, Scalar      the batch of sums, one lane per output channel, and its element
//   A, B, Word       elements of A, of packed B, and kDepth elements of A as a step broadcasts them
//   kDepth           values of K per step
//   kRows, kVecs     the register tile: kRows rows of A by kVecs batches of channels
//   ToWord(a)        kDepth elements of A as a Word
//   LoadB(b)         kDepth weights of each of Acc::size channels, as a batch
//   Step(acc, a, b)  acc + a * b
// A Store is called as store(acc, m, n, count): acc holds the finished sums of row m, channels
// n .. n + count - 1, count <= Acc::size.
#pragma once

#include "kernels/simd/arch.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/transpose.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

template <class Mac>
constexpr std::size_t kPanel = Mac::kVecs* Mac::Acc::size;

template <class Mac>
constexpr std::size_t PackedSize(std::size_t N, std::size_t K) {
  return CeilDiv(N, kPanel<Mac>) * kPanel<Mac> * CeilDiv(K, Mac::kDepth) * Mac::kDepth;
}

// Rows and steps beyond N and K are zeros: a product with them changes no sum.
template <class Mac>
void PackPanels(std::size_t N, std::size_t K, const typename Mac::B* b, std::size_t ldb,
                typename Mac::B* packed) {
  for (std::size_t n0 = 0; n0 < N; n0 += kPanel<Mac>) {
    for (std::size_t k0 = 0; k0 < K; k0 += Mac::kDepth) {
      for (std::size_t n = n0; n < n0 + kPanel<Mac>; ++n) {
        for (std::size_t k = k0; k < k0 + Mac::kDepth; ++k) {
          *packed++ = n < N && k < K ? b[n * ldb + k] : 0;
        }
      }
    }
  }
}

template <class Mac>
struct GemmProblem {
  std::size_t M, N, K;
  const typename Mac::A* a;
  std::size_t lda;
  const typename Mac::B* packed_b;
  typename Mac::Scalar* c;  // where sums wait between blocks of K
  std::size_t ldc;
};

// 32 KiB of A on the stack at most; for tiles of several rows a third of that, so that A stays in a
// 32 KiB L1 beside the stream of B.
constexpr std::size_t kTileBytes = 32 * 1024;
constexpr std::size_t kSharedTileBytes = 12 * 1024;
// The part of B that all tiles of rows sweep before the next: half of a 1 MiB L2.
constexpr std::size_t kBlockBytes = 512 * 1024;

template <class Mac, int kRows>
[[gnu::always_inline]] inline void Accumulate(const typename Mac::Word* a, const typename Mac::B* b,
                                              std::size_t steps,
                                              typename Mac::Acc (&acc)[kRows][Mac::kVecs]) {
  using Acc = typename Mac::Acc;
  // At least 8 chains of additions, to cover the latency (4 cycles) of two units.
  constexpr int kChains = kRows * Mac::kVecs >= 8 ? 1 : 8 / (kRows * Mac::kVecs);
  constexpr std::size_t kStepB = kPanel<Mac> * Mac::kDepth;
  const auto step = [](const typename Mac::Word* a_step, const typename Mac::B* b_step,
                       Acc(&sums)[kRows][Mac::kVecs]) __attribute__((always_inline)) {
    Acc w[Mac::kVecs];
    Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) {
      w[v] = Mac::LoadB(b_step + v * Acc::size * Mac::kDepth);
    });
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      const Acc x(a_step[r]);
      Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) {
        sums[r][v] = Mac::Step(sums[r][v], x, w[v]);
      });
    });
  };

  std::size_t s = 0;
  if constexpr (kChains > 1) {
    Acc chains[kChains][kRows][Mac::kVecs];
    Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<Mac::kVecs>([&](auto v)
                               __attribute__((always_inline)) { chains[i][r][v] = Acc(0); });
      });
    });
    for (; s + kChains <= steps; s += kChains) {
      Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
        step(a + (s + i) * kRows, b + (s + i) * kStepB, chains[i]);
      });
    }
    Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) {
          acc[r][v] = acc[r][v] + chains[i][r][v];
        });
      });
    });
  }
  for (; s < steps; ++s) step(a + s * kRows, b + s * kStepB, acc);
}

// What one tile of rows does with the panels of channels n0 .. n1 - 1, over one block of K.
template <class Mac>
struct Sweep {
  const typename Mac::Word* a;  // steps x rows
  const typename Mac::B* b;     // of the first panel
  std::size_t panel_stride;     // from one panel of B to the next
  std::size_t steps;
  std::size_t m, n0, n1;
  bool first, last;  // block of K
};

template <class Mac, int kRows, class Store>
void SweepPanels(const GemmProblem<Mac>& p, const Sweep<Mac>& sweep, const Store& store) {
  using Acc = typename Mac::Acc;
  const typename Mac::B* b = sweep.b;
  for (std::size_t n = sweep.n0; n < sweep.n1; n += kPanel<Mac>, b += sweep.panel_stride) {
    // Calls f(r, v, first channel, number of channels) for each batch that holds a channel.
    const auto for_each_batch = [&](const auto& f) __attribute__((always_inline)) {
      Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) {
        const std::size_t nv = n + v * Acc::size;
        if (nv >= p.N) return;
        const std::size_t count = p.N - nv < Acc::size ? p.N - nv : Acc::size;
        Unroll<kRows>([&](auto r) __attribute__((always_inline)) { f(r, v, nv, count); });
      });
    };
    Acc acc[kRows][Mac::kVecs];
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      Unroll<Mac::kVecs>([&](auto v) __attribute__((always_inline)) { acc[r][v] = Acc(0); });
    });
    if (!sweep.first) {
      for_each_batch([&](auto r, auto v, std::size_t nv, std::size_t count)
                         __attribute__((always_inline)) {
                           const typename Mac::Scalar* c = p.c + (sweep.m + r) * p.ldc + nv;
                           acc[r][v] = LoadLanes<Acc>(c, count);
                         });
    }
    Accumulate<Mac, kRows>(sweep.a, b, sweep.steps, acc);
    if (sweep.last) {
      for_each_batch([&](auto r, auto v, std::size_t nv, std::size_t count) __attribute__((
          always_inline)) { store(acc[r][v], sweep.m + r, nv, count); });
    } else {
      for_each_batch([&](auto r, auto v, std::size_t nv, std::size_t count)
                         __attribute__((always_inline)) {
                           typename Mac::Scalar* c = p.c + (sweep.m + r) * p.ldc + nv;
                           StoreLanes(c, acc[r][v], count);
                         });
    }
  }
}

// tile[s * rows + r] = step s of row r; what lies beyond K is zero.
template <class Mac>
void CopyRows(const typename Mac::A* a, std::size_t lda, std::size_t rows, std::size_t k0,
              std::size_t K, std::size_t steps, typename Mac::Word* tile) {
  using Word = typename Mac::Word;
  const std::size_t whole = (K - k0) / Mac::kDepth < steps ? (K - k0) / Mac::kDepth : steps;
  std::size_t done = 0;  // steps
  if constexpr (sizeof(Word) == Mac::kDepth * sizeof(typename Mac::A)) {
    // A's own bytes are the words: transpose them. Where 4 does not divide rows, the last block
    // overlaps the one before.
    if (rows >= 4) {
      for (; done + 4 <= whole; done += 4) {
        for (std::size_t r = 0; r < rows; r += 4) {
          const std::size_t first = r + 4 <= rows ? r : rows - 4;
          TransposeWords4x4(a + first * lda + k0 + done * Mac::kDepth, lda * sizeof(*a),
                            tile + done * rows + first, rows * sizeof(Word));
        }
      }
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const typename Mac::A* row = a + r * lda + k0;
    for (std::size_t s = done; s < whole; ++s) {
      tile[s * rows + r] = Mac::ToWord(row + s * Mac::kDepth);
    }
    if (whole < steps) {
      typename Mac::A tail[Mac::kDepth] = {};
      for (std::size_t k = whole * Mac::kDepth; k < K - k0; ++k) {
        tail[k - whole * Mac::kDepth] = row[k];
      }
      tile[whole * rows + r] = Mac::ToWord(tail);
    }
  }
}

template <class Mac, class Store, int... i>
void DispatchRows(std::integer_sequence<int, i...>, std::size_t rows, const GemmProblem<Mac>& p,
                  const Sweep<Mac>& sweep, const Store& store) {
  using Fn = void(const GemmProblem<Mac>&, const Sweep<Mac>&, const Store&);
  static constexpr Fn* kSweeps[] = {SweepPanels<Mac, i + 1, Store>...};
  kSweeps[rows - 1](p, sweep, store);
}

template <class Mac, class Store>
void Gemm(const GemmProblem<Mac>& p, const Store& store) {
  using Word = typename Mac::Word;
  if (p.M == 0 || p.N == 0) return;
  alignas(64) Word tile[kTileBytes / sizeof(Word)];
  const std::size_t steps = CeilDiv(p.K, Mac::kDepth);
  const std::size_t tiles = CeilDiv(p.M, Mac::kRows);
  const std::size_t most_rows = CeilDiv(p.M, tiles);
  // One row leaves L1 to the tile alone.
  const std::size_t tile_bytes = most_rows == 1 ? kTileBytes : kSharedTileBytes;
  const std::size_t most_steps = tile_bytes / (sizeof(Word) * most_rows);
  const std::size_t step_bytes = kPanel<Mac> * Mac::kDepth * sizeof(typename Mac::B);
  const std::size_t block_steps = steps < most_steps ? steps : most_steps;
  const std::size_t panels = kBlockBytes / (step_bytes * (block_steps > 0 ? block_steps : 1));
  const std::size_t n_block = tiles == 1 || panels == 0 ? p.N : panels * kPanel<Mac>;

  for (std::size_t n0 = 0; n0 < p.N; n0 += n_block) {
    const std::size_t n1 = p.N - n0 < n_block ? p.N : n0 + n_block;
    std::size_t s0 = 0;
    do {  // once even if K = 0
      const std::size_t block = steps - s0 < most_steps ? steps - s0 : most_steps;
      const std::size_t k0 = s0 * Mac::kDepth;
      std::size_t m = 0;
      for (std::size_t t = 0; t < tiles; ++t) {
        // Rows are spread evenly: 64 rows in tiles of up to 10 are 7 of 9 or 10, not 6 of 10 and
        // a 4.
        const std::size_t rows = CeilDiv(p.M - m, tiles - t);
        CopyRows<Mac>(p.a + m * p.lda, p.lda, rows, k0, p.K, block, tile);
        const Sweep<Mac> sweep = {
            .a = tile,
            .b = p.packed_b + (n0 * steps + s0 * kPanel<Mac>)*Mac::kDepth,
            .panel_stride = kPanel<Mac> * Mac::kDepth * steps,
            .steps = block,
            .m = m,
            .n0 = n0,
            .n1 = n1,
            .first = s0 == 0,
            .last = s0 + block == steps,
        };
        DispatchRows(std::make_integer_sequence<int, Mac::kRows>(), rows, p, sweep, store);
        m += rows;
      }
      s0 += block;
    } while (s0 < steps);
  }
}

}  // namespace
}  // namespace podium::PODIUM_ISA
