// Both products share one loop over panels and groups; they differ in what they do with the 32
// weights of a channel that stand in four consecutive 32-bit words.
//
// A panel is kVecs batches of channels. It holds, for one group after the other, a bfloat16 scale per
// channel, then for each 8 values of K one word per channel. Nibble j of a word (bits 4j .. 4j + 3)
// is k = j / 2 + 4 * (j % 2) of the 8, plus 8, so that `word & 0x0F0F0F0F` are the bytes of k = 0..3
// and `word >> 4 & 0x0F0F0F0F` those of 4..7.
#include "kernels/int8_matmul/gemm_s4.h"

#include <cassert>
#include <cstring>

#include "kernels/dense/gemm_f32.h"
#include "kernels/dense/gemm_tile.h"
#include "kernels/fused_activation/bias_activation.h"
#include "kernels/simd/dot_u4s8.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/nibble.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {

BiasActivationF32Fn BiasActivationF32;

namespace {

constexpr int kVecs = 2;
constexpr std::size_t kPanelChannels = kVecs * I32::size;
static_assert(kPackedChannels % kPanelChannels == 0);

// The unit of the loops along K; a group is a whole number of them.
constexpr std::size_t kUnit = 32;
constexpr std::size_t kUnitWords = kUnit / 8;

constexpr std::size_t GroupBytes(std::size_t group_size) {
  return kPanelChannels * (sizeof(std::uint16_t) + group_size / 2);
}

// The last group is stored as far as whole units of it exist.
constexpr std::size_t PanelBytes(std::size_t K, std::size_t group_size) {
  const std::size_t groups = K / group_size, rest = K % group_size;
  return groups * GroupBytes(group_size) +
         (rest > 0 ? GroupBytes(CeilDiv(rest, kUnit) * kUnit) : 0);
}

// Rows of activations that meet the weights at once, and panels: few rows leave registers for several
// panels, each a stream of its own from memory (as in dense/gemm_tile.h).
constexpr int kRows = 4;
constexpr int PanelsAtOnce(int rows) { return kRows / rows; }

// Rows of A as the loops want them, a block of K at a time, on the stack. What lies beyond K is 0.
constexpr std::size_t kBlockK = 4096;

struct RowsF32 {
  using A = float;
  // Of each row, what 8 less than a nibble takes from the sum of a group: see SumF32.
  alignas(64) float values[kRows][kBlockK];
  float corrections[kRows][kBlockK / kUnit];

  void Pack(int r, const float* a, std::size_t count, std::size_t group_size, const float*) {
    const std::size_t padded = CeilDiv(count, kUnit) * kUnit;
    if (count > 0) std::memcpy(values[r], a, count * sizeof(float));
    for (std::size_t k = count; k < padded; ++k) values[r][k] = 0;
    for (std::size_t k0 = 0, g = 0; k0 < padded; k0 += group_size, ++g) {
      float sum = 0;
      for (std::size_t k = k0; k < k0 + group_size && k < padded; ++k) sum += values[r][k];
      corrections[r][g] = -kNibbleBias * sum;
    }
    for (std::size_t k = 0; k < padded; k += 8) ScaleForNibbles(values[r] + k);
  }
};

struct RowsS8 {
  using A = std::int8_t;
  alignas(64) std::uint32_t words[kRows][kBlockK / 4];
  std::int32_t corrections[kRows][kBlockK / kUnit];
  float scales[kRows][kBlockK / kUnit];

  void Pack(int r, const std::int8_t* a, std::size_t count, std::size_t group_size,
            const float* a_scales) {
    const std::size_t padded = CeilDiv(count, kUnit) * kUnit;
    for (std::size_t w = count / 4; w < padded / 4; ++w) words[r][w] = 0;
    if (count > 0) std::memcpy(words[r], a, count);
    for (std::size_t k0 = 0, g = 0; k0 < count; k0 += group_size, ++g) {
      std::int32_t sum = 0;
      for (std::size_t k = k0; k < k0 + group_size && k < count; ++k) sum += a[k];
      corrections[r][g] = -8 * sum;
      scales[r][g] = a_scales[g];
    }
  }
};

// The weights of kPanels panels, read on and on.
template <int kPanels>
struct Weights {
  const std::int8_t* at[kPanels];

  // A batch of scales of each; on to the words behind them.
  [[gnu::always_inline]] void ReadScales(F32 (&scales)[kPanels * kVecs]) {
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        scales[i * kVecs + v] = LoadBfloat16(at[i] + v * I32::size * sizeof(std::uint16_t));
      });
      at[i] += kPanelChannels * sizeof(std::uint16_t);
    });
  }
  [[gnu::always_inline]] I32 Read(int panel, int v) const {
    return I32::load_unaligned(reinterpret_cast<const std::int32_t*>(at[panel]) + v * I32::size);
  }
  [[gnu::always_inline]] void Advance() {
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      __builtin_prefetch(at[i] + StreamAhead(kPanels));
      at[i] += 4 * kPanelChannels;
    });
  }
};

// Adds one group of `units` units, from `unit` on, to the sums.
template <int kCount, int kPanels>
[[gnu::always_inline]] inline void AddGroup(const RowsS8& rows, std::size_t group, std::size_t unit,
                                            std::size_t units, Weights<kPanels>& weights,
                                            F32 (&sums)[kCount][kPanels * kVecs]) {
  constexpr int kBatches = kPanels * kVecs;
  F32 scales[kBatches];
  weights.ReadScales(scales);
  I32 dots[kCount][kBatches];
  Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
    Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
      dots[r][b] = I32(rows.corrections[r][group]);
    });
  });
  for (std::size_t u = unit; u < unit + units; ++u) {
    I32 parts[kCount][kBatches];
    Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
      Unroll<kBatches>([&](auto b) __attribute__((always_inline)) { parts[r][b] = I32(0); });
    });
    static_assert(2 * kUnitWords <= kMostParts);
    for (std::size_t w = 0; w < kUnitWords; ++w) {
      Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
        const I32 word = weights.Read(b / kVecs, b % kVecs);
        const I32 low = word & I32(0x0F0F0F0F), high = (word >> 4) & I32(0x0F0F0F0F);
        Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
          const std::uint32_t* x = rows.words[r] + 2 * (u * kUnitWords + w);
          parts[r][b] = DotU4S8(parts[r][b], low, I32(static_cast<std::int32_t>(x[0])));
          parts[r][b] = Opaque(DotU4S8(parts[r][b], high, I32(static_cast<std::int32_t>(x[1]))));
        });
      });
      weights.Advance();
    }
    Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
      Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
        dots[r][b] = dots[r][b] + SumParts(parts[r][b]);
      });
    });
  }
  Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
    Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
      sums[r][b] =
          sums[r][b] + xsimd::to_float(dots[r][b]) * (scales[b] * F32(rows.scales[r][group]));
    });
  });
}

template <int kCount, int kPanels>
[[gnu::always_inline]] inline void AddGroup(const RowsF32& rows, std::size_t group,
                                            std::size_t unit, std::size_t units,
                                            Weights<kPanels>& weights,
                                            F32 (&sums)[kCount][kPanels * kVecs]) {
  constexpr int kBatches = kPanels * kVecs;
  F32 scales[kBatches];
  weights.ReadScales(scales);
  F32 dots[kCount][kBatches];
  Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
    Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
      dots[r][b] = F32(rows.corrections[r][group]);
    });
  });
  const std::size_t end = (unit + units) * kUnitWords;
  for (std::size_t w = unit * kUnitWords; w < end; ++w) {
    Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
      const I32 word = weights.Read(b / kVecs, b % kVecs);
      Unroll<8>([&](auto j) __attribute__((always_inline)) {
        const F32 q = NibbleToFloat<j>(word);
        Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
          dots[r][b] = Fma(q, F32(rows.values[r][8 * w + j / 2 + 4 * (j % 2)]), dots[r][b]);
        });
      });
    });
    weights.Advance();
  }
  Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
    Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
      sums[r][b] = Fma(dots[r][b], scales[b], sums[r][b]);
    });
  });
}

struct Problem {
  std::size_t N, group_size, panel_bytes;
  const std::int8_t* b;  // of the block of K
  float* c;              // of the first row
  std::size_t ldc;
};

// kCount rows by all channels, over `count` values of K.
template <int kCount, class Rows>
void RunRows(const Rows& rows, const Problem& p, std::size_t count, bool first) {
  constexpr int kPanels = PanelsAtOnce(kCount), kBatches = kPanels * kVecs;
  for (std::size_t n = 0; n < p.N; n += kPanels * kPanelChannels) {
    Weights<kPanels> weights;
    const std::size_t last = CeilDiv(p.N - n, kPanelChannels) - 1;
    Unroll<kPanels>([&](auto i) __attribute__((always_inline)) {
      // A panel beyond the last is the last once more; its sums are not stored.
      const std::size_t panel = static_cast<std::size_t>(i) < last ? i : last;
      weights.at[i] = p.b + (n / kPanelChannels + panel) * p.panel_bytes;
    });
    // Calls f(batch, first channel, number of channels) for each batch that holds a channel.
    const auto for_each_batch = [&](const auto& f) __attribute__((always_inline)) {
      Unroll<kBatches>([&](auto b) __attribute__((always_inline)) {
        const std::size_t nb = n + b * F32::size;
        if (nb < p.N) f(b, nb, p.N - nb);
      });
    };
    F32 sums[kCount][kBatches];
    Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
      Unroll<kBatches>([&](auto b) __attribute__((always_inline)) { sums[r][b] = F32(0.0f); });
      if (!first) {
        for_each_batch([&](auto b, std::size_t nb, std::size_t lanes) __attribute__((
            always_inline)) { sums[r][b] = LoadLanes<F32>(p.c + r * p.ldc + nb, lanes); });
      }
    });
    const std::size_t group_units = p.group_size / kUnit, all = CeilDiv(count, kUnit);
    for (std::size_t unit = 0, group = 0; unit < all; unit += group_units, ++group) {
      const std::size_t units = all - unit < group_units ? all - unit : group_units;
      AddGroup<kCount, kPanels>(rows, group, unit, units, weights, sums);
    }
    Unroll<kCount>([&](auto r) __attribute__((always_inline)) {
      for_each_batch([&](auto b, std::size_t nb, std::size_t lanes) __attribute__((always_inline)) {
        StoreLanes(p.c + r * p.ldc + nb, sums[r][b], lanes);
      });
    });
  }
}

// What follows the sums of some rows, while they are in L2.
template <class Args>
void FinishRows(const Args& args, std::size_t m, std::size_t rows) {
  ElementwiseF32 then = args.then;
  if (args.bias == nullptr && args.activation == Activation::kNone && then.factor == nullptr &&
      then.residual == nullptr) {
    return;
  }
  if (then.factor != nullptr) then.factor += m * then.ldf;
  if (then.residual != nullptr) then.residual += m * then.ldr;
  float* c = args.c + m * args.ldc;
  BiasActivationF32({rows, args.N, c, args.ldc, args.bias, args.activation, c, args.ldc, then});
}

template <class Rows, class Args>
void Gemm(const Args& args, const float* a_scales) {
  assert(args.group_size % kUnit == 0 && args.group_size > 0 && args.group_size <= kBlockK);
  const std::size_t groups = CeilDiv(args.K, args.group_size);
  const std::size_t block_k = kBlockK / args.group_size * args.group_size;
  Rows rows;
  for (std::size_t m = 0; m < args.M;) {
    const int count = args.M - m < kRows ? static_cast<int>(args.M - m) : kRows;
    std::size_t k = 0;
    do {  // once even if K = 0
      const std::size_t depth = args.K - k < block_k ? args.K - k : block_k;
      for (int r = 0; r < count; ++r) {
        const float* scales =
            a_scales == nullptr ? nullptr : a_scales + (m + r) * groups + k / args.group_size;
        rows.Pack(r, args.a + (m + r) * args.lda + k, depth, args.group_size, scales);
      }
      const Problem p = {
          .N = args.N,
          .group_size = args.group_size,
          .panel_bytes = PanelBytes(args.K, args.group_size),
          .b = args.packed_b + k / args.group_size * GroupBytes(args.group_size),
          .c = args.c + m * args.ldc,
          .ldc = args.ldc,
      };
      using Run = void(const Rows&, const Problem&, std::size_t, bool);
      static constexpr Run* kRun[kRows] = {RunRows<1, Rows>, RunRows<2, Rows>, RunRows<3, Rows>,
                                           RunRows<4, Rows>};
      kRun[count - 1](rows, p, depth, k == 0);
      k += depth;
    } while (k < args.K);
    FinishRows(args, m, static_cast<std::size_t>(count));
    m += count;
  }
}

}  // namespace

std::size_t PackedS4Size(std::size_t N, std::size_t K, std::size_t group_size) {
  return CeilDiv(N, kPanelChannels) * PanelBytes(K, group_size);
}

void PackS4(const PackS4Args& args) {
  const std::size_t groups = CeilDiv(args.K, args.group_size);
  std::int8_t* to = args.packed;
  for (std::size_t n0 = 0; n0 < args.N; n0 += kPanelChannels) {
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t n = n0; n < n0 + kPanelChannels; ++n, to += sizeof(std::uint16_t)) {
        const float scale = n < args.N ? args.scales[n * groups + g] : 0;
        std::uint32_t bits;
        std::memcpy(&bits, &scale, sizeof(bits));
        assert((bits & 0xFFFF) == 0);
        const auto upper = static_cast<std::uint16_t>(bits >> 16);
        std::memcpy(to, &upper, sizeof(upper));
      }
      const std::size_t k1 = (g + 1) * args.group_size < args.K ? (g + 1) * args.group_size
                                                                : CeilDiv(args.K, kUnit) * kUnit;
      for (std::size_t k0 = g * args.group_size; k0 < k1; k0 += 8) {
        for (std::size_t n = n0; n < n0 + kPanelChannels; ++n, to += sizeof(std::uint32_t)) {
          std::uint32_t word = 0;
          for (std::size_t j = 0; j < 8; ++j) {
            const std::size_t k = k0 + j / 2 + 4 * (j % 2);
            const int q = n < args.N && k < args.K ? args.q[n * args.K + k] : 0;
            assert(q >= -8 && q <= 7);
            word |= static_cast<std::uint32_t>(q + 8) << (4 * j);
          }
          std::memcpy(to, &word, sizeof(word));
        }
      }
    }
  }
}

void GemmF32S4(const GemmF32S4Args& args) { Gemm<RowsF32>(args, nullptr); }
void GemmS8S4(const GemmS8S4Args& args) { Gemm<RowsS8>(args, args.a_scales); }

}  // namespace podium::PODIUM_ISA
