// One figure of a row with its uncertainty, for what weighs several figures against each other.
#pragma once

#include <optional>

#include "tools/stats/sample.h"
#include "tools/submission/metric.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Figure {
  double value;
  // 95 % interval of the mean: of processes' means where there are several. An exact figure, such as a
  // size, or a share of given inputs, has both ends at its value. What was measured once is unbounded.
  Interval interval;
};

// Null if the row failed or has no such metric.
std::optional<Figure> FigureOf(const Entry& entry, const MetricChoice& metric);

// Is a better than b for certain, and is it at least as good for certain? Two intervals that overlap say
// neither.
bool SurelyBetter(const Figure& a, const Figure& b, const MetricChoice& metric);
bool SurelyNoWorse(const Figure& a, const Figure& b, const MetricChoice& metric);

}  // namespace podium::report
