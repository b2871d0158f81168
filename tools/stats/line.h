// A straight line through points, by ordinary least squares.
#pragma once

#include <optional>
#include <span>

#include "tools/stats/sample.h"

namespace podium::report {

// y = intercept + slope * x. Intervals are Student's, with n - 2 degrees of freedom: they hold where
// the points scatter about a line, evenly and independently of each other; null with two points.
struct Line {
  double slope, intercept;
  std::optional<Interval> slope_interval, intercept_interval;
  std::optional<double> r_squared;  // null where all y are the same

  double At(double x) const { return intercept + slope * x; }
};

// x and y are finite and of one length. Null with fewer than two different x.
std::optional<Line> FitLine(std::span<const double> x, std::span<const double> y, double alpha);

}  // namespace podium::report
