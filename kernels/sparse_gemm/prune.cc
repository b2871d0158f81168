#include "kernels/sparse_gemm/prune.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/sparse_gemm/gemm_sparse_f32.h"

namespace podium {
namespace {

// The bits of a number that is not negative order as the number does, NaN above infinity; so they
// are a total order, which comparing floats is not.
std::uint64_t Order(double magnitude) { return std::bit_cast<std::uint64_t>(std::fabs(magnitude)); }

// Calls zero(i) for the round(sparsity * size) smallest of the candidates, lowest index first among
// equals.
template <class Zero>
void ZeroSmallest(const std::vector<std::uint64_t>& order, double sparsity, const Zero& zero) {
  assert(sparsity >= 0 && sparsity <= 1);
  const auto count =
      static_cast<std::size_t>(std::llround(sparsity * static_cast<double>(order.size())));
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

}  // namespace

void PruneMagnitude(const PruneArgs& args) {
  std::vector<std::uint64_t> order;
  order.reserve(args.N * args.K);
  for (std::size_t n = 0; n < args.N; ++n) {
    for (std::size_t k = 0; k < args.K; ++k) order.push_back(Order(args.b[n * args.ldb + k]));
  }
  ZeroSmallest(order, args.sparsity,
               [&](std::size_t i) { args.b[i / args.K * args.ldb + i % args.K] = 0; });
}

void PruneBlocks4x1(const PruneArgs& args) {
  // Calls f(weight) for each weight of the block in column k of the block row that begins at n.
  const auto for_each_weight = [&](std::size_t n, std::size_t k, const auto& f) {
    const std::size_t end = std::min(n + kBlockRows, args.N);
    for (std::size_t row = n; row < end; ++row) f(args.b[row * args.ldb + k]);
  };
  std::vector<std::uint64_t> order;
  order.reserve((args.N + kBlockRows - 1) / kBlockRows * args.K);
  for (std::size_t n = 0; n < args.N; n += kBlockRows) {
    for (std::size_t k = 0; k < args.K; ++k) {
      double norm = 0;
      for_each_weight(n, k, [&](float weight) { norm += std::fabs(weight); });
      order.push_back(Order(norm));
    }
  }
  ZeroSmallest(order, args.sparsity, [&](std::size_t i) {
    for_each_weight(i / args.K * kBlockRows, i % args.K, [](float& weight) { weight = 0; });
  });
}

}  // namespace podium
