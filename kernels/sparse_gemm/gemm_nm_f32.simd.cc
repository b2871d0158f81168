// Lanes are output channels. A panel is a batch of them; a chunk of a panel holds what 16 slots
// (kept weights, `keep` per group of four) need: a batch of indices, two bits per slot, the first
// slot lowest, then 16 batches of weights. Per slot and row of A one permutation and one
// multiplication: on a core that does both in the same two units that is no faster than dense, but
// reads half the weights.
#include "kernels/sparse_gemm/gemm_nm_f32.h"

#include <cassert>
#include <cstdint>
#include <cstring>

#include "kernels/simd/fma.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/pick.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kLanes = F32::size;
constexpr std::size_t kSlots = 16;
constexpr std::size_t kChunk = (1 + kSlots) * kLanes;  // floats
constexpr int kMostRows = 8;
// How far ahead of their reads weights are prefetched, in floats.
constexpr std::size_t kAhead = 256;

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Columns of B that a chunk stands for.
constexpr std::size_t ChunkDepth(std::size_t keep) { return kSlots / keep * 4; }

constexpr std::size_t PanelSize(std::size_t K, std::size_t keep) {
  return CeilDiv(K, ChunkDepth(keep)) * kChunk;
}

// With few rows several panels are read as streams of their own: memory is faster so, and sums are
// too few otherwise to cover the latency of an addition. Where registers allow, two panels share what
// is read of A.
#if defined(__AVX512F__)
constexpr int PanelsAtOnce(int rows) { return rows == 1 ? 4 : 2; }
#else
constexpr int PanelsAtOnce(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
#endif

// kRows rows of C from m on, PanelsAtOnce(kRows) panels from p on.
template <int kKeep, int kRows>
void Tile(const GemmNmF32Args& args, std::size_t m, std::size_t p) {
  constexpr int kPanels = PanelsAtOnce(kRows);
  constexpr std::size_t kDepth = ChunkDepth(kKeep);
  const std::size_t panels = CeilDiv(args.N, kLanes), stride = PanelSize(args.K, kKeep);
  const float* b[kPanels];
  F32 acc[kPanels][kRows];
  Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
    // A panel beyond the last is the last once more; its sums are not stored.
    b[i] = args.packed_b + (p + i < panels ? p + i : panels - 1) * stride;
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) { acc[i][r] = F32(0); });
  });
  const auto chunk = [&](const float* a, std::size_t lda) __attribute__((always_inline)) {
    I32 index[kPanels];
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      index[i] = xsimd::bitwise_cast<I32>(F32::load_unaligned(b[i]));
      b[i] += kLanes;
    });
    for (std::size_t k = 0; k < kDepth; k += 4) {
      F32 w[kPanels][kKeep];
      I32 at[kPanels][kKeep];
      Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
        Unroll<kKeep>([&](auto j) __attribute__((always_inline)) {
          w[i][j] = F32::load_unaligned(b[i]);
          at[i][j] = index[i];
          index[i] = NextIndices(index[i]);
          __builtin_prefetch(b[i] + kAhead);
          b[i] += kLanes;
        });
      });
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        const F32 x = BroadcastFour(a + r * lda + k);
        Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
          Unroll<kKeep>([&](auto j) __attribute__((always_inline)) {
            acc[i][r] = Fma(PickFour(x, at[i][j]), w[i][j], acc[i][r]);
          });
        });
      });
    }
  };
  const float* const a = args.a + m * args.lda;
  std::size_t k = 0;
  for (; k + kDepth <= args.K; k += kDepth) chunk(a + k, args.lda);
  if (k < args.K) {
    float tail[kRows][kDepth] = {};
    for (int r = 0; r < kRows; ++r) {
      std::memcpy(tail[r], a + r * args.lda + k, (args.K - k) * sizeof(float));
    }
    chunk(tail[0], kDepth);
  }
  Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
    const std::size_t n = (p + i) * kLanes;
    if (n >= args.N) return;
    Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
      StoreLanes(args.c + (m + r) * args.ldc + n, acc[i][r], args.N - n);
    });
  });
}

template <int kKeep, int... i>
void DispatchRows(std::integer_sequence<int, i...>, std::size_t rows, const GemmNmF32Args& args,
                  std::size_t m, std::size_t p) {
  using Fn = void(const GemmNmF32Args&, std::size_t, std::size_t);
  static constexpr Fn* kTiles[] = {Tile<kKeep, i + 1>...};
  kTiles[rows - 1](args, m, p);
}

template <int kKeep>
void Gemm(const GemmNmF32Args& args) {
  const std::size_t panels = CeilDiv(args.N, kLanes);
  const std::size_t tiles = CeilDiv(args.M, kMostRows);
  // More than one tile have at least four rows each.
  const auto at_once =
      static_cast<std::size_t>(PanelsAtOnce(tiles == 1 ? static_cast<int>(args.M) : kMostRows));
  for (std::size_t p = 0; p < panels; p += at_once) {
    std::size_t m = 0;
    for (std::size_t t = 0; t < tiles; ++t) {
      // Spread evenly: 9 rows are 5 and 4, not 8 and a 1.
      const std::size_t rows = CeilDiv(args.M - m, tiles - t);
      DispatchRows<kKeep>(std::make_integer_sequence<int, kMostRows>(), rows, args, m, p);
      m += rows;
    }
  }
}

}  // namespace

std::size_t PackedNmF32Size(std::size_t N, std::size_t K, std::size_t keep) {
  return CeilDiv(N, kLanes) * PanelSize(K, keep);
}

void PackNmF32(const PackNmF32Args& args) {
  assert(args.keep == 1 || args.keep == 2);
  float* packed = args.packed;
  for (std::size_t n0 = 0; n0 < args.N; n0 += kLanes) {
    for (std::size_t k0 = 0; k0 < args.K; k0 += ChunkDepth(args.keep), packed += kChunk) {
      std::memset(packed, 0, kChunk * sizeof(float));
      for (std::size_t lane = 0; lane < kLanes && n0 + lane < args.N; ++lane) {
        const float* const row = args.b + (n0 + lane) * args.ldb;
        std::uint32_t indices = 0;
        for (std::size_t slot = 0; slot < kSlots; slot += args.keep) {
          const std::size_t group = k0 + slot / args.keep * 4;
          std::size_t kept = 0;
          for (std::size_t j = 0; j < 4 && group + j < args.K; ++j) {
            if (row[group + j] == 0) continue;
            assert(kept < args.keep);
            indices |= static_cast<std::uint32_t>(j) << (2 * (slot + kept));
            packed[(1 + slot + kept) * kLanes + lane] = row[group + j];
            ++kept;
          }
        }
        std::memcpy(packed + lane, &indices, sizeof(indices));
      }
    }
  }
}

void GemmNmF32(const GemmNmF32Args& args) {
  assert(args.keep == 1 || args.keep == 2);
  if (args.M == 0) return;
  if (args.keep == 1) {
    Gemm<1>(args);
  } else {
    Gemm<2>(args);
  }
}

}  // namespace podium::PODIUM_ISA
