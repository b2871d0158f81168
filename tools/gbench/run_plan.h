// How much `podium run` measures: the plans it has names for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podium::report {

// A round is one process of each side of each workload.
struct RunPlan {
  std::string name;
  long rounds;
  double min_time_s;  // of a row in one process, where the command does not say
};

// quick     6 rounds, the fewest at which an exact signed-rank test can reach p < 0.05 (2 / 2^6);
//           enough for factors, not for per cents
// standard  20 rounds resolve 1.3 % with 80 % power where the log ratio of a round scatters by 2 %
// strict    50 rounds: 0.8 %
// Time per row is short on purpose: the mean of a process carries its luck with it, and only more
// processes average that out (Kalibera and Jones 2013).
inline const RunPlan kPlans[] = {{"quick", 6, 0.02}, {"standard", 20, 0.05}, {"strict", 50, 0.05}};

// The rounds that a plan's name promises: of "custom" 0. Null if there is no such plan.
inline std::optional<long> PromisedRounds(std::string_view plan) {
  for (const RunPlan& known : kPlans) {
    if (known.name == plan) return known.rounds;
  }
  return plan == "custom" ? std::optional(0L) : std::nullopt;
}

}  // namespace podium::report
