#include "tools/stats/design.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace podium::report {
namespace {

using Groups = std::map<long, std::vector<double>>;

// One value is its own mean, to the last digit.
double GeometricMean(const std::vector<double>& values) {
  if (values.size() == 1) return values.front();
  double sum = 0;
  for (const double x : values) sum += std::log(x);
  return std::exp(sum / static_cast<double>(values.size()));
}

// The processes of a side, each as its geometric mean.
struct ProcessMean {
  Origin origin;
  double value;
};
std::map<long, ProcessMean> ProcessMeans(const Side& side) {
  Groups groups;
  std::map<long, Origin> origins;
  for (std::size_t i = 0; i < side.origins.size(); ++i) {
    groups[side.origins[i].process].push_back(side.values->values()[i]);
    origins[side.origins[i].process] = side.origins[i];
  }
  std::map<long, ProcessMean> means;
  for (const auto& [process, values] : groups) {
    means[process] = {origins[process], GeometricMean(values)};
  }
  return means;
}

std::map<long, double> RoundMeans(const Side& side) {
  Groups groups;
  for (const auto& [process, mean] : ProcessMeans(side)) groups[mean.origin.round].push_back(mean.value);
  std::map<long, double> means;
  for (const auto& [round, values] : groups) means[round] = GeometricMean(values);
  return means;
}

std::set<long> Numbers(const Side& side, long Origin::* which) {
  std::set<long> numbers;
  for (const Origin& origin : side.origins) numbers.insert(origin.*which);
  return numbers;
}

std::size_t CountShared(const std::set<long>& a, const std::set<long>& b) {
  return static_cast<std::size_t>(
      std::ranges::count_if(a, [&](long number) { return b.contains(number); }));
}

Sample ProcessSample(const Side& side) {
  std::vector<double> values;
  for (const auto& [process, mean] : ProcessMeans(side)) values.push_back(mean.value);
  return *Sample::Create(std::move(values));
}

}  // namespace

std::map<long, double> LogMeansByRound(const Side& side) {
  std::map<long, double> logs = RoundMeans(side);
  for (auto& [round, value] : logs) value = std::log(value);
  return logs;
}

std::vector<double> LogRatiosByHost(const Side& a, const Side& b) {
  // By host and round, the mean ln of each side's processes.
  std::map<std::pair<std::string, long>, std::vector<double>> of_a, of_b;
  for (const auto& [side, groups] : {std::pair(&a, &of_a), std::pair(&b, &of_b)}) {
    for (const auto& [process, mean] : ProcessMeans(*side)) {
      (*groups)[{mean.origin.host, mean.origin.round}].push_back(mean.value);
    }
  }
  std::map<std::string, std::vector<double>> hosts;
  for (const auto& [where, values] : of_a) {
    const auto found = of_b.find(where);
    if (found == of_b.end()) continue;
    hosts[where.first].push_back(std::log(GeometricMean(values) / GeometricMean(found->second)));
  }
  std::vector<double> ratios;
  for (const auto& [host, logs] : hosts) ratios.push_back(Sample::Create(logs)->mean());
  if (ratios.size() < 2) ratios.clear();
  return ratios;
}

bool IsConfounded(Design design) {
  return design != Design::kRounds && design != Design::kProcesses;
}

Design DetectDesign(const Side& a, const Side& b, SameRun same_run) {
  if (a.origins.empty() || b.origins.empty()) {
    return same_run == SameRun::kYes ? Design::kOneProcess : Design::kOneProcessASide;
  }
  const std::set<long> of_a = Numbers(a, &Origin::process), of_b = Numbers(b, &Origin::process);
  if (CountShared(of_a, of_b) > 0) return Design::kOneProcess;
  if (CountShared(Numbers(a, &Origin::round), Numbers(b, &Origin::round)) >= kLeastRounds) {
    return Design::kRounds;
  }
  if (std::min(of_a.size(), of_b.size()) < kLeastProcesses) return Design::kOneProcessASide;
  const bool one_after_the_other = *of_a.rbegin() < *of_b.begin() || *of_b.rbegin() < *of_a.begin();
  return one_after_the_other ? Design::kSessions : Design::kProcesses;
}

Units IndependentUnits(const Side& a, const Side& b, Design design) {
  if (design == Design::kProcesses || design == Design::kSessions) {
    return {ProcessSample(a), ProcessSample(b)};
  }
  if (design != Design::kRounds) return {*a.values, *b.values};
  const std::map<long, double> rounds_a = RoundMeans(a), rounds_b = RoundMeans(b);
  std::vector<double> values_a, values_b;
  for (const auto& [round, value] : rounds_a) {
    const auto found = rounds_b.find(round);
    if (found == rounds_b.end()) continue;
    values_a.push_back(value);
    values_b.push_back(found->second);
  }
  return {*Sample::Create(std::move(values_a)), *Sample::Create(std::move(values_b))};
}

}  // namespace podium::report
