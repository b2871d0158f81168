#include "tools/stats/null_distribution.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace podium::report {
namespace {

// counts[s] of the ways in which n of the scores, ascending, sum to s (Streitberg and Roehmel 1986).
std::vector<double> CountSplits(std::span<const std::uint64_t> scores, std::size_t n) {
  std::vector<std::uint64_t> sums{0};  // of the first scores
  for (const std::uint64_t score : scores) sums.push_back(sums.back() + score);
  const std::uint64_t most = sums.back() - sums[scores.size() - n];
  std::vector<std::vector<double>> counts(n + 1, std::vector<double>(most + 1, 0));
  counts[0][0] = 1;
  for (std::size_t seen = 1; seen <= scores.size(); ++seen) {
    const std::uint64_t added = scores[seen - 1];
    // Downwards, so that no split takes the added score twice.
    for (std::size_t k = std::min(n, seen); k >= 1; --k) {
      const std::uint64_t reach = sums[seen] - sums[seen - k];  // scores ascend
      for (std::uint64_t s = added; s <= reach; ++s) counts[k][s] += counts[k - 1][s - added];
    }
  }
  return std::move(counts[n]);
}

// counts[s] of the subsets of the scores that sum to s.
std::vector<double> CountSubsets(std::span<const std::uint64_t> scores) {
  std::vector<double> counts(std::accumulate(scores.begin(), scores.end(), std::uint64_t{1}), 0);
  counts[0] = 1;
  std::uint64_t reach = 0;
  for (const std::uint64_t score : scores) {
    reach += score;
    for (std::uint64_t s = reach; s >= score; --s) counts[s] += counts[s - score];
  }
  return counts;
}

Tails TailsAt(const std::vector<double>& counts, std::uint64_t x) {
  const auto observed = counts.begin() + static_cast<std::ptrdiff_t>(x);
  const double lower = std::accumulate(counts.begin(), observed + 1, 0.0);
  const double upper = std::accumulate(observed, counts.end(), 0.0);
  const double all = lower + upper - *observed;
  return {lower / all, upper / all};
}

std::vector<std::uint64_t> FirstNumbers(std::size_t n, std::uint64_t first) {
  std::vector<std::uint64_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

}  // namespace

NullDistribution::NullDistribution(const std::vector<double>& counts)
    : less_(counts.size()), greater_(counts.size()) {
  std::partial_sum(counts.begin(), counts.end(), less_.begin());
  std::partial_sum(counts.rbegin(), counts.rend(), greater_.rbegin());
  const double all = less_.back();
  for (double& count : less_) count /= all;
  for (double& count : greater_) count /= all;
}

Tails NullDistribution::At(std::uint64_t x) const {
  return x < less_.size() ? Tails{less_[x], greater_[x]} : Tails{1, 0};
}

Tails SplitTails(std::span<const std::uint64_t> ranks, std::size_t n, std::uint64_t sum) {
  // A side has a fixed size, so ranks may be shifted and divided by a common factor, which shortens
  // the table.
  const std::uint64_t least = ranks.front();
  std::uint64_t step = 0;
  for (const std::uint64_t rank : ranks) step = std::gcd(step, rank - least);
  std::vector<std::uint64_t> scores;
  for (const std::uint64_t rank : ranks) scores.push_back((rank - least) / step);
  return TailsAt(CountSplits(scores, n), (sum - n * least) / step);
}

Tails SignTails(std::span<const std::uint64_t> scores, std::uint64_t sum) {
  std::uint64_t step = 0;
  for (const std::uint64_t score : scores) step = std::gcd(step, score);
  std::vector<std::uint64_t> shortened;
  for (const std::uint64_t score : scores) shortened.push_back(score / step);
  return TailsAt(CountSubsets(shortened), sum / step);
}

const NullDistribution& UntiedRankSum(std::size_t n, std::size_t m) {
  thread_local std::map<std::pair<std::size_t, std::size_t>, NullDistribution> known;
  if (n > m) std::swap(n, m);  // the same distribution
  const auto found = known.find({n, m});
  if (found != known.end()) return found->second;
  std::vector<double> counts = CountSplits(FirstNumbers(n + m, 0), n);
  // Ranks from 0: the least sum of n of them is that of 0, 1, ..., n - 1.
  counts.erase(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(n * (n - 1) / 2));
  return known.emplace(std::pair(n, m), NullDistribution(counts)).first->second;
}

const NullDistribution& UntiedSignedRank(std::size_t n) {
  thread_local std::map<std::size_t, NullDistribution> known;
  const auto found = known.find(n);
  if (found != known.end()) return found->second;
  return known.emplace(n, NullDistribution(CountSubsets(FirstNumbers(n, 1)))).first->second;
}

}  // namespace podium::report
