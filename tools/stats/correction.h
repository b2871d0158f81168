// Many tests at once: adjusted p-values, each to be compared with alpha as if it were alone.
#pragma once

#include <span>
#include <vector>

namespace podium::report {

// Holm (1979): the probability of even one wrong rejection is at most alpha, however the tests
// depend on each other. For gates.
std::vector<double> AdjustHolm(std::span<const double> p);

// Benjamini and Hochberg (1995): of the rejections, an expected share of at most alpha is wrong, if
// the tests are independent or positively dependent. For reports.
std::vector<double> AdjustBenjaminiHochberg(std::span<const double> p);

}  // namespace podium::report
