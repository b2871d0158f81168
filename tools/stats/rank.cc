#include "tools/stats/rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace podium::report {
namespace {

constexpr std::size_t kMostExact = 50;  // values per side

// Ranks are doubled, so that a mid-rank, the mean of the ranks that tied values share, is whole.
struct PooledRanks {
  std::vector<std::uint64_t> doubled;  // of the pooled values, ascending
  std::uint64_t doubled_sum_a = 0;     // over the values of a
  double ties = 0;                     // sum of t^3 - t over the groups of t tied values
};

PooledRanks RankPooled(std::span<const double> a, std::span<const double> b) {
  PooledRanks ranks;
  ranks.doubled.reserve(a.size() + b.size());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const double x = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    const std::size_t before = i + j;
    const std::size_t before_in_a = i;
    while (i < a.size() && a[i] == x) ++i;
    while (j < b.size() && b[j] == x) ++j;
    const std::uint64_t doubled_rank = before + 1 + i + j;  // first + last of the group
    ranks.doubled.resize(i + j, doubled_rank);
    ranks.doubled_sum_a += doubled_rank * (i - before_in_a);
    const auto tied = static_cast<double>(i + j - before);
    ranks.ties += tied * tied * tied - tied;
  }
  return ranks;
}

// The two-sided p of a side of `n` values with that rank sum, by counting every split.
//
// counts[k][s] is the number of ways to choose k of the ranks seen so far with sum s (Streitberg
// and Roehmel 1986). Counts are doubles: only positive ones are added, so that a tail is relatively
// as accurate as the whole, about N * 2^-53, however small. A side has a fixed size, so ranks may
// be shifted and divided by a common factor, which shortens the table.
double ExactP(std::span<const std::uint64_t> doubled, std::size_t n, std::uint64_t doubled_sum) {
  const std::uint64_t least = doubled.front();
  std::uint64_t step = 0;
  for (const std::uint64_t rank : doubled) step = std::gcd(step, rank - least);
  const auto score = [&](std::uint64_t rank) { return (rank - least) / step; };

  std::vector<std::uint64_t> sums{0};  // of the first scores
  for (const std::uint64_t rank : doubled) sums.push_back(sums.back() + score(rank));
  const std::uint64_t most = sums.back() - sums[doubled.size() - n];
  std::vector<std::vector<double>> counts(n + 1, std::vector<double>(most + 1, 0));
  counts[0][0] = 1;
  for (std::size_t seen = 1; seen <= doubled.size(); ++seen) {
    const std::uint64_t added = score(doubled[seen - 1]);
    // Downwards, so that no split takes the added rank twice.
    for (std::size_t k = std::min(n, seen); k >= 1; --k) {
      const std::uint64_t reach = sums[seen] - sums[seen - k];  // ranks ascend
      for (std::uint64_t s = added; s <= reach; ++s) counts[k][s] += counts[k - 1][s - added];
    }
  }
  const auto observed =
      counts[n].begin() + static_cast<std::ptrdiff_t>((doubled_sum - n * least) / step);
  const double lower = std::accumulate(counts[n].begin(), observed + 1, 0.0);
  const double upper = std::accumulate(observed, counts[n].end(), 0.0);
  const double all = lower + upper - *observed;
  return std::min(1.0, 2 * std::min(lower, upper) / all);
}

// P(|Z| >= z) for the standard normal Z, z >= 0; erfc keeps the digits of the far tail.
double NormalTwoSidedP(double z) { return std::erfc(z / std::sqrt(2.0)); }

}  // namespace

std::optional<MannWhitneyTest> MannWhitney(const Sample& a, const Sample& b) {
  const PooledRanks ranks = RankPooled(a.sorted(), b.sorted());
  if (ranks.doubled.front() == ranks.doubled.back()) return std::nullopt;
  const auto n = static_cast<double>(a.n());
  const auto m = static_cast<double>(b.n());
  const double u = (static_cast<double>(ranks.doubled_sum_a) - n * (n + 1)) / 2;

  if (std::max(a.n(), b.n()) <= kMostExact) {
    // Counting the smaller side's splits is less work, and the same p.
    const std::uint64_t total =
        std::accumulate(ranks.doubled.begin(), ranks.doubled.end(), std::uint64_t{0});
    const double p = a.n() <= b.n() ? ExactP(ranks.doubled, a.n(), ranks.doubled_sum_a)
                                    : ExactP(ranks.doubled, b.n(), total - ranks.doubled_sum_a);
    return MannWhitneyTest{u, p, true};
  }
  const double variance = n * m / 12 * (n + m + 1 - ranks.ties / ((n + m) * (n + m - 1)));
  // U moves in steps of a half where there are ties; the correction is a half all the same.
  const double distance = std::max(0.0, std::abs(u - n * m / 2) - 0.5);
  return MannWhitneyTest{u, NormalTwoSidedP(distance / std::sqrt(variance)), false};
}

}  // namespace podium::report
