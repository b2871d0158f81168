// podium_calibrate [--trials=N] [--check]
//
// How often are the verdicts of rounds wrong? Simulates A/A and A/B comparisons in six kinds of
// noise and prints, as Markdown, what tools/stats/README.md shows. The numbers depend on nothing but
// N. With --check it exits with 1 where a goal is missed by more than chance (3 standard errors)
// explains at so few trials; at 20 000 trials that is nearly the goal itself.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tests/tools/calibration/noise.h"
#include "tests/tools/calibration/trial.h"
#include "tools/stats/compare.h"
#include "tools/stats/stopping.h"

namespace podium::report {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kEffect = 0.02;  // for power
constexpr VerdictRule kNoThreshold = {.alpha = kAlpha, .threshold = 0, .process_allowance = 0};
constexpr VerdictRule kDefault = {.alpha = kAlpha};
bool missed_a_goal = false;

// A share of the trials, in per cent, that should lie within [lo, hi].
double Check(double count, double trials, double lo, double hi, const char* what,
             std::string_view where) {
  const double share = count / trials;
  const auto error = [&](double p) { return 3 * std::sqrt(p * (1 - p) / trials); };
  if (share > hi + error(hi) || share < lo - error(lo)) {
    std::fprintf(stderr, "missed: %s of %.*s is %.1f %%, not within %.1f and %.1f\n", what,
                 static_cast<int>(where.size()), where.data(), 100 * share, 100 * lo, 100 * hi);
    missed_a_goal = true;
  }
  return 100 * share;
}

double PlainP(const Trial& trial, bool welch) {
  const Sample a = *Sample::Create(trial.baseline), b = *Sample::Create(trial.optimized);
  return welch ? Welch(a, b, kAlpha)->p : MannWhitney(a, b)->p;
}

// One cell of the first table: a noise and a number of rounds.
struct Cell {
  double flagged = 0;      // A/A rows with p <= alpha
  double covered = 0;      // A/A rows whose interval holds 1
  double verdicts = 0;     // A/A rows called improved or regressed, threshold 1 %
  double found = 0;        // A/B rows with p <= alpha
  double u_found = 0;      // the same by Mann-Whitney on the same rounds
  double welch_plain = 0;  // A/A rows of two plain runs with p <= alpha, by Welch
  double u_plain = 0;      // by Mann-Whitney
};

Cell Simulate(const Noise& noise, std::size_t rounds, int trials) {
  Random random(rounds);
  Cell cell;
  for (int i = 0; i < trials; ++i) {
    const Trial same = DrawInRounds(noise, random, rounds, 0);
    const Judgement judgement = JudgeRounds(same, kNoThreshold);
    cell.flagged += judgement.p <= kAlpha;
    cell.covered += judgement.interval.lo <= 1 && 1 <= judgement.interval.hi;
    const Verdict verdict = JudgeRounds(same, kDefault).verdict;
    cell.verdicts += verdict == Verdict::kImproved || verdict == Verdict::kRegressed;
    const Trial faster = DrawInRounds(noise, random, rounds, kEffect);
    cell.found += JudgeRounds(faster, kNoThreshold).p <= kAlpha;
    cell.u_found += PlainP(faster, /*welch=*/false) <= kAlpha;
    const Trial plain = DrawInFileOrder(noise, random, rounds);
    cell.welch_plain += PlainP(plain, /*welch=*/true) <= kAlpha;
    cell.u_plain += PlainP(plain, /*welch=*/false) <= kAlpha;
  }
  return cell;
}

void PrintErrors(int trials) {
  std::printf(
      "| noise | rounds | A/A flagged | coverage | false verdicts | power | of U's | plain Welch | "
      "plain U |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : kNoises) {
    for (const std::size_t rounds : {10u, 20u, 30u}) {
      const Cell cell = Simulate(noise, rounds, trials);
      const double ratio = cell.found / std::max(1.0, cell.u_found);
      std::printf("| %.*s | %zu | %.1f %% | %.1f %% | %.1f %% | %.1f %% | ",
                  static_cast<int>(noise.name.size()), noise.name.data(), rounds,
                  Check(cell.flagged, trials, 0, 0.065, "the share flagged", noise.name),
                  Check(cell.covered, trials, 0.93, 0.97, "the coverage", noise.name),
                  Check(cell.verdicts, trials, 0, 0.05, "the share of verdicts", noise.name),
                  100 * cell.found / trials);
      if (noise.independent) {
        // Both powers come from the same trials, so that their ratio is known far better than each.
        Check(std::min(1.0, ratio) * trials, trials, 0.95, 1, "power over U's", noise.name);
        std::printf("%.3f", ratio);
      }
      std::printf(" | %.1f %% | %.1f %% |\n", 100 * cell.welch_plain / trials,
                  100 * cell.u_plain / trials);
      std::fflush(stdout);
    }
  }
}

// 200 equal rows, judged together by Holm: how often is any of them flagged?
void PrintFamilies(int trials) {
  constexpr std::size_t kRows = 200, kRounds = 20;
  VerdictRule rule = kNoThreshold;
  rule.correction = Correction::kHolm;
  std::printf(
      "\n| noise, 200 equal rows, 20 rounds | any flagged: no correction | Holm |\n"
      "|---|--:|--:|\n");
  for (const Noise& noise : kNoises) {
    Random random(2);
    double none = 0, holm = 0;
    for (int i = 0; i < trials; ++i) {
      std::vector<Judgement> judgements;
      for (std::size_t row = 0; row < kRows; ++row) {
        judgements.push_back(JudgeRounds(DrawInRounds(noise, random, kRounds, 0), kNoThreshold));
      }
      std::vector<Judgement*> family;
      for (Judgement& judgement : judgements) family.push_back(&judgement);
      Settle(family, rule);
      bool any_p = false, any_adjusted = false;
      for (const Judgement& judgement : judgements) {
        any_p = any_p || judgement.p_beyond <= kAlpha;
        any_adjusted = any_adjusted || judgement.p_adjusted <= kAlpha;
      }
      none += any_p;
      holm += any_adjusted;
    }
    std::printf("| %.*s | %.0f %% | %.1f %% |\n", static_cast<int>(noise.name.size()),
                noise.name.data(), 100 * none / trials,
                Check(holm, trials, 0, 0.05, "the family-wise error", noise.name));
    std::fflush(stdout);
  }
}

// --target_ci=1%: a look after every round from the fifth to the sixtieth.
void PrintStopping(int trials) {
  constexpr std::size_t kMost = 60;
  std::printf(
      "\n| noise, target 1 %%, at most 60 rounds | A/A flagged | coverage | mean rounds |\n"
      "|---|--:|--:|--:|\n");
  for (const Noise& noise : kNoises) {
    Random random(3);
    double flagged = 0, covered = 0, rounds = 0;
    for (int i = 0; i < trials; ++i) {
      Trial trial = DrawInRounds(noise, random, kMost, 0);
      std::vector<double> ratios;
      std::size_t n = 0;
      while (n < kMost) {
        ratios.push_back(std::log(trial.baseline[n] / trial.optimized[n]));
        ++n;
        // As the runner, only where each order was used equally often.
        if (n % 2 == 0 && IsTightEnough(*Sample::Create(ratios), std::log(1.01), kAlpha)) break;
      }
      trial.baseline.resize(n);
      trial.optimized.resize(n);
      const Judgement judgement = JudgeRounds(trial, kNoThreshold);
      flagged += judgement.p <= kAlpha;
      covered += judgement.interval.lo <= 1 && 1 <= judgement.interval.hi;
      rounds += static_cast<double>(n);
    }
    std::printf("| %.*s | %.1f %% | %.1f %% | %.0f |\n", static_cast<int>(noise.name.size()),
                noise.name.data(),
                Check(flagged, trials, 0, 0.065, "the share flagged after a stop", noise.name),
                100 * covered / trials, rounds / trials);
    std::fflush(stdout);
  }
}

double Power(const Noise& noise, std::size_t rounds, double effect, int trials) {
  Random random(4);
  double found = 0;
  for (int i = 0; i < trials; ++i) {
    found += JudgeRounds(DrawInRounds(noise, random, rounds, effect), kNoThreshold).p <= kAlpha;
  }
  return found / trials;
}

// The least number of rounds with a power of 80 %, by simulation.
std::size_t TrueCount(const Noise& noise, double effect, int trials) {
  std::size_t below = 4, n = 8;
  while (Power(noise, n, effect, trials) < kPower) {
    below = n;
    n *= 2;
  }
  while (n - below > 1) {
    const std::size_t middle = (n + below) / 2;
    (Power(noise, middle, effect, trials) < kPower ? below : n) = middle;
  }
  return n;
}

// What podium plan says from a pilot of 20 rounds, in the middle of many pilots.
void PrintPlans(int trials) {
  std::printf(
      "\n| noise | effect | rounds planned (median of pilots) | rounds that have 80 %% power "
      "| ratio |\n|---|--:|--:|--:|--:|\n");
  for (const Noise& noise : kNoises) {
    for (const double effect : {0.01, 0.02}) {
      Random random(5);
      std::vector<double> plans;
      for (int i = 0; i < std::max(51, trials / 4); ++i) {
        const Judgement pilot = JudgeRounds(DrawInRounds(noise, random, 20, 0), kNoThreshold);
        if (const auto n = CountToDetect(pilot, std::expm1(effect), 0, kAlpha)) plans.push_back(*n);
      }
      const double planned = Sample::Create(plans)->median();
      const double needed =
          static_cast<double>(TrueCount(noise, effect, std::max(200, trials / 2)));
      if (noise.independent && std::abs(planned / needed - 1) > 0.2) {
        std::fprintf(stderr, "missed: the plan of %.*s is off by more than 20 %%\n",
                     static_cast<int>(noise.name.size()), noise.name.data());
        missed_a_goal = true;
      }
      std::printf("| %.*s | %.0f %% | %.0f | %.0f | %.2f |\n", static_cast<int>(noise.name.size()),
                  noise.name.data(), 100 * effect, planned, needed, planned / needed);
      std::fflush(stdout);
    }
  }
}

int Calibrate(int argc, char** argv) {
  int trials = 2000;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--check") {
      check = true;
    } else if (arg.starts_with("--trials=") && std::atoi(argv[i] + 9) > 0) {
      trials = std::atoi(argv[i] + 9);
    } else {
      std::fprintf(stderr, "usage: podium_calibrate [--trials=2000] [--check]\n");
      return 2;
    }
  }
  PrintErrors(trials);
  PrintFamilies(std::max(20, trials / 10));
  PrintStopping(trials);
  PrintPlans(trials);
  return check && missed_a_goal ? 1 : 0;
}

}  // namespace
}  // namespace podium::report

int main(int argc, char** argv) { return podium::report::Calibrate(argc, argv); }
