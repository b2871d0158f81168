// One figure for many rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

// Geometric mean of the rows' speedups, each a ratio of geometric means. Rows of one round share
// its noise, so the interval resamples whole rounds, all rows together: BCa from 15 rounds on,
// Student t of the rounds' means below; where the sides were not in rounds, Welch t of the means of
// each side's rounds. Only rounds that all rows have count, for the value too.
struct Geomean {
  double value;
  std::optional<Interval> interval;  // 1 - alpha
  std::string reason;                // why there is no interval
};

// Null without rows.
std::optional<Geomean> GeomeanOf(const std::vector<Comparison>& rows, double alpha);

}  // namespace podium::report
