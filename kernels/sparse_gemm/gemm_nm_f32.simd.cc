// A panel is a batch of output channels; a chunk of a panel holds what 16 slots (kept weights, `keep`
// per group of four) need: a batch of indices, two bits per slot, the first slot lowest, then 16
// batches of weights.
//
// With few tokens lanes are channels, and activations are permuted: one permutation and one
// multiplication per slot and token. On Zen 5 that is at most 1.4 times as fast as dense, as both share
// units. With more, lanes are tokens, in panels of activations as sparse_tile.h has them.
#include "kernels/sparse_gemm/gemm_nm_f32.h"

#include <cassert>
#include <cstdint>
#include <cstring>

#include "kernels/simd/fma.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/pick.h"
#include "kernels/simd/unroll.h"
#include "kernels/sparse_gemm/sparse_tile.h"
#include "kernels/sparse_gemm/token_panel.h"

namespace podium::PODIUM_ISA {
namespace {

constexpr std::size_t kLanes = F32::size;
constexpr std::size_t kSlots = 16;
constexpr std::size_t kChunk = (1 + kSlots) * kLanes;  // floats
constexpr int kMostRows = 8;
// Of more tokens lanes are tokens.
constexpr std::size_t kFewTokens = kLanes > kMostRows ? kLanes : kMostRows;
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
    I32 index[kPanels], first(0);
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      index[i] = xsimd::bitwise_cast<I32>(F32::load_unaligned(b[i]));
      b[i] += kLanes;
    });
    for (std::size_t group = 0; group < kDepth / 4; ++group, first = first + I32(4)) {
      F32 w[kPanels][kKeep];
      I32 at[kPanels][kKeep];
      Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
        Unroll<kKeep>([&](auto j) __attribute__((always_inline)) {
          w[i][j] = F32::load_unaligned(b[i]);
          at[i][j] = Places(index[i], first);
          index[i] = NextIndices(index[i]);
          __builtin_prefetch(b[i] + kAhead);
          b[i] += kLanes;
        });
      });
      Unroll<kRows>([&](auto r) __attribute__((always_inline)) {
        const F32 x = LoadGroup(a + r * lda, group);
        // Panels inside slots: to add to a sum twice in a row takes 4 % longer on Zen 5.
        Unroll<kKeep>([&](auto j) __attribute__((always_inline)) {
          Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
            acc[i][r] = Fma(Pick(x, at[i][j]), w[i][j], acc[i][r]);
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

// Four channels x kVecs batches of tokens.
struct FourChannels {
  struct View {
    static constexpr std::size_t kBlockRows = 4;
  };
  using Acc = F32;
  using Word = float;
  static constexpr std::size_t kWords = 1;
};

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kMostVecs = 4;
#else
constexpr int kMostVecs = 2;
#endif
constexpr std::size_t kSliceColumns = 128;  // x 64 tokens are 32 KiB, which stay in L1

// Adds the products of `chunks` chunks from b on, which is that of the first of four neighbouring lanes.
template <int kKeep, int kVecs>
[[gnu::always_inline]] inline void MultiplyChunks(F32 (&acc)[4][kVecs], const float* b,
                                                  std::size_t chunks, const float* panel) {
  constexpr std::size_t kWidth = kVecs * kLanes;
  for (; chunks > 0; --chunks, b += kChunk) {
    // The index of the next slot, times kWidth, in the bits of 3 * kWidth if that is a power of two.
    std::uint64_t index[4];
    for (int r = 0; r < 4; ++r) {
      std::uint32_t indices;
      std::memcpy(&indices, b + r, sizeof(indices));
      index[r] = indices * (kVecs == 3 ? 1 : kWidth);
    }
    const float* w = b + kLanes;
    for (std::size_t slot = 0; slot < kSlots; slot += kKeep, panel += 4 * kWidth) {
      Unroll<kKeep>([&](auto) __attribute__((always_inline)) {
        const F32 four = BroadcastFour(w);
        w += kLanes;
        Unroll<4>([&](auto r) __attribute__((always_inline)) {
          std::size_t at = kVecs == 3 ? (index[r] & 3) * kWidth : index[r] & 3 * kWidth;
          index[r] >>= 2;
          const F32 weight = RepeatOne<r>(four);
          Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
            acc[r][v] = Fma(weight, F32::load_aligned(Place(panel, at) + v * kLanes), acc[r][v]);
          });
        });
      });
    }
  }
}

// Tokens m .. m + tokens - 1, at most kVecs batches of them.
template <int kKeep, int kVecs>
void SweepTokens(const GemmNmF32Args& args, const IoF32& io, std::size_t m, std::size_t tokens) {
  using Tile = TokensTile<FourChannels, kVecs>;
  constexpr std::size_t kWidth = Tile::kWidth, kDepth = ChunkDepth(kKeep);
  alignas(64) float panel[Tile::kColumn * kSliceColumns];
  alignas(64) float waiting[kWidth * kGroupChannels];
  const std::size_t stride = PanelSize(args.K, kKeep);
  for (std::size_t n0 = 0; n0 < args.N; n0 += kGroupChannels) {
    const std::size_t n1 = args.N - n0 < kGroupChannels ? args.N : n0 + kGroupChannels;
    std::size_t k0 = 0;
    do {  // once even if K = 0
      const std::size_t columns = args.K - k0 < kSliceColumns ? args.K - k0 : kSliceColumns;
      const std::size_t chunks = CeilDiv(columns, kDepth);
      io.Copy<kWidth>(panel, k0, columns, m, tokens);
      for (std::size_t i = columns * kWidth; i < chunks * kDepth * kWidth; ++i) panel[i] = 0;
      const bool last = k0 + columns == args.K;
      for (std::size_t n = n0; n < n1; n += 4) {
        float* const sums = waiting + (n - n0) * kWidth;
        Tile tile;
        tile.Clear();
        if (k0 > 0) tile.Load(sums);
        MultiplyChunks<kKeep>(
            tile.acc[0], args.packed_b + n / kLanes * stride + k0 / kDepth * kChunk + n % kLanes,
            chunks, panel);
        if (last && io.direct) {
          tile.Store(io.y + n * io.ldy + m, io.ldy, n1 - n, tokens);
        } else {
          tile.Store(sums);
        }
      }
      k0 += columns;
    } while (k0 < args.K);
    if (!io.direct) io.Finish(waiting, kWidth, n0, n1 - n0, m, tokens);
  }
}

template <int kKeep, int... i>
void DispatchRows(std::integer_sequence<int, i...>, std::size_t rows, const GemmNmF32Args& args,
                  std::size_t m) {
  using Fn = void(const GemmNmF32Args&, std::size_t, std::size_t);
  static constexpr Fn* kTiles[] = {Tile<kKeep, i + 1>...};
  static constexpr int kAtOnce[] = {PanelsAtOnce(i + 1)...};
  for (std::size_t p = 0; p < CeilDiv(args.N, kLanes); p += kAtOnce[rows - 1]) {
    kTiles[rows - 1](args, m, p);
  }
}

template <int kKeep>
void GemmFewTokens(const GemmNmF32Args& args) {
  std::size_t m = 0;
  for (std::size_t tiles = CeilDiv(args.M, kMostRows); tiles > 0; --tiles) {
    // Spread evenly: 9 rows are 5 and 4, not 8 and a 1.
    const std::size_t rows = CeilDiv(args.M - m, tiles);
    DispatchRows<kKeep>(std::make_integer_sequence<int, kMostRows>(), rows, args, m);
    m += rows;
  }
}

template <int kKeep, int... i>
void DispatchVecs(std::integer_sequence<int, i...>, std::size_t vecs, const GemmNmF32Args& args,
                  const IoF32& io, std::size_t m, std::size_t tokens) {
  using Fn = void(const GemmNmF32Args&, const IoF32&, std::size_t, std::size_t);
  static constexpr Fn* kSweeps[] = {SweepTokens<kKeep, i + 1>...};
  kSweeps[vecs - 1](args, io, m, tokens);
}

template <int kKeep>
void Gemm(const GemmNmF32Args& args) {
  // Of one token contiguous channels are both layouts.
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor &&
                             !(args.M == 1 && args.lda == 1 && args.ldc == 1);
  if (args.M <= kFewTokens && !feature_major) return GemmFewTokens<kKeep>(args);
  const IoF32 io = {feature_major, args.a, args.lda, args.c, args.ldc};
  ForEachTile<kLanes, kMostVecs>(args.M, [&](std::size_t vecs, std::size_t m, std::size_t tokens) {
    DispatchVecs<kKeep>(std::make_integer_sequence<int, kMostVecs>(), vecs, args, io, m, tokens);
  });
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
