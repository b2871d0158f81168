// Where the variance of a measurement arises: repetition or process (Kalibera and Jones 2013).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace podium::report {

// Values of ln(time) by process. Each process has at least one value.
using ByProcess = std::vector<std::vector<double>>;

// Variance components of a random-effects model with one level above the repetitions, by the
// method of moments for unequal counts (Searle, Casella and McCulloch 1992, 3.6): with equal counts
// r, T1^2 = S1^2 within processes and T2^2 = S2^2 - S1^2 / r of the process means.
struct VarianceLevels {
  std::optional<double> within;  // of a repetition; null if no process has two
  std::optional<double>
      between;                // of a process, never below 0; null without `within` or at 1 process
  std::optional<double> icc;  // between / (between + within): 0 repetitions independent, 1 useless
};
VarianceLevels SplitVariance(const ByProcess& values);

// The number of repetitions per process that gives the narrowest interval for its cost: sqrt(c T1^2
// / T2^2) rounded up, where starting a process costs as much as `cost_ratio` repetitions (Kalibera
// and Jones 2013, 6.1). Null if a level is unknown or processes do not differ, where one process
// with all repetitions would do.
std::optional<std::size_t> BestRepetitions(const VarianceLevels& levels, double cost_ratio);

}  // namespace podium::report
