// What a process of `podium run` costs beside what it measures.
#pragma once

#include <optional>
#include <vector>

#include "tools/gbench/reader.h"

namespace podium::report {

// Takes the rows of a file one by one.
class ProcessCosts {
 public:
  void Add(const Row& row);

  // How many repetitions of its rows a process's start costs: its wall time less the time of its
  // iterations, over all processes. Google Benchmark's search for the number of iterations counts
  // as start. Null where the file does not say how long its processes took.
  std::optional<double> StartInRepetitions(const RunRecord& record) const;

 private:
  struct Process {
    double measured_s = 0;
    double repetitions = 0;  // of all rows
    double rows = 0;
  };
  std::vector<Process> processes_;
};

}  // namespace podium::report
