// Shares of inputs, as an accuracy is, and how far off they may be for the luck of the draw.
#pragma once

#include <cstddef>

#include "tools/stats/sample.h"

namespace podium::report {

struct Proportion {
  std::size_t count = 0, of = 1;  // count <= of, of > 0

  double value() const { return static_cast<double>(count) / static_cast<double>(of); }
};

// Wilson's score interval (1927): never empty, never outside 0..1, even of none or all.
Interval ScoreInterval(Proportion p, double alpha);

// Of b - a: Newcombe's hybrid of the two score intervals, without continuity correction (Statistics
// in Medicine 17, 873-890, 1998, method 10). It takes the two as drawn apart; where both are of the
// same inputs, it is usually wider than it need be: the right answers of both mostly go together.
Interval DifferenceInterval(Proportion a, Proportion b, double alpha);

}  // namespace podium::report
