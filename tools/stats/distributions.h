// The distributions that stats/ rests on; its only file that knows Boost.Math.
//
// Each tail is computed as such, never as 1 - the other: a probability of 1e-200 keeps its digits.
// Nothing throws.
#pragma once

#include <cstddef>

namespace podium::report {

// Student's t with `df` > 0 degrees of freedom, not necessarily whole: P(|T| >= |t|).
double StudentTwoSidedP(double t, double df);

// The t with P(|T| >= t) = alpha, 0 < alpha < 1.
double StudentCriticalValue(double alpha, double df);

// P(T <= t).
double StudentBelow(double t, double df);

// Standard normal Z: P(Z <= z), and the z with P(Z <= z) = p, 0 < p < 1.
double NormalBelow(double z);
double NormalQuantile(double p);

// B ~ Binomial(n, q), 0 < q < 1, 0 <= k <= n.
double BinomialProbability(std::size_t n, double q, std::size_t k);  // P(B = k)
double BinomialBelow(std::size_t n, double q, std::size_t k);        // P(B < k)
double BinomialAtLeast(std::size_t n, double q, std::size_t k);      // P(B >= k)

}  // namespace podium::report
