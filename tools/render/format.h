// Numbers as people read them: as many digits as the measurement supports.
#pragma once

#include <optional>
#include <string>

#include "tools/stats/sample.h"

namespace podium::report {

// Digits after the point at which the interval's half width still shows one significant digit; the
// upper end gets at most 4 significant digits, the lower end at least 2. A value and both ends of
// its interval are printed with the same number.
int Decimals(const Interval& interval);

// To the nearest; values of 1e6 and more, or below 1e-4, in scientific notation.
std::string FormatFixed(double value, int decimals);
std::string FormatDown(double value, int decimals);  // never above the value: 0.9996 is "0.999"
// Rounded outward: what is printed contains the interval. "[4.0, 4.2]"
std::string FormatInterval(const Interval& interval, int decimals);
// The difference of two shares, and where there is one its interval, rounded outward:
// "-0.0040 [-0.0182, +0.0103]".
std::string FormatDelta(double delta, const std::optional<Interval>& interval);
std::string FormatP(double p);               // "p < 0.001", "p = 0.023"
std::string FormatSeconds(double seconds);   // "1.23 ms"
std::string FormatRatio(double ratio);       // "4.0", "1.04", at least 2 digits
std::string FormatPercent(double fraction);  // "95%", "99.9%"
std::string FormatCount(double value);       // "1.23 G", "456 k", of a metric that is no time

}  // namespace podium::report
