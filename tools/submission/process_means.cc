#include "tools/submission/process_means.h"

#include <map>
#include <utility>
#include <vector>

namespace podium::report {

std::optional<Sample> ProcessMeans(const Sample& values, std::span<const Origin> origins) {
  if (origins.size() != values.n()) return std::nullopt;
  std::map<long, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < origins.size(); ++i) {
    auto& [sum, count] = sums[origins[i].round];
    sum += values.values()[i];
    ++count;
  }
  if (sums.size() < 2) return std::nullopt;
  std::vector<double> means;
  for (const auto& [round, sum] : sums) means.push_back(sum.first / sum.second);
  return Sample::Create(std::move(means));
}

}  // namespace podium::report
