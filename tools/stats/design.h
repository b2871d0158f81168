// How two sides of a comparison came about, which decides what a difference between them can mean
// and what counts as one independent value.
//
// Repetitions inside one process share its layout, its pages and its moment: only processes are
// independent (Kalibera and Jones 2013), and only processes of one round met the same machine.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "tools/stats/sample.h"

namespace podium::report {

enum class Design {
  kRounds,           // both sides in each of several rounds, in fresh processes
  kProcesses,        // at least kLeastProcesses a side, not in rounds but mixed in time
  kSessions,         // as many, all of one side before all of the other, as in two run files
  kOneProcessASide,  // fewer, most often one a side
  kOneProcess,       // both sides in one process, or in each of several
  kAggregates,       // mean, standard deviation and n; no values
};

inline constexpr std::size_t kLeastProcesses = 5;  // of a side, to know how much processes differ
inline constexpr std::size_t kLeastRounds = 4;     // the least at which 4 + 4 ranks reach p < 0.05

// Whether something that was not seen to vary can pass for a difference between the sides: a process,
// or the hour. Identical programs that ran one after the other differed in 36 to 42 % of rows.
bool IsConfounded(Design design);

// Where a value comes from; processes are numbered in the order in which they ran.
struct Origin {
  long process;
  long round;
  std::string host = {};  // empty where there is but one
  bool operator==(const Origin&) const = default;
};

// Positive values in order of measurement, such as times. `origins` is as long, or empty where they
// are not known.
struct Side {
  const Sample* values;
  std::span<const Origin> origins;
};

// Whether the two sides come from the same file.
// Rounds and processes of different files must bear different numbers; `same_run` is for values
// whose origin is not known.
enum class SameRun { kNo, kYes };
Design DetectDesign(const Side& a, const Side& b, SameRun same_run);

// One independent value per element. In rounds, a[i] and b[i] are the geometric means of one round,
// rounds ascending, over the hosts that both sides have in it; rounds without such are left out. Of
// processes that are in no rounds, the geometric mean of each, or of those that ran together on
// several hosts. With one process a side, the values as they are.
struct Units {
  Sample a;
  Sample b;
};
Units IndependentUnits(const Side& a, const Side& b, Design design);

// By round, for values whose origin is known: the mean ln, and the ln of the ratio of IndependentUnits.
std::map<long, double> LogMeansByRound(const Side& side);
std::map<long, double> LogRatiosByRound(const Side& a, const Side& b);

// The mean over the shared rounds of ln(a / b), for each host that has any, hosts ascending. Empty
// if that is one.
std::vector<double> LogRatiosByHost(const Side& a, const Side& b);

// How many rounds, counted on each host, have one side only.
std::size_t CountUnpaired(const Side& a, const Side& b);

}  // namespace podium::report
