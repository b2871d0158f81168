#include "tools/stats/line.h"

#include <algorithm>
#include <cmath>

#include "tools/stats/distributions.h"
#include "tools/stats/sample.h"

namespace podium::report {

std::optional<Line> FitLine(std::span<const double> x, std::span<const double> y, double alpha) {
  if (x.empty() || std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; })) {
    return std::nullopt;
  }
  // From the means on: sums of squares of the values themselves would cancel.
  const double n = static_cast<double>(x.size()), mean_x = Mean(x), mean_y = Mean(y);
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  Line line = {.slope = xy / xx,
               .intercept = mean_y - xy / xx * mean_x,
               .slope_interval = std::nullopt,
               .intercept_interval = std::nullopt,
               .r_squared = std::nullopt};
  double residual = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    residual += (y[i] - line.At(x[i])) * (y[i] - line.At(x[i]));
  }
  if (yy > 0) line.r_squared = 1 - residual / yy;
  if (x.size() == 2) return line;
  const double reach = StudentCriticalValue(alpha, n - 2) * std::sqrt(residual / (n - 2));
  const double slope = reach / std::sqrt(xx);
  const double intercept = reach * std::sqrt(1 / n + mean_x * mean_x / xx);
  line.slope_interval = {line.slope - slope, line.slope + slope};
  line.intercept_interval = {line.intercept - intercept, line.intercept + intercept};
  return line;
}

}  // namespace podium::report
