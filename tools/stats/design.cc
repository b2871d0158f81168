#include "tools/stats/design.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace podium::report {
namespace {

// One value is its own mean, to the last digit.
double GeometricMean(const std::vector<double>& values) {
  if (values.size() == 1) return values.front();
  double sum = 0;
  for (const double x : values) sum += std::log(x);
  return std::exp(sum / static_cast<double>(values.size()));
}

// By round and host the geometric mean of a side: first of each process, then of those that ran there
// together.
using Cells = std::map<long, std::map<std::string, double>>;
Cells CellsOf(const Side& side) {
  std::map<long, std::vector<double>> processes;
  std::map<long, Origin> origins;
  for (std::size_t i = 0; i < side.origins.size(); ++i) {
    processes[side.origins[i].process].push_back(side.values->values()[i]);
    origins[side.origins[i].process] = side.origins[i];
  }
  std::map<long, std::map<std::string, std::vector<double>>> means;
  for (const auto& [process, values] : processes) {
    const Origin& origin = origins[process];
    means[origin.round][origin.host].push_back(GeometricMean(values));
  }
  Cells cells;
  for (const auto& [round, hosts] : means) {
    for (const auto& [host, values] : hosts) cells[round][host] = GeometricMean(values);
  }
  return cells;
}

std::map<long, double> RoundMeans(const Side& side) {
  std::map<long, double> means;
  for (const auto& [round, hosts] : CellsOf(side)) {
    std::vector<double> values;
    for (const auto& [host, value] : hosts) values.push_back(value);
    means[round] = GeometricMean(values);
  }
  return means;
}

// A round on one host that both sides have.
struct Shared {
  long round;
  std::string host;
  double a, b;
};
std::vector<Shared> SharedCells(const Side& a, const Side& b) {
  const Cells of_a = CellsOf(a), of_b = CellsOf(b);
  std::vector<Shared> shared;
  for (const auto& [round, hosts] : of_a) {
    const auto other = of_b.find(round);
    if (other == of_b.end()) continue;
    for (const auto& [host, value] : hosts) {
      const auto found = other->second.find(host);
      if (found != other->second.end()) shared.push_back({round, host, value, found->second});
    }
  }
  return shared;
}

struct RoundPair {
  std::vector<double> a, b;  // one value for each host
};
std::map<long, RoundPair> SharedRounds(const Side& a, const Side& b) {
  std::map<long, RoundPair> rounds;
  for (const Shared& cell : SharedCells(a, b)) {
    rounds[cell.round].a.push_back(cell.a);
    rounds[cell.round].b.push_back(cell.b);
  }
  return rounds;
}

std::set<long> Numbers(const Side& side, long Origin::*which) {
  std::set<long> numbers;
  for (const Origin& origin : side.origins) numbers.insert(origin.*which);
  return numbers;
}

Sample RoundSample(const Side& side) {
  std::vector<double> values;
  for (const auto& [round, value] : RoundMeans(side)) values.push_back(value);
  return *Sample::Create(std::move(values));
}

}  // namespace

std::map<long, double> LogMeansByRound(const Side& side) {
  std::map<long, double> logs = RoundMeans(side);
  for (auto& [round, value] : logs) value = std::log(value);
  return logs;
}

std::map<long, double> LogRatiosByRound(const Side& a, const Side& b) {
  std::map<long, double> logs;
  for (const auto& [round, pair] : SharedRounds(a, b)) {
    logs[round] = std::log(GeometricMean(pair.a) / GeometricMean(pair.b));
  }
  return logs;
}

std::vector<double> LogRatiosByHost(const Side& a, const Side& b) {
  std::map<std::string, std::vector<double>> hosts;
  for (const Shared& cell : SharedCells(a, b))
    hosts[cell.host].push_back(std::log(cell.a / cell.b));
  std::vector<double> ratios;
  for (const auto& [host, logs] : hosts) ratios.push_back(Sample::Create(logs)->mean());
  if (ratios.size() < 2) ratios.clear();
  return ratios;
}

std::size_t CountUnpaired(const Side& a, const Side& b) {
  const auto count = [](const Side& side) {
    std::size_t cells = 0;
    for (const auto& [round, hosts] : CellsOf(side)) cells += hosts.size();
    return cells;
  };
  return count(a) + count(b) - 2 * SharedCells(a, b).size();
}

bool IsConfounded(Design design) {
  return design != Design::kRounds && design != Design::kProcesses;
}

Design DetectDesign(const Side& a, const Side& b, SameRun same_run) {
  if (a.origins.empty() || b.origins.empty()) {
    return same_run == SameRun::kYes ? Design::kOneProcess : Design::kOneProcessASide;
  }
  const std::set<long> of_a = Numbers(a, &Origin::process), of_b = Numbers(b, &Origin::process);
  for (const long process : of_a) {
    if (of_b.contains(process)) return Design::kOneProcess;
  }
  if (SharedRounds(a, b).size() >= kLeastRounds) return Design::kRounds;
  // Processes of one round ran at the same moment, on several hosts: they count as one.
  const std::size_t rounds_a = Numbers(a, &Origin::round).size();
  const std::size_t rounds_b = Numbers(b, &Origin::round).size();
  if (std::min(rounds_a, rounds_b) < kLeastProcesses) return Design::kOneProcessASide;
  const bool one_after_the_other = *of_a.rbegin() < *of_b.begin() || *of_b.rbegin() < *of_a.begin();
  return one_after_the_other ? Design::kSessions : Design::kProcesses;
}

Units IndependentUnits(const Side& a, const Side& b, Design design) {
  if (design == Design::kProcesses || design == Design::kSessions) {
    return {RoundSample(a), RoundSample(b)};
  }
  if (design != Design::kRounds) return {*a.values, *b.values};
  std::vector<double> values_a, values_b;
  for (const auto& [round, pair] : SharedRounds(a, b)) {
    values_a.push_back(GeometricMean(pair.a));
    values_b.push_back(GeometricMean(pair.b));
  }
  return {*Sample::Create(std::move(values_a)), *Sample::Create(std::move(values_b))};
}

}  // namespace podium::report
