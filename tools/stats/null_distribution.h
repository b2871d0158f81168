// Null distributions of rank statistics, by counting.
//
// Counts are doubles: only positive ones are added, so that a tail is relatively as accurate as the
// whole, about N * 2^-53, however small.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace podium::report {

// P(X <= x) and P(X >= x) at the observed x.
struct Tails {
  double less;
  double greater;
};

// The distribution of a whole number from 0 to its largest value.
class NullDistribution {
 public:
  explicit NullDistribution(const std::vector<double>& counts);
  Tails At(std::uint64_t x) const;  // {1, 0} beyond the largest value

 private:
  std::vector<double> less_, greater_;
};

// `ranks` (or other scores) ascending; `sum` is that of a side of `n` of them, and every choice of n
// is equally likely.
Tails SplitTails(std::span<const std::uint64_t> ranks, std::size_t n, std::uint64_t sum);

// `sum` is that of some of the `scores`, each of which is in it or not with equal probability.
Tails SignTails(std::span<const std::uint64_t> scores, std::uint64_t sum);

// Mann-Whitney's U of sides of n and m values, Wilcoxon's W of n differences, both without ties.
// Each is counted once in a thread's life: a file of many rows asks for the same ones.
const NullDistribution& UntiedRankSum(std::size_t n, std::size_t m);
const NullDistribution& UntiedSignedRank(std::size_t n);

}  // namespace podium::report
