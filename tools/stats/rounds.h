// Two sides measured in rounds: which rank method, and what relabelling says of the noise.
//
// a[i] and b[i] are ln(time) of one round. Whatever differs between rounds (drift, another program
// that runs for a while) is the same for both and cancels in a[i] - b[i].
#pragma once

#include <optional>
#include <span>

namespace podium::report {

// Autocorrelation at lag 1 of the ranks of the rounds' levels a[i] + b[i], in the order of the rounds:
// whether the machine moves from round to round. Null for fewer than 3 rounds, or equal levels.
std::optional<double> LevelAutocorrelation(std::span<const double> a, std::span<const double> b);

// True if the rounds are to be compared pair by pair (Wilcoxon's signed ranks), false if all values
// of a with all of b (Mann-Whitney). Pairing removes the noise that a round's sides share, but where
// they share none a signed-rank test loses up to half of the power to values that lie far off. The
// rule, fixed before any p-value is seen: pairs where the autocorrelation above exceeds 0.25.
//
// It looks at sums, never at differences: exchanging the sides of a round, or making one of them
// faster, changes nothing in it, and without drift or autocorrelation the order of the rounds tells
// nothing of either test. A rule that asked how alike the sides are would pick the test that
// happens to see less noise: at p < 0.00025, as Holm asks for with 200 rows, 19 % more false alarms.
bool ArePaired(std::span<const double> a, std::span<const double> b);

// The 0.95 quantile of |mean of a[i] - b[i]| over the ways to exchange a and b within rounds, once
// the difference found is taken out: how large a difference two equal programs show in this noise.
// All ways up to 11 rounds, from there 1024 that a fixed seed draws. Null for fewer than 2 rounds.
std::optional<double> RelabelledFloor(std::span<const double> a, std::span<const double> b);

}  // namespace podium::report
