// The goals that the figures of the tables are held against.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

#include "absl/strings/str_format.h"
#include "tools/stats/sample.h"

namespace podium::report {

class Goals {
 public:
  // By how much a figure may miss its goal by chance: 3 standard errors. Nothing from 2000 trials on,
  // where they are small: seeds are fixed, so that a goal once met stays met.
  static double Chance(double standard_error_of_one, double trials) {
    return trials < 2000 ? 3 * standard_error_of_one / std::sqrt(trials) : 0;
  }

  // count / trials in per cent, as a cell of a table.
  std::string Share(double count, double trials, Interval goal, const std::string& what) {
    const double share = count / trials;
    const auto chance = [&](double p) { return Chance(std::sqrt(p * (1 - p)), trials); };
    Require(share >= goal.lo - chance(goal.lo) && share <= goal.hi + chance(goal.hi),
            absl::StrFormat("%s: %.2f %%, not within %.4g and %.4g", what, 100 * share,
                            100 * goal.lo, 100 * goal.hi));
    return absl::StrFormat("%.1f %%", 100 * share);
  }

  void Require(bool met, const std::string& what) {
    if (met) return;
    missed_ = true;
    std::fprintf(stderr, "missed: %s\n", what.c_str());
  }

  bool missed() const { return missed_; }

 private:
  bool missed_ = false;
};

}  // namespace podium::report
