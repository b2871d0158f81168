#include "tools/stats/hierarchy.h"

#include <algorithm>
#include <cmath>

#include "tools/stats/sample.h"

namespace podium::report {

VarianceLevels SplitVariance(const ByProcess& values) {
  double n = 0, sum = 0, squared_counts = 0, within = 0;
  for (const std::vector<double>& process : values) {
    const auto count = static_cast<double>(process.size());
    const double mean = Mean(process);
    n += count;
    sum += count * mean;
    squared_counts += count * count;
    for (const double x : process) within += (x - mean) * (x - mean);
  }
  const auto processes = static_cast<double>(values.size());
  VarianceLevels levels;
  if (n <= processes) return levels;
  levels.within = within / (n - processes);
  if (values.size() < 2) return levels;
  const double grand_mean = sum / n;
  double between = 0;
  for (const std::vector<double>& process : values) {
    const double deviation = Mean(process) - grand_mean;
    between += static_cast<double>(process.size()) * deviation * deviation;
  }
  // The expected mean square between processes is T1^2 + n0 T2^2.
  const double n0 = (n - squared_counts / n) / (processes - 1);
  levels.between = std::max(0.0, (between / (processes - 1) - *levels.within) / n0);
  const double all = *levels.between + *levels.within;
  if (all > 0) levels.icc = *levels.between / all;
  return levels;
}

std::optional<std::size_t> BestRepetitions(const VarianceLevels& levels, double cost_ratio) {
  constexpr double kMost = 1e6;
  if (!levels.within || !levels.between || !(*levels.between > 0)) return std::nullopt;
  const double best = std::ceil(std::sqrt(cost_ratio * *levels.within / *levels.between));
  return static_cast<std::size_t>(std::clamp(best, 1.0, kMost));
}

}  // namespace podium::report
