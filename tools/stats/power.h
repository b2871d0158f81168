// How many values does it take?
#pragma once

#include <functional>
#include <optional>

namespace podium::report {

inline constexpr double kPower = 0.8;  // of every sample size that is planned

// Probability that a 1 - alpha interval of Student t, at n values a side, excludes what lies
// `distance` away from the true difference. `deviation` is sqrt(n) times the standard error of that
// difference, `df` its degrees of freedom at n. The shifted t stands for the noncentral one.
double PowerToExclude(double distance, double deviation, double n, double df, double alpha);

// Probability that both one-sided tests reject, at distances `near` and `far` from their bounds.
double PowerOfEquivalence(double near, double far, double deviation, double n, double df,
                          double alpha);

// The least whole n above `present` whose power is at least kPower; null beyond a million.
std::optional<double> LeastCount(double present, const std::function<double(double n)>& power);

}  // namespace podium::report
