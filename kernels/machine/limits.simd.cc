#include "kernels/machine/limits.h"

#include <type_traits>

#include "kernels/simd/dot_int8.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// Latency 4 and two units need 8 chains; more leave no gap, and 12 fit 16 registers. They are laid out
// as in a matrix multiplication, kRows x kVecs, so that the instructions are those of the kernels.
constexpr int kRows = 6, kVecs = 2;
constexpr int kChains = kRows * kVecs;

// Applies step(chain, x, w) to each chain, over and over, where w[v] belongs to column v of the
// chains, and returns the sum of all lanes of all chains.
template <class Batch, class Step>
typename Batch::value_type RunChains(std::size_t rounds, Batch x, const Batch (&w)[kVecs],
                                     const Step& step) {
  Batch chains[kChains];
  Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
    chains[i] = Batch(static_cast<typename Batch::value_type>(i));
  });
  for (std::size_t r = 0; r < rounds; ++r) {
    Unroll<kRows>([&](auto row) __attribute__((always_inline)) {
      x = Opaque(x);  // or what depends on x and w alone would be computed once for all rows
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        // Opaque keeps each chain in its register: GCC 12 would copy some of them every round.
        chains[row * kVecs + v] = Opaque(step(chains[row * kVecs + v], x, w[v]));
      });
    });
  }
  Batch sum(0);
  Unroll<kChains>([&](auto i) __attribute__((always_inline)) { sum = sum + chains[i]; });
  typename Batch::value_type lanes[Batch::size], total = 0;
  sum.store_unaligned(lanes);
  for (auto lane : lanes) total += lane;
  return total;
}

}  // namespace

std::size_t PeakF32(std::size_t operations, float* sink) {
  constexpr std::size_t kPerRound = kChains * F32::size * 2;
  const std::size_t rounds = (operations + kPerRound - 1) / kPerRound;
  // x -> x / 2 + 1 stays near 2 for ever: no overflow, no denormals.
  const F32 ones[kVecs] = {F32(1.0f), F32(1.0f)};
  *sink = RunChains(
      rounds, F32(0.5f), ones, [](F32 chain, F32 half, F32 one) __attribute__((always_inline)) {
        return Fma(chain, half, one);
      });
  return rounds * kPerRound;
}

std::size_t PeakU8S8(std::size_t operations, std::int32_t* sink) {
  constexpr std::size_t kPerRound = kChains * I32::size * kDotDepth * 2;
  const std::size_t rounds = (operations + kPerRound - 1) / kPerRound;
  // Alternating signs in the products keep the sums at 0.
  const std::uint8_t a[kDotDepth] = {1, 1};
  alignas(64) std::int8_t weights[I32::size * kDotDepth];
  for (std::size_t i = 0; i < sizeof(weights); ++i) weights[i] = i % 2 == 0 ? 1 : -1;
  const I32 w[kVecs] = {Opaque(LoadDotWeights(weights)), Opaque(LoadDotWeights(weights))};
  *sink = RunChains(
      rounds, I32(static_cast<std::int32_t>(DotWord(a))), w,
      [](I32 chain, I32 x, I32 b) __attribute__((always_inline)) { return Dot(chain, x, b); });
  return rounds * kPerRound;
}

// Memory is read faster in several streams than in one: hardware prefetchers follow each, and stop at
// the end of a page. There software prefetches help too; in a cache they would only cost.
std::uint32_t ReadF32(const float* data, std::size_t count, std::size_t passes) {
  constexpr std::size_t kStreams = 8;
  constexpr std::size_t kStep = 64 / sizeof(float);  // a line
  constexpr int kLoads = static_cast<int>(kStep / F32::size);
  constexpr std::size_t kAhead = 8 * kStep;
  const std::size_t stream = count / kStreams / kStep * kStep;
  F32 all[kLoads];
  Unroll<kLoads>([&](auto j) __attribute__((always_inline)) { all[j] = F32(0.0f); });
  const auto read_streams = [&](auto prefetch) __attribute__((always_inline)) {
    for (std::size_t i = 0; i < stream; i += kStep) {
      Unroll<kStreams>([&](auto s) __attribute__((always_inline)) {
        if constexpr (prefetch) __builtin_prefetch(data + s * stream + i + kAhead);
        Unroll<kLoads>([&](auto j) __attribute__((always_inline)) {
          all[j] = all[j] ^ F32::load_unaligned(data + s * stream + i + j * F32::size);
        });
      });
    }
  };
  for (std::size_t pass = 0; pass < passes; ++pass) {
    // The compiler must not know that each pass reads what the last one read.
    asm volatile("" : "+r"(data)::"memory");
    if (passes == 1) {  // too much for it to be worth while to read it again
      read_streams(std::true_type());
    } else {
      read_streams(std::false_type());
    }
    std::size_t i = kStreams * stream;
    for (; i + F32::size <= count; i += F32::size) all[0] = all[0] ^ F32::load_unaligned(data + i);
    all[0] = all[0] ^ LoadPartial(data + i, count - i);
  }
  Unroll<kLoads - 1>([&](auto j) __attribute__((always_inline)) { all[0] = all[0] ^ all[j + 1]; });
  float lanes[F32::size];
  all[0].store_unaligned(lanes);
  std::uint32_t bits[F32::size], total = 0;
  __builtin_memcpy(bits, lanes, sizeof(bits));
  for (std::uint32_t lane : bits) total ^= lane;
  return total;
}

}  // namespace podium::PODIUM_ISA
