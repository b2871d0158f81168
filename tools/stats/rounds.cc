#include "tools/stats/rounds.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "tools/stats/rank.h"
#include "tools/stats/sample.h"

namespace podium::report {
namespace {

constexpr double kMoves = 0.25;

}  // namespace

std::optional<double> LevelAutocorrelation(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 3) return std::nullopt;
  std::vector<double> levels;
  for (std::size_t i = 0; i < a.size(); ++i) levels.push_back(a[i] + b[i]);
  const double mean = static_cast<double>(a.size() + 1);  // of the doubled ranks
  double lagged = 0, squares = 0, before = 0;
  for (const std::uint64_t rank : DoubledRanks(levels)) {
    const double distance = static_cast<double>(rank) - mean;
    squares += distance * distance;
    lagged += distance * before;
    before = distance;
  }
  if (squares == 0) return std::nullopt;
  return lagged / squares;
}

bool ArePaired(std::span<const double> a, std::span<const double> b) {
  return LevelAutocorrelation(a, b).value_or(0) > kMoves;
}

std::optional<double> RelabelledFloor(std::span<const double> a, std::span<const double> b) {
  constexpr std::size_t kMostExhaustive = 11;
  constexpr std::size_t kDraws = 1024;
  if (a.size() < 2) return std::nullopt;
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const auto n = static_cast<double>(a.size());
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  for (double& d : differences) d -= mean;

  std::vector<double> sizes;
  const auto add = [&](const auto& exchanged) {
    double sum = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      sum += exchanged(i) ? -differences[i] : differences[i];
    }
    sizes.push_back(std::abs(sum) / n);
  };
  if (a.size() <= kMostExhaustive) {
    // The first round keeps its labels: exchanging all of them changes no size.
    for (std::uint64_t mask = 0; mask < std::uint64_t{1} << (a.size() - 1); ++mask) {
      add([&](std::size_t i) { return i > 0 && (mask >> (i - 1) & 1) != 0; });
    }
  } else {
    std::mt19937_64 random(1);
    for (std::size_t draw = 0; draw < kDraws; ++draw) {
      std::uint64_t bits = 0;
      add([&](std::size_t i) {
        if (i % 64 == 0) bits = random();
        return (bits >> (i % 64) & 1) != 0;
      });
    }
  }
  const std::optional<Sample> sample = Sample::Create(std::move(sizes));
  if (!sample) return std::nullopt;
  return Quantile(*sample, 0.95);
}

}  // namespace podium::report
