#include "tools/stats/rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "tools/stats/distributions.h"
#include "tools/stats/null_distribution.h"

namespace podium::report {
namespace {

constexpr std::size_t kMostExact = 50;  // values per side, or pairs

double TwoSided(double p_less, double p_greater) {
  return std::min(1.0, 2 * std::min(p_less, p_greater));
}

// P(X <= x) and P(X >= x) of a statistic that is about normal, with continuity correction: it moves
// in steps of a half where there are ties; the correction is a half all the same.
Tails NormalTails(double x, double mean, double variance) {
  const double deviation = std::sqrt(variance);
  return {NormalBelow((x - mean + 0.5) / deviation), NormalBelow((mean - x + 0.5) / deviation)};
}

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

// The k-th smallest, from 1, of all sums x[i] + y[j] with `first(i) <= j`, x and y ascending:
// bisection over the value counts them in linear time, so that not all need to stand in memory.
template <typename First>
double KthSum(std::span<const double> x, std::span<const double> y, std::uint64_t k,
              const First& first) {
  // How many sums are at most `bound`, and the largest of these.
  double largest = 0;
  const auto count = [&](double bound) {
    std::uint64_t below = 0;
    largest = -std::numeric_limits<double>::infinity();
    std::size_t end = y.size();
    for (std::size_t i = 0; i < x.size(); ++i) {
      while (end > 0 && x[i] + y[end - 1] > bound) --end;
      if (end <= first(i)) continue;
      below += end - first(i);
      largest = std::max(largest, x[i] + y[end - 1]);
    }
    return below;
  };
  double lo = x.front() + y[first(0)];
  double hi = x.back() + y.back();
  if (count(lo) >= k) return lo;
  // Invariant: fewer than k sums are <= lo, at least k are <= hi.
  while (true) {
    const double middle = std::midpoint(lo, hi);
    if (middle <= lo || middle >= hi) break;
    if (count(middle) >= k) {
      hi = largest;
    } else {
      lo = middle;
    }
  }
  return hi;
}

// The rank c from either end at which the interval begins: the largest with P(X <= c - 1) <= alpha
// / 2, 0 if there is none. `below(x)` is P(X <= x).
template <typename Below>
std::uint64_t EndRank(double mean, double variance, double alpha, bool exact, const Below& below) {
  if (!exact) {
    const double c = mean + 0.5 + NormalQuantile(alpha / 2) * std::sqrt(variance);
    return c < 1 ? 0 : static_cast<std::uint64_t>(c);
  }
  std::uint64_t c = 0;
  // A level that equals alpha in exact arithmetic must not be lost to rounding.
  while (below(c) <= alpha / 2 * (1 + 1e-12)) ++c;
  return c;
}

template <typename Kth>
ShiftEstimate EstimateOf(std::uint64_t count, std::uint64_t c, const Kth& kth) {
  ShiftEstimate result{std::midpoint(kth((count + 1) / 2), kth(count / 2 + 1)), std::nullopt};
  if (c >= 1 && c <= count - c + 1) result.interval = Interval{kth(c), kth(count + 1 - c)};
  return result;
}

}  // namespace

std::vector<std::uint64_t> DoubledRanks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::less<>(), [&](std::size_t i) { return values[i]; });
  std::vector<std::uint64_t> doubled(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) doubled[order[i]] = begin + 1 + end;
    begin = end;
  }
  return doubled;
}

std::optional<MannWhitneyTest> MannWhitney(const Sample& a, const Sample& b) {
  const PooledRanks ranks = RankPooled(a.sorted(), b.sorted());
  if (ranks.doubled.front() == ranks.doubled.back()) return std::nullopt;
  const auto n = static_cast<double>(a.n());
  const auto m = static_cast<double>(b.n());
  const double u = (static_cast<double>(ranks.doubled_sum_a) - n * (n + 1)) / 2;

  const bool exact = std::max(a.n(), b.n()) <= kMostExact;
  Tails tails{};
  if (!exact) {
    const double variance = n * m / 12 * (n + m + 1 - ranks.ties / ((n + m) * (n + m - 1)));
    tails = NormalTails(u, n * m / 2, variance);
  } else if (ranks.ties == 0) {
    tails = UntiedRankSum(a.n(), b.n()).At(static_cast<std::uint64_t>(u));
  } else if (a.n() <= b.n()) {  // counting the smaller side's splits is less work
    tails = SplitTails(ranks.doubled, a.n(), ranks.doubled_sum_a);
  } else {
    const std::uint64_t total =
        std::accumulate(ranks.doubled.begin(), ranks.doubled.end(), std::uint64_t{0});
    tails = SplitTails(ranks.doubled, b.n(), total - ranks.doubled_sum_a);
    std::swap(tails.less, tails.greater);
  }
  return MannWhitneyTest{u, TwoSided(tails.less, tails.greater), exact, tails.less, tails.greater};
}

std::optional<SignedRankTest> SignedRank(std::span<const double> differences) {
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (const double d : differences) {
    if (d == 0) continue;
    sizes.push_back(std::abs(d));
    positive.push_back(d > 0);
  }
  if (sizes.empty()) return std::nullopt;
  const std::vector<std::uint64_t> doubled = DoubledRanks(sizes);
  std::uint64_t doubled_w = 0;
  double variance = 0;  // of w: the squared ranks, over 4; ties are in the mid-ranks
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    if (positive[i]) doubled_w += doubled[i];
    variance += static_cast<double>(doubled[i] * doubled[i]) / 16;
  }
  const auto n = static_cast<double>(sizes.size());
  const double w = static_cast<double>(doubled_w) / 2;
  const bool exact = sizes.size() <= kMostExact;
  const Tails tails =
      exact ? SignTails(doubled, doubled_w) : NormalTails(w, n * (n + 1) / 4, variance);
  return SignedRankTest{w, TwoSided(tails.less, tails.greater), exact, tails.less, tails.greater};
}

std::optional<StratifiedRankTest> StratifiedRank(std::span<const double> a,
                                                 std::span<const double> b) {
  std::vector<double> pooled(a.begin(), a.end());
  pooled.insert(pooled.end(), b.begin(), b.end());
  const std::vector<std::uint64_t> doubled = DoubledRanks(pooled);
  // Relabelling a pair exchanges its two ranks: the sum over b is the smaller ranks and, for each
  // pair by lot, what the other one has more.
  std::vector<std::uint64_t> gains;
  std::uint64_t gained = 0, doubled_sum = 0;
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t of_a = doubled[i], of_b = doubled[a.size() + i];
    doubled_sum += of_b;
    if (of_a == of_b) continue;
    gains.push_back(std::max(of_a, of_b) - std::min(of_a, of_b));
    if (of_b > of_a) gained += gains.back();
    mean += static_cast<double>(gains.back()) / 4;
    variance += static_cast<double>(gains.back() * gains.back()) / 16;
  }
  if (gains.empty()) return std::nullopt;
  const bool exact = gains.size() <= kMostExact;
  const Tails tails = exact ? SignTails(gains, gained)
                            : NormalTails(static_cast<double>(gained) / 2, mean, variance);
  return StratifiedRankTest{static_cast<double>(doubled_sum) / 2,
                            TwoSided(tails.less, tails.greater), exact};
}

ShiftEstimate HodgesLehmann(const Sample& a, const Sample& b, double alpha) {
  std::vector<double> negated(a.sorted().rbegin(), a.sorted().rend());
  for (double& x : negated) x = -x;
  const auto n = static_cast<double>(a.n()), m = static_cast<double>(b.n());
  const bool exact = std::max(a.n(), b.n()) <= kMostExact;
  const std::uint64_t c =
      EndRank(n * m / 2, n * m * (n + m + 1) / 12, alpha, exact,
              [&](std::uint64_t u) { return UntiedRankSum(a.n(), b.n()).At(u).less; });
  return EstimateOf(std::uint64_t{a.n()} * b.n(), c, [&](std::uint64_t k) {
    return KthSum(negated, b.sorted(), k, [](std::size_t) { return std::size_t{0}; });
  });
}

ShiftEstimate HodgesLehmann(const Sample& differences, double alpha) {
  const std::span<const double> d = differences.sorted();
  const auto n = static_cast<double>(d.size());
  const bool exact = d.size() <= kMostExact;
  const std::uint64_t c =
      EndRank(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24, alpha, exact,
              [&](std::uint64_t w) { return UntiedSignedRank(d.size()).At(w).less; });
  return EstimateOf(std::uint64_t{d.size()} * (d.size() + 1) / 2, c, [&](std::uint64_t k) {
    return KthSum(d, d, k, [](std::size_t i) { return i; }) / 2;
  });
}

}  // namespace podium::report
