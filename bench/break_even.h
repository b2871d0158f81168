// Where a sparse product becomes faster than the dense one, from times measured in rounds.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace podium::bench {

// The sparsity from which on time / dense time stays below 1: between the last of the `sparsities`
// (ascending) whose ratio is at least 1 and the next, interpolated in the logarithm of the ratio.
// The first of them if no ratio is: then it is a bound from above. 100 if the last one is.
double BreakEven(std::span<const double> sparsities, std::span<const double> ratios);

struct MedianInterval {
  double median;
  // The 95 % confidence interval from order statistics: no assumption but that the values are
  // independent (David and Nagaraja, Order Statistics, section 7.1). None of fewer than 6 values.
  std::optional<std::pair<double, double>> interval;
};

// Of at least one value.
MedianInterval MedianOf(std::vector<double> values);

}  // namespace podium::bench
