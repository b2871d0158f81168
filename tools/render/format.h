// Numbers as people read them: as many digits as the measurement supports.
#pragma once

#include <string>

#include "tools/stats/sample.h"

namespace podium::report {

// Digits after the point at which the interval's half width still shows one significant digit; the
// wider end of the interval never gets more than 4 significant digits. A value and both ends of its
// interval are printed with the same number.
int Decimals(const Interval& interval);

std::string FormatFixed(double value, int decimals);
std::string FormatInterval(const Interval& interval, int decimals);  // "[4.0, 4.2]"
std::string FormatP(double p);                                       // "p < 0.001", "p = 0.023"
std::string FormatSeconds(double seconds);                           // "1.23 ms"
std::string FormatRatio(double ratio);                               // "4.0", at least 2 digits
std::string FormatPercent(double fraction);                          // "95%", "99.9%"

}  // namespace podium::report
