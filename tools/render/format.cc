#include "tools/render/format.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace podium::report {
namespace {

bool IsScientific(double value) {
  const double size = std::abs(value);
  return size >= 1e6 || (size > 0 && size < 1e-4);
}

int Exponent(double value) { return static_cast<int>(std::floor(std::log10(value))); }

// The size of the last digit that FormatFixed prints.
double LastDigit(double value, int decimals) {
  return std::pow(10.0, IsScientific(value) ? Exponent(std::abs(value)) - 3 : -decimals);
}

double ReadBack(const std::string& text) {
  double value = 0;
  return absl::SimpleAtod(text, &value) ? value : 0;
}

std::string FormatUp(double value, int decimals) {
  const std::string text = FormatFixed(value, decimals);
  return ReadBack(text) >= value ? text
                                 : FormatFixed(value + LastDigit(value, decimals) / 2, decimals);
}

}  // namespace

int Decimals(const Interval& interval) {
  constexpr int kMostDigits = 4;
  const double half_width = (interval.hi - interval.lo) / 2;
  const double largest = std::max(std::abs(interval.lo), std::abs(interval.hi));
  if (!(largest > 0) || !std::isfinite(largest)) return 0;
  const int most = kMostDigits - 1 - Exponent(largest);
  // 0.0999 is printed as 0.1: round before looking at the digit.
  const int wanted = half_width > 0 ? -Exponent(half_width * 1.05) : most;
  const int least = interval.lo > 0 && !IsScientific(interval.lo) ? 1 - Exponent(interval.lo) : 0;
  return std::max({0, least, std::min(wanted, most)});
}

std::string FormatFixed(double value, int decimals) {
  if (IsScientific(value)) return absl::StrFormat("%.3e", value);
  return absl::StrFormat("%.*f", decimals, value);
}

std::string FormatDown(double value, int decimals) {
  const std::string text = FormatFixed(value, decimals);
  return ReadBack(text) <= value ? text
                                 : FormatFixed(value - LastDigit(value, decimals) / 2, decimals);
}

std::string FormatInterval(const Interval& interval, int decimals) {
  return absl::StrCat("[", FormatDown(interval.lo, decimals), ", ", FormatUp(interval.hi, decimals),
                      "]");
}

std::string FormatDelta(double delta, const std::optional<Interval>& interval) {
  if (!interval) return absl::StrFormat("%+.4f", delta);
  return absl::StrFormat("%+.4f [%+.4f, %+.4f]", delta, std::floor(interval->lo * 1e4) / 1e4,
                         std::ceil(interval->hi * 1e4) / 1e4);
}

std::string FormatP(double p) { return p < 0.001 ? "p < 0.001" : absl::StrFormat("p = %.3f", p); }

std::string FormatSeconds(double seconds) {
  struct Unit {
    double size;
    const char* name;
  };
  constexpr Unit kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
  for (const Unit& unit : kUnits) {
    if (std::abs(seconds) >= unit.size || unit.size == 1e-9) {
      const double value = seconds / unit.size;
      return absl::StrFormat("%.*f %s",
                             std::abs(value) < 9.995   ? 2
                             : std::abs(value) < 99.95 ? 1
                                                       : 0,
                             value, unit.name);
    }
  }
  return "";
}

std::string FormatCount(double value) {
  struct Prefix {
    double size;
    const char* name;
  };
  constexpr Prefix kPrefixes[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  for (const Prefix& prefix : kPrefixes) {
    if (std::abs(value) >= prefix.size) {
      return absl::StrFormat("%.3g%s", value / prefix.size, prefix.name);
    }
  }
  return absl::StrFormat("%.3g", value);
}

std::string FormatRatio(double ratio) {
  return FormatFixed(ratio, ratio < 1.095 ? 2 : ratio < 9.95 ? 1 : 0);
}

std::string FormatPercent(double fraction) { return absl::StrFormat("%.4g%%", 100 * fraction); }

}  // namespace podium::report
