// What may be said without rounds?
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/tools/calibration/tables.h"

namespace podium::report {

void PrintDesigns(int trials, Goals& goals) {
  struct Named {
    Order order;
    const char* name;
  };
  constexpr Named kOrders[] = {{Order::kInterleaved, "processes, interleaved"},
                               {Order::kSessions, "processes, one side after the other"},
                               {Order::kTwoFiles, "one process a side"}};
  PrintHeader(2, {"noise", "equal rows, as", "values a side", "p <= 0.05", "false verdicts"});
  for (const Noise& noise : kNoises) {
    for (const auto& [order, name] : kOrders) {
      for (const std::size_t n : {5u, 20u}) {
        Random random(n);
        double flagged = 0, verdicts = 0;
        for (int i = 0; i < trials; ++i) {
          const Judgement judgement = JudgeTrial(Draw(noise, random, order, n, 0), kDefault);
          flagged += judgement.p <= kAlpha;
          verdicts += HasDirection(judgement);
        }
        const std::string where = absl::StrCat(noise.name, ", ", n, " ", name, ": ");
        PrintRow({std::string(noise.name), name, absl::StrCat(n), Percent(flagged, trials),
                  goals.Share(verdicts, trials, kVerdicts, where + "false verdicts")});
      }
    }
  }
}

void PrintWarnings(int trials, Goals& goals) {
  constexpr Interval kRare = {0, 0.01};
  PrintHeader(1, {"independent normal repetitions of one process a side", "vetoed",
                  "a warm-up seen in a side", "any warning"});
  for (const std::size_t n : {20u, 30u, 50u}) {
    Random random(n);
    double vetoed = 0, warming_up = 0, warned = 0;
    for (int i = 0; i < trials; ++i) {
      const Judgement judgement =
          JudgeTrial(Draw(kNoises[0], random, Order::kTwoFiles, n, 0), kDefault);
      vetoed += !judgement.veto.empty();
      warned += !judgement.warnings.empty();
      warming_up += static_cast<double>(std::ranges::count_if(
          judgement.warnings,
          [](const std::string& warning) { return absl::StrContains(warning, "warm-up"); }));
    }
    const std::string where = absl::StrCat(n, " repetitions: ");
    PrintRow({absl::StrCat(n), goals.Share(vetoed, trials, kRare, where + "vetoed"),
              goals.Share(warming_up, 2 * trials, kRare, where + "warm-up"),
              Percent(warned, trials)});
  }
}

}  // namespace podium::report
