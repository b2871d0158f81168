// How often are the verdicts of rounds wrong, and how often do they see a difference?
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/tools/calibration/tables.h"

namespace podium::report {
namespace {

// One noise, one number of rounds.
struct Cell {
  double flagged = 0;      // A/A rows with p <= alpha
  double verdicts = 0;     // A/A rows with a verdict of a direction, threshold 1 %
  double covered = 0;      // A/B rows whose interval holds the true ratio
  double found = 0;        // A/B rows with p <= alpha
  double u_found = 0;      // the same by Mann-Whitney on the same rounds
  double welch_plain = 0;  // A/A rows of two plain files with p <= alpha, by Welch
  double u_plain = 0;      // by Mann-Whitney
};

Cell Simulate(const Noise& noise, std::size_t rounds, int trials) {
  Random random(rounds);
  Cell cell;
  for (int i = 0; i < trials; ++i) {
    const Judgement same = JudgeTrial(Draw(noise, random, Order::kRounds, rounds, 0), kDefault);
    cell.flagged += same.p <= kAlpha;
    cell.verdicts += HasDirection(same);
    const Judgement faster =
        JudgeTrial(Draw(noise, random, Order::kRounds, rounds, kEffect), kDefault);
    cell.covered += Covers(faster.interval, kEffect);
    cell.found += faster.p <= kAlpha;
    cell.u_found += faster.mann_whitney->p <= kAlpha;
    const Judgement plain = JudgeTrial(Draw(noise, random, Order::kTwoFiles, rounds, 0), kDefault);
    cell.welch_plain += plain.log_welch.p <= kAlpha;
    cell.u_plain += plain.mann_whitney->p <= kAlpha;
  }
  return cell;
}

}  // namespace

void PrintErrors(int trials, Goals& goals) {
  PrintHeader(1, {"noise", "rounds", "A/A flagged", "false verdicts", "coverage", "power", "of U's",
                  "plain Welch", "plain U"});
  for (const Noise& noise : kNoises) {
    for (const std::size_t rounds : {10u, 20u, 30u}) {
      const Cell cell = Simulate(noise, rounds, trials);
      const std::string where = absl::StrCat(noise.name, ", ", rounds, " rounds: ");
      std::string of_u;
      if (noise.independent) {  // otherwise U is at an advantage that it has no right to
        const double ratio = cell.found / std::max(1.0, cell.u_found);
        of_u = absl::StrFormat("%.3f", ratio);
        // Both powers come from the same trials, so that their ratio is known far better than each.
        goals.Require(ratio >= 0.95 - Goals::Chance(0.2, trials),
                      absl::StrCat(where, "power is ", of_u, " of U's"));
      }
      PrintRow({std::string(noise.name), absl::StrCat(rounds),
                goals.Share(cell.flagged, trials, kFlagged, where + "A/A flagged"),
                goals.Share(cell.verdicts, trials, kVerdicts, where + "false verdicts"),
                goals.Share(cell.covered, trials, kCovered, where + "coverage"),
                Percent(cell.found, trials), of_u, Percent(cell.welch_plain, trials),
                Percent(cell.u_plain, trials)});
    }
  }
}

}  // namespace podium::report
