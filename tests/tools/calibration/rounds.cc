// How many rounds: when a run stops by itself, and what podium plan says.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/tools/calibration/tables.h"
#include "tools/stats/distributions.h"
#include "tools/stats/power.h"
#include "tools/stats/stopping.h"
#include "tools/submission/needed_n.h"

namespace podium::report {
namespace {

constexpr std::size_t kMost = 60;  // rounds of a run that does not stop before

// The first `rounds` of a trial; all sides have equally many values in a round.
void Truncate(std::size_t rounds, Trial& trial) {
  for (TrialSide* const side : {&trial.baseline, &trial.optimized}) {
    const std::size_t values = side->times.size() / kMost * rounds;
    side->times.resize(values);
    side->origins.resize(values);
  }
}

// --target_ci=1%: a look whenever each order was used equally often.
std::size_t RoundsUntilTight(const Trial& trial) {
  const Sample a = *Sample::Create(trial.baseline.times);
  const Sample b = *Sample::Create(trial.optimized.times);
  const std::map<long, double> logs_a = LogMeansByRound({&a, trial.baseline.origins});
  const std::map<long, double> logs_b = LogMeansByRound({&b, trial.optimized.origins});
  std::vector<double> ratios;
  for (const auto& [round, log] : logs_a) {
    ratios.push_back(log - logs_b.at(round));
    if (ratios.size() % 2 > 0) continue;
    if (IsTightEnough(*Sample::Create(ratios), std::log(1.01), kAlpha)) break;
  }
  return ratios.size();
}

double Power(const Noise& noise, std::size_t rounds, double effect, int trials) {
  Random random(rounds);
  double found = 0;
  for (int i = 0; i < trials; ++i) {
    found +=
        JudgeTrial(Draw(noise, random, Order::kRounds, rounds, effect), kNoThreshold).p <= kAlpha;
  }
  return found / trials;
}

// The number of rounds with a power of kPower. Two steps from `guess`, each as if the power at n
// were P(Z <= c sqrt(n) - z), z the critical value of alpha: nearly true of all these tests, and
// exactly at the fixed point, where the power is kPower.
double RoundsForPower(const Noise& noise, double guess, double effect, int trials) {
  const double z = NormalQuantile(1 - kAlpha / 2), wanted = z + NormalQuantile(kPower);
  double n = guess;
  for (int step = 0; step < 2; ++step) {
    const double whole = std::max(5.0, std::round(n));
    // A power of 1, as far as so few trials can tell, is half a trial less.
    const double power = std::clamp(Power(noise, static_cast<std::size_t>(whole), effect, trials),
                                    0.5 / trials, 1 - 0.5 / trials);
    n = whole * std::pow(wanted / (z + NormalQuantile(power)), 2);
  }
  return n;
}

}  // namespace

void PrintStopping(int trials, Goals& goals) {
  PrintHeader(1,
              {"noise, target 1 %, at most 60 rounds", "A/A flagged", "coverage", "mean rounds"});
  for (const Noise& noise : kNoises) {
    Random random(3);
    double flagged = 0, covered = 0, rounds = 0;
    for (int i = 0; i < trials; ++i) {
      const auto stopped = [&](double effect) {
        Trial trial = Draw(noise, random, Order::kRounds, kMost, effect);
        const std::size_t n = RoundsUntilTight(trial);
        rounds += static_cast<double>(n) / 2;
        Truncate(n, trial);
        return JudgeTrial(trial, kNoThreshold);
      };
      flagged += stopped(0).p <= kAlpha;
      covered += Covers(stopped(kEffect).interval, kEffect);
    }
    const std::string where = absl::StrCat(noise.name, ", stopped: ");
    PrintRow({std::string(noise.name),
              goals.Share(flagged, trials, kFlagged, where + "A/A flagged"),
              goals.Share(covered, trials, kCovered, where + "coverage"),
              absl::StrFormat("%.0f", rounds / trials)});
  }
}

void PrintPlans(int trials, Goals& goals) {
  PrintHeader(1, {"noise", "effect", "rounds planned, median of pilots of 20",
                  "rounds that have 80 % power", "ratio"});
  for (const Noise& noise : kNoises) {
    for (const double effect : {0.01, 0.02}) {
      Random random(5);
      std::vector<double> plans;
      for (int i = 0; i < trials; ++i) {
        const Judgement pilot =
            JudgeTrial(Draw(noise, random, Order::kRounds, 20, 0), kNoThreshold);
        plans.push_back(CountToDetect(pilot, std::expm1(effect), 0, kAlpha).value());
      }
      const double planned = Sample::Create(plans)->median();
      const double needed = RoundsForPower(noise, planned, effect, trials);
      const double ratio = planned / needed;
      // Where rounds resemble their neighbours, more of them do not help as a pilot of few tells.
      if (noise.independent) {
        // By chance: the median of T plans by 0.5 / sqrt(T) of itself, the rounds that it takes by
        // 1 / sqrt(T), as the power of T trials is known to 0.4 / sqrt(T) and rises by 0.4 per ln n.
        goals.Require(std::abs(ratio - 1) <= 0.2 + Goals::Chance(1.1, trials),
                      absl::StrFormat("the plan for %.0f %% in %s is %.2f of what it takes",
                                      100 * effect, std::string(noise.name), ratio));
      }
      PrintRow({std::string(noise.name), absl::StrFormat("%.0f %%", 100 * effect),
                absl::StrFormat("%.0f", planned), absl::StrFormat("%.0f", needed),
                absl::StrFormat("%.2f", ratio)});
    }
  }
}

}  // namespace podium::report
