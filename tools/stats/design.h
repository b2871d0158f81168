// How two sides of a comparison came about, which decides what a difference between them can mean
// and what counts as one independent value.
//
// Repetitions inside one process share its layout, its pages and its moment: only processes are
// independent (Kalibera and Jones 2013), and only processes of one round met the same machine.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "tools/stats/sample.h"

namespace podium::report {

enum class Design {
  kRounds,           // both sides in each of several rounds, in fresh processes
  kProcesses,        // at least kLeastProcesses a side, not in rounds
  kOneProcessASide,  // fewer, most often one a side
  kOneProcess,       // both sides in one process
  kAggregates,       // mean, standard deviation and n; no values
};

inline constexpr std::size_t kLeastProcesses = 5;  // of a side, to know how much processes differ
inline constexpr std::size_t kLeastRounds = 4;     // the least at which 4 + 4 ranks reach p < 0.05

// Where a value comes from.
struct Origin {
  long process;
  long round;
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

// One independent value per element: the geometric mean of a process, in rounds of all processes
// that the side had in the round (one, or one per host). With one process a side, the values as
// they are. In rounds, a[i] and b[i] are of one round, rounds ascending, and rounds that lack a
// side are left out.
struct Units {
  Sample a;
  Sample b;
};
Units IndependentUnits(const Side& a, const Side& b, Design design);

// The mean ln of each round's processes, for values whose origin is known.
std::map<long, double> LogMeansByRound(const Side& side);

}  // namespace podium::report
