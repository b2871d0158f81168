// Each prints one table of Markdown and holds its figures against the goals.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/tools/calibration/goals.h"
#include "tests/tools/calibration/trial.h"

namespace podium::report {

void PrintErrors(int trials, Goals& goals);    // errors.cc: verdicts of rounds
void PrintDesigns(int trials, Goals& goals);   // designs.cc: of other designs
void PrintWarnings(int trials, Goals& goals);  // designs.cc: doubts about sound repetitions
void PrintFamilies(int trials, Goals& goals);  // rows.cc: 200 rows judged together
void PrintGeomeans(int trials, Goals& goals);  // rows.cc: the geomean of 20 rows
void PrintStopping(int trials, Goals& goals);  // rounds.cc: --target_ci
void PrintPlans(int trials, Goals& goals);     // rounds.cc: podium plan

inline constexpr double kAlpha = 0.05;
inline constexpr VerdictRule kDefault = {.alpha = kAlpha};
inline constexpr VerdictRule kNoThreshold = {.alpha = kAlpha, .threshold = 0};
inline constexpr double kEffect = 0.02;  // of ln(time), where there is one

// Goals of measured shares.
inline constexpr Interval kFlagged = {0, 0.065};    // of equal rows, at alpha
inline constexpr Interval kVerdicts = {0, 0.05};    // of equal rows, improved or regressed
inline constexpr Interval kCovered = {0.93, 0.97};  // of 1 - alpha intervals, the truth

inline bool Covers(const Interval& interval, double log_ratio) {
  return std::log(interval.lo) <= log_ratio && log_ratio <= std::log(interval.hi);
}

inline std::string Percent(double count, double trials) {
  return absl::StrFormat("%.1f %%", 100 * count / trials);
}

// Names on the left, figures on the right.
inline void PrintHeader(std::size_t names, const std::vector<std::string>& cells) {
  std::printf("| %s |\n", absl::StrJoin(cells, " | ").c_str());
  for (std::size_t i = 0; i < cells.size(); ++i) std::printf(i < names ? "|---" : "|--:");
  std::printf("|\n");
}

inline void PrintRow(const std::vector<std::string>& cells) {
  std::printf("| %s |\n", absl::StrJoin(cells, " | ").c_str());
  std::fflush(stdout);
}

}  // namespace podium::report
