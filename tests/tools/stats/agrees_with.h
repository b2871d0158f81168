// What the tests of stats/ share: samples from a list, and agreement with a printed reference.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <utility>
#include <vector>

#include "tools/stats/sample.h"

namespace podium::report {

// Within 1e-10 of `expected`, relatively: as near as R and SciPy agree with each other.
MATCHER_P(AgreesWith, expected, "") {
  return std::abs(arg - expected) <= 1e-10 * std::abs(expected);
}

inline Sample SampleOf(std::vector<double> values) {
  return Sample::Create(std::move(values)).value();
}

}  // namespace podium::report
