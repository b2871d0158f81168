// Rank tests: no assumption about the shape of the noise.
#pragma once

#include <optional>

#include "tools/stats/sample.h"

namespace podium::report {

// Mann-Whitney U test (Mann and Whitney 1947), two-sided. `u` counts pairs with a > b, ties half.
//
// p = min(1, 2 min(P(U <= u), P(U >= u))) under the null hypothesis that every split of the pooled
// values into sides of these sizes is equally likely, ties included; without ties this is the
// two-sided p of R and SciPy. `exact`: the splits are counted, while each side has at most 50
// values; above that U is taken as normal, with tie and continuity correction (Lehmann 1975).
// Null if all pooled values are equal.
struct MannWhitneyTest {
  double u;
  double p;
  bool exact;
};
std::optional<MannWhitneyTest> MannWhitney(const Sample& a, const Sample& b);

}  // namespace podium::report
