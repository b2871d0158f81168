#include "tools/render/format.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace podium::report {
namespace {

int Exponent(double value) { return static_cast<int>(std::floor(std::log10(value))); }

}  // namespace

int Decimals(const Interval& interval) {
  constexpr int kMostDigits = 4;
  const double half_width = (interval.hi - interval.lo) / 2;
  const double largest = std::max(std::abs(interval.lo), std::abs(interval.hi));
  if (!(largest > 0) || !std::isfinite(largest)) return 0;
  const int most = kMostDigits - 1 - Exponent(largest);
  // 0.0999 is printed as 0.1: round before looking at the digit.
  const int wanted = half_width > 0 ? -Exponent(half_width * 1.05) : most;
  return std::max(0, std::min(wanted, most));
}

std::string FormatFixed(double value, int decimals) {
  return absl::StrFormat("%.*f", decimals, value);
}

std::string FormatInterval(const Interval& interval, int decimals) {
  return absl::StrCat("[", FormatFixed(interval.lo, decimals), ", ",
                      FormatFixed(interval.hi, decimals), "]");
}

std::string FormatP(double p) { return p < 0.001 ? "p < 0.001" : absl::StrFormat("p = %.3f", p); }

std::string FormatSeconds(double seconds) {
  struct Unit {
    double size;
    const char* name;
  };
  constexpr Unit kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.size || unit.size == 1e-9) {
      const double value = seconds / unit.size;
      return absl::StrFormat("%.*f %s",
                             value < 9.995   ? 2
                             : value < 99.95 ? 1
                                             : 0,
                             value, unit.name);
    }
  }
  return "";
}

std::string FormatRatio(double ratio) {
  return ratio < 9.95 ? absl::StrFormat("%.1f", ratio) : absl::StrFormat("%.0f", ratio);
}

std::string FormatPercent(double fraction) { return absl::StrFormat("%.4g%%", 100 * fraction); }

}  // namespace podium::report
