// How many values a verdict takes, from the noise of those that there are.
#pragma once

#include <optional>

#include "tools/submission/verdict.h"

namespace podium::report {

// Fills `needed_n`, or says why no number would do. `alpha_of_row` is the level at which this row
// counts among the others.
void SetNeededN(const VerdictRule& rule, double alpha_of_row, Judgement& result);

// The n at which a difference of `effect` (a ratio: 0.02 is 2 %) is found to exceed `threshold`, a
// smaller one, with probability kPower, in noise as `judgement` found it; at least so many that the
// design remains the same. Null beyond a million, or for a design without independent values.
std::optional<double> CountToDetect(const Judgement& judgement, double effect, double threshold,
                                    double alpha);

// Half the width of its interval, in ln(speedup).
double LogHalfWidth(const Judgement& judgement);

}  // namespace podium::report
