#include "kernels/machine/limits.h"

#include "kernels/simd/dot_u8s8.h"
#include "kernels/simd/fma.h"
#include "kernels/simd/opaque.h"
#include "kernels/simd/partial.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

// Latency 4 and two units need 8 chains; more leave no gap, and 12 fit 16 registers.
constexpr int kChains = 12;

// Applies `step` to each chain, over and over, and returns the sum of all lanes of all chains.
template <class Batch, class Step>
typename Batch::value_type RunChains(std::size_t rounds, const Step& step) {
  Batch chains[kChains];
  Unroll<kChains>([&](auto i) __attribute__((always_inline)) {
    chains[i] = Batch(static_cast<typename Batch::value_type>(i));
  });
  for (std::size_t r = 0; r < rounds; ++r) {
    // Opaque keeps each chain in its register: GCC 12 would copy some of them every round.
    Unroll<kChains>([&](auto i)
                        __attribute__((always_inline)) { chains[i] = Opaque(step(chains[i])); });
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
  const F32 half(0.5f), one(1.0f);
  *sink = RunChains<F32>(
      rounds, [&](F32 x) __attribute__((always_inline)) { return Fma(x, half, one); });
  return rounds * kPerRound;
}

std::size_t PeakU8S8(std::size_t operations, std::int32_t* sink) {
  constexpr std::size_t kPerRound = kChains * I32::size * kDotDepth * 2;
  const std::size_t rounds = (operations + kPerRound - 1) / kPerRound;
  // Alternating signs in the products keep the sums at 0.
  const I32 a(DotWord(reinterpret_cast<const std::uint8_t*>("\1\1\1\1")));
  alignas(64) std::int8_t weights[I32::size * kDotDepth];
  for (std::size_t i = 0; i < sizeof(weights); ++i) weights[i] = i % 2 == 0 ? 1 : -1;
  const I32 b = LoadDotWeights(weights);
#if defined(__AVX512VNNI__)
  *sink = RunChains<I32>(
      rounds, [&](I32 x) __attribute__((always_inline)) { return DotU8S8(x, a, b); });
#else
  // Without Opaque one widening multiplication would serve all chains.
  *sink = RunChains<I32>(
      rounds, [&](I32 x) __attribute__((always_inline)) { return DotU8S8(x, Opaque(a), b); });
#endif
  return rounds * kPerRound;
}

std::uint32_t ReadF32(const float* data, std::size_t count, std::size_t passes) {
  constexpr int kLoads = 8;
  constexpr std::size_t kStep = kLoads * F32::size;
  F32 all[kLoads];
  Unroll<kLoads>([&](auto j) __attribute__((always_inline)) { all[j] = F32(0.0f); });
  for (std::size_t pass = 0; pass < passes; ++pass) {
    // The compiler must not know that each pass reads what the last one read.
    asm volatile("" : "+r"(data)::"memory");
    const auto load = [data](std::size_t i) __attribute__((always_inline)) {
      return F32::load_unaligned(data + i);
    };
    std::size_t i = 0;
    for (; i + kStep <= count; i += kStep) {
      Unroll<kLoads>([&](auto j) __attribute__((always_inline)) {
        all[j] = all[j] ^ load(i + j * F32::size);
      });
    }
    for (; i + F32::size <= count; i += F32::size) all[0] = all[0] ^ load(i);
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
