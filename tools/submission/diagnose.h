// What is doubtful about the values of a comparison, in words.
#pragma once

#include <string>
#include <vector>

#include "tools/stats/design.h"

namespace podium::report {

struct Diagnosis {
  std::vector<std::string> warnings;  // each one clause, with its figures
  std::string veto;                   // why there can be no verdict; empty if there can
};

// Of each side: outliers, two modes, drift, warm-up of the repetitions in a process, how much of the
// variance lies between processes, and autocorrelation; in rounds, where both sides move alike, that
// of their ratios. `units` are the independent values of `design`. Vetoes where 20 or more values are
// worth less than a quarter of their number, and where a warm-up does not end.
Diagnosis Diagnose(const Side& baseline, const Side& optimized, const Units& units, Design design);

}  // namespace podium::report
