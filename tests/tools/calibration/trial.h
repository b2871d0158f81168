// One simulated comparison of two sides, measured in one of four orders.
#pragma once

#include <cmath>
#include <vector>

#include "tests/tools/calibration/noise.h"
#include "tools/submission/verdict.h"

namespace podium::report {

enum class Order {
  kRounds,       // as `podium run`: fresh processes, AB BA or BA AB by lot
  kInterleaved,  // the same, but nobody knows which processes make a round
  kSessions,     // fresh processes, all of the baseline first: two run files
  kTwoFiles,     // one process a side, one after the other: two plain Google Benchmark files
};

struct TrialSide {
  std::vector<double> times;    // in s, in order
  std::vector<Origin> origins;  // of each
};
struct Trial {
  TrialSide baseline, optimized;
};

// Whether a process is of the optimized side.
inline std::vector<bool> OptimizedProcesses(Order order, Random& random, std::size_t n) {
  if (order == Order::kTwoFiles) return {false, true};
  std::vector<bool> optimized;
  if (order == Order::kSessions) {
    optimized.assign(n, false);
    optimized.resize(2 * n, true);
    return optimized;
  }
  while (optimized.size() < 2 * n) {
    const bool first = random.Uniform() < 0.5;
    optimized.insert(optimized.end(), {first, !first, !first, first});
  }
  optimized.resize(2 * n);  // an odd number of rounds ends within a pair
  return optimized;
}

// `n` processes a side, of kTwoFiles repetitions. The optimized side takes exp(-effect) of the time
// that the baseline would take.
inline Trial Draw(const Noise& noise, Random& random, Order order, std::size_t n, double effect) {
  const std::vector<bool> optimized = OptimizedProcesses(order, random, n);
  const std::size_t repetitions = order == Order::kTwoFiles ? n : noise.repetitions;
  const std::vector<double> y = noise.draw(random, optimized.size(), repetitions);
  Trial trial;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t process = i / repetitions;
    TrialSide& side = optimized[process] ? trial.optimized : trial.baseline;
    const auto number = static_cast<long>(process);
    side.times.push_back(std::exp(optimized[process] ? y[i] - effect : y[i]));
    side.origins.push_back({number, order == Order::kRounds ? number / 2 : number});
  }
  return trial;
}

// By the design that podium sees in it.
inline Judgement JudgeTrial(const Trial& trial, const VerdictRule& rule) {
  const Sample a = *Sample::Create(trial.baseline.times);
  const Sample b = *Sample::Create(trial.optimized.times);
  const Side baseline = {&a, trial.baseline.origins}, optimized = {&b, trial.optimized.origins};
  return *Judge(baseline, optimized, DetectDesign(baseline, optimized, SameRun::kNo), rule);
}

inline bool HasDirection(const Judgement& judgement) {
  return judgement.verdict == Verdict::kImproved || judgement.verdict == Verdict::kRegressed;
}

}  // namespace podium::report
