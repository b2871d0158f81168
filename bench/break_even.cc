#include "bench/break_even.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace podium::bench {

double BreakEven(std::span<const double> sparsities, std::span<const double> ratios) {
  assert(!sparsities.empty() && sparsities.size() == ratios.size());
  std::size_t faster = ratios.size();  // from here on
  while (faster > 0 && ratios[faster - 1] < 1) --faster;
  if (faster == 0) return sparsities[0];
  if (faster == ratios.size()) return 100;
  const double above = std::log(ratios[faster - 1]), below = std::log(ratios[faster]);
  const double part = above / (above - below);
  return sparsities[faster - 1] + part * (sparsities[faster] - sparsities[faster - 1]);
}

MedianInterval MedianOf(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  MedianInterval result = {.median = (values[(n - 1) / 2] + values[n / 2]) / 2, .interval = {}};
  // The k-th smallest is above the median with the probability that fewer than k of n coin tosses
  // are heads; k is the largest for which that is at most 2.5 %.
  const auto probability = [n](std::size_t heads) {
    const auto of = static_cast<double>(n), k = static_cast<double>(heads);
    return std::exp(std::lgamma(of + 1) - std::lgamma(k + 1) - std::lgamma(of - k + 1) -
                    of * std::numbers::ln2);
  };
  std::size_t k = 0;
  for (double tail = probability(0); tail <= 0.025; tail += probability(k)) ++k;
  if (k > 0) result.interval = {values[k - 1], values[n - k]};
  return result;
}

}  // namespace podium::bench
