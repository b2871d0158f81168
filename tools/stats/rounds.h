// Two sides measured in rounds: which rank method, and what relabelling says of the noise.
//
// a[i] and b[i] are ln(time) of one round. Whatever differs between rounds (drift, another program
// that runs for a while) is the same for both and cancels in a[i] - b[i].
#pragma once

#include <optional>
#include <span>

namespace podium::report {

// Spearman's rank correlation (1904) of the two sides over the rounds: how much of the noise they
// share. Null if a side does not vary.
std::optional<double> Alikeness(std::span<const double> a, std::span<const double> b);

// True if the rounds are to be compared pair by pair (Wilcoxon's signed ranks), false if all values
// of a with all of b (Mann-Whitney). Pairing removes the noise that is shared but doubles the noise
// that is not: of rounds whose sides have nothing in common, a signed-rank test loses up to half of
// the power where every fifth value lies far off. The rule, fixed before any p-value is seen: pairs
// where Spearman's correlation exceeds 0.4. It depends on the shape of the data only: exchanging
// the sides, or making one of them faster by any factor, changes nothing in it.
bool ArePaired(std::span<const double> a, std::span<const double> b);

// The 0.95 quantile of |mean of a[i] - b[i]| over the ways to exchange a and b within rounds, once
// the difference found is taken out: how large a difference two equal programs show in this noise.
// All ways up to 11 rounds, from there 1024 that a fixed seed draws. Null for fewer than 2 rounds.
std::optional<double> RelabelledFloor(std::span<const double> a, std::span<const double> b);

}  // namespace podium::report
