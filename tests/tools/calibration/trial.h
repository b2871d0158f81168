// One simulated comparison, as `podium run` would measure it and as two plain runs would.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "tests/tools/calibration/noise.h"
#include "tools/submission/verdict.h"

namespace podium::report {

struct Trial {
  std::vector<double> baseline, optimized;  // times in s, one fresh process each, in rounds
};

// The two orders of a pair of rounds, AB BA or BA AB, by lot: the schedule of `podium run`.
inline std::vector<bool> BaselineFirst(Random& random, std::size_t rounds) {
  std::vector<bool> first;
  while (first.size() < rounds) {
    const bool order = random.Uniform() < 0.5;
    first.push_back(order);
    first.push_back(!order);
  }
  first.resize(rounds);
  return first;
}

// The optimized side takes exp(-effect) of the baseline's time.
inline Trial DrawInRounds(const Noise& noise, Random& random, std::size_t rounds, double effect) {
  const std::vector<double> y = noise.draw(random, 2 * rounds, /*in_one_process=*/false);
  const std::vector<bool> baseline_first = BaselineFirst(random, rounds);
  Trial trial;
  for (std::size_t i = 0; i < rounds; ++i) {
    trial.baseline.push_back(std::exp(y[2 * i + (baseline_first[i] ? 0 : 1)]));
    trial.optimized.push_back(std::exp(y[2 * i + (baseline_first[i] ? 1 : 0)] - effect));
  }
  return trial;
}

// First all of one process, then all of the other: what a comparison of two plain files sees.
inline Trial DrawInFileOrder(const Noise& noise, Random& random, std::size_t n) {
  const std::vector<double> one = noise.draw(random, 2 * n, /*in_one_process=*/true);
  const std::vector<double> two = noise.draw(random, 2 * n, /*in_one_process=*/true);
  const bool is_process_effect = noise.name.starts_with("process");
  Trial trial;
  for (std::size_t i = 0; i < n; ++i) {
    trial.baseline.push_back(std::exp(one[i]));
    trial.optimized.push_back(std::exp(is_process_effect ? two[i] : one[n + i]));
  }
  return trial;
}

inline Judgement JudgeRounds(const Trial& trial, const VerdictRule& rule) {
  std::vector<Origin> of_a, of_b;
  for (long i = 0; i < static_cast<long>(trial.baseline.size()); ++i) {
    of_a.push_back({2 * i, i});
    of_b.push_back({2 * i + 1, i});
  }
  const Sample a = *Sample::Create(trial.baseline), b = *Sample::Create(trial.optimized);
  return *Judge({&a, of_a}, {&b, of_b}, Design::kRounds, rule);
}

}  // namespace podium::report
