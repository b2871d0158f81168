// What a run knows of a block while it goes on: enough to tell when to stop.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

namespace podium::report {

// ln(time) of the rows of one block, by side, row and round; the mean over repetitions and hosts.
class LogTimes {
 public:
  void Add(std::size_t side, std::size_t row, long round, double log_time);

  // True if, of every row, the interval of the mean log ratio of each two sides (of the log time
  // itself, where there is one side) reaches no farther than 1 +- target, at 95 % however often this
  // is asked: stats/stopping.h. False where something is missing altogether.
  bool AllTight(std::size_t sides, std::size_t rows, double target) const;

 private:
  struct Mean {
    double sum = 0;
    int n = 0;
    double value() const { return sum / n; }
  };
  using ByRound = std::map<long, Mean>;

  bool IsTight(std::size_t a, std::size_t b, std::size_t row, double target) const;

  std::map<std::pair<std::size_t, std::size_t>, ByRound> means_;  // by side and row
};

}  // namespace podium::report
