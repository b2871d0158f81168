#include "kernels/sparse_gemm/prune.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace podium {
namespace {

// The bits of a number that is not negative order as the number does, NaN above infinity; so they
// are a total order, which comparing floats is not.
std::uint64_t Order(double magnitude) { return std::bit_cast<std::uint64_t>(std::fabs(magnitude)); }

// Calls zero(i) for the `count` smallest of the candidates, lowest index first among equals.
template <class Zero>
void ZeroSmallest(const std::vector<std::uint64_t>& order, std::size_t count, const Zero& zero) {
  if (count == 0) return;
  std::vector<std::uint64_t> sorted = order;
  const auto last = sorted.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(sorted.begin(), last, sorted.end());
  const std::uint64_t threshold = *last;
  auto equals = static_cast<std::size_t>(std::count(sorted.begin(), last + 1, threshold));
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] > threshold || (order[i] == threshold && equals == 0)) continue;
    if (order[i] == threshold) --equals;
    zero(i);
  }
}

std::size_t RoundedCount(double sparsity, std::size_t total) {
  assert(sparsity >= 0 && sparsity <= 1);
  return static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(total)));
}

void PruneBlocks(const PruneArgs& args, std::size_t rows, std::size_t columns) {
  if (args.N == 0 || args.K == 0) return;
  const std::size_t across = (args.K + columns - 1) / columns;
  const std::size_t down = (args.N + rows - 1) / rows;
  // Calls f(weight) for each weight of block i.
  const auto for_each_weight = [&](std::size_t i, const auto& f) {
    const std::size_t n0 = i / across * rows, k0 = i % across * columns;
    for (std::size_t n = n0; n < std::min(n0 + rows, args.N); ++n) {
      for (std::size_t k = k0; k < std::min(k0 + columns, args.K); ++k) f(args.b[n * args.ldb + k]);
    }
  };
  std::vector<std::uint64_t> order(across * down);
  for (std::size_t i = 0; i < order.size(); ++i) {
    double norm = 0;
    for_each_weight(i, [&](float weight) { norm += std::fabs(double{weight}); });
    order[i] = Order(norm);
  }
  ZeroSmallest(order, RoundedCount(args.sparsity, order.size()),
               [&](std::size_t i) { for_each_weight(i, [](float& weight) { weight = 0; }); });
}

}  // namespace

void PruneMagnitude(const PruneArgs& args) { PruneBlocks(args, 1, 1); }
void PruneBlocks4x1(const PruneArgs& args) { PruneBlocks(args, 4, 1); }
void PruneBlocks1x4(const PruneArgs& args) { PruneBlocks(args, 1, 4); }
void PruneRows(const PruneArgs& args) { PruneBlocks(args, 1, args.K); }
void PruneColumns(const PruneArgs& args) { PruneBlocks(args, args.N, 1); }

void PruneMagnitudeGlobal(std::span<const PruneLayer> layers, double sparsity) {
  std::vector<std::uint64_t> order;
  std::vector<float*> weights;
  for (const PruneLayer& layer : layers) {
    for (std::size_t n = 0; n < layer.N; ++n) {
      for (std::size_t k = 0; k < layer.K; ++k) {
        weights.push_back(layer.b + n * layer.ldb + k);
        order.push_back(Order(*weights.back()));
      }
    }
  }
  ZeroSmallest(order, RoundedCount(sparsity, order.size()),
               [&](std::size_t i) { *weights[i] = 0; });
}

void PruneRandom(const PruneArgs& args, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::vector<std::uint64_t> order(args.N * args.K);
  for (std::uint64_t& o : order) o = rng();
  ZeroSmallest(order, RoundedCount(args.sparsity, order.size()),
               [&](std::size_t i) { args.b[i / args.K * args.ldb + i % args.K] = 0; });
}

void PruneOfFour(const PruneOfFourArgs& args) {
  std::vector<std::uint64_t> order;
  for (std::size_t n = 0; n < args.N; ++n) {
    for (std::size_t k0 = 0; k0 < args.K; k0 += 4) {
      float* const group = args.b + n * args.ldb + k0;
      const std::size_t size = std::min<std::size_t>(4, args.K - k0);
      order.assign(size, 0);
      for (std::size_t i = 0; i < size; ++i) order[i] = Order(group[i]);
      ZeroSmallest(order, size - std::min(size, args.keep), [&](std::size_t i) { group[i] = 0; });
    }
  }
}

}  // namespace podium
