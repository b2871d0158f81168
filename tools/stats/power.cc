#include "tools/stats/power.h"

#include <algorithm>
#include <cmath>

#include "tools/stats/distributions.h"

namespace podium::report {

double PowerToExclude(double distance, double deviation, double n, double df, double alpha) {
  const double t = distance * std::sqrt(n) / deviation;
  return StudentBelow(t - StudentCriticalValue(alpha, df), df);
}

double PowerOfEquivalence(double near, double far, double deviation, double n, double df,
                          double alpha) {
  const double critical = StudentCriticalValue(2 * alpha, df);
  const double scale = std::sqrt(n) / deviation;
  return StudentBelow(near * scale - critical, df) + StudentBelow(far * scale - critical, df) - 1;
}

std::optional<double> LeastCount(double present, const std::function<double(double n)>& power) {
  constexpr double kMost = 1e6;
  double below = present;
  double n = present + 1;
  while (!(power(n) >= kPower)) {
    if (n >= kMost) return std::nullopt;
    below = n;
    n = std::min(2 * n, kMost);
  }
  while (n - below > 1) {
    const double middle = std::floor((below + n) / 2);
    (power(middle) >= kPower ? n : below) = middle;
  }
  return n;
}

}  // namespace podium::report
