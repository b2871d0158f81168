#include "tools/runner/log_times.h"

#include <cmath>
#include <optional>
#include <vector>

#include "tools/stats/stopping.h"

namespace podium::report {
namespace {

constexpr double kAlpha = 0.05;

}  // namespace

void LogTimes::Add(std::size_t side, std::size_t row, long round, double log_time) {
  Mean& mean = means_[{side, row}][round];
  mean.sum += log_time;
  ++mean.n;
}

bool LogTimes::AllTight(std::size_t sides, std::size_t rows, double target) const {
  for (std::size_t row = 0; row < rows; ++row) {
    if (sides == 1 && !IsTight(0, 0, row, target)) return false;
    for (std::size_t a = 0; a < sides; ++a) {
      for (std::size_t b = a + 1; b < sides; ++b) {
        if (!IsTight(a, b, row, target)) return false;
      }
    }
  }
  return true;
}

bool LogTimes::IsTight(std::size_t a, std::size_t b, std::size_t row, double target) const {
  const auto of_a = means_.find({a, row}), of_b = means_.find({b, row});
  if (of_a == means_.end() || of_b == means_.end()) return false;
  std::vector<double> values;
  for (const auto& [round, mean] : of_a->second) {
    const auto other = of_b->second.find(round);
    if (a == b) {
      values.push_back(mean.value());
    } else if (other != of_b->second.end()) {
      values.push_back(mean.value() - other->second.value());
    }
  }
  const std::optional<Sample> sample = Sample::Create(std::move(values));
  return sample && IsTightEnough(*sample, std::log1p(target), kAlpha);
}

}  // namespace podium::report
