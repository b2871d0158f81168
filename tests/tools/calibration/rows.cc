// Many rows in one comparison, through the comparison itself.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/tools/calibration/tables.h"
#include "tools/submission/geomean.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {
namespace {

Entry AsEntry(std::string name, TrialSide side) {
  Entry entry;
  entry.parts = ParseBenchmarkName(name);
  entry.name = std::move(name);
  entry.metrics.push_back({std::string(kTimeMetric), *Sample::Create(std::move(side.times))});
  entry.origins = std::move(side.origins);
  return entry;
}

struct Entries {
  std::vector<Entry> baseline, optimized;

  void Add(Trial row) {
    const std::string name = absl::StrCat("row/n:", baseline.size());
    baseline.push_back(AsEntry(name, std::move(row.baseline)));
    optimized.push_back(AsEntry(name, std::move(row.optimized)));
  }
};

// Adds to the noise of a row what all rows of a process share: the k-th processes of a side are of
// one round in both.
void Share(const Trial& shared, Trial& row) {
  const auto multiply = [](const TrialSide& by, TrialSide& side) {
    for (std::size_t i = 0; i < side.times.size(); ++i) side.times[i] *= by.times[i];
  };
  multiply(shared.baseline, row.baseline);
  multiply(shared.optimized, row.optimized);
}

}  // namespace

void PrintFamilies(int trials, Goals& goals) {
  constexpr std::size_t kRows = 200;
  RunRule rule = {.verdict = kNoThreshold};
  rule.verdict.correction = Correction::kHolm;
  PrintHeader(1, {"noise, 199 equal rows and one 4 times faster", "rounds",
                  "an equal row flagged: p <= 0.05", "Holm", "the faster one found"});
  for (const Noise& noise : kNoises) {
    for (const std::size_t rounds : {6u, 20u}) {
      Random random(rounds);
      double alone = 0, among_all = 0, found = 0;
      for (int i = 0; i < trials; ++i) {
        Entries entries;
        entries.Add(Draw(noise, random, Order::kRounds, rounds, std::log(4)));
        while (entries.baseline.size() < kRows) {
          entries.Add(Draw(noise, random, Order::kRounds, rounds, 0));
        }
        const RunComparison comparison = CompareRuns(entries.baseline, entries.optimized, rule);
        found += comparison.rows.front().judgement.verdict == Verdict::kImproved;
        bool any_p = false, any_adjusted = false;
        for (std::size_t row = 1; row < kRows; ++row) {
          const Judgement& judgement = comparison.rows[row].judgement;
          any_p = any_p || judgement.p_beyond <= kAlpha;
          any_adjusted = any_adjusted || judgement.p_adjusted <= kAlpha;
        }
        alone += any_p;
        among_all += any_adjusted;
      }
      const std::string where = absl::StrCat(noise.name, ", ", rounds, " rounds: ");
      PrintRow({std::string(noise.name), absl::StrCat(rounds), Percent(alone, trials),
                goals.Share(among_all, trials, kVerdicts, where + "family-wise error"),
                goals.Share(found, trials, {0.95, 1}, where + "the faster row found")});
    }
  }
}

// In AR(1) noise the rounds of one ABBA square resemble each other a little, which costs an interval
// that takes them as independent about a point.
Interval GeomeanCovered(const Noise& noise) {
  return absl::StartsWith(noise.name, "AR(1)") ? Interval{0.92, 0.97} : kCovered;
}

void PrintGeomeans(int trials, Goals& goals) {
  constexpr std::size_t kRows = 20;
  PrintHeader(1, {"noise, 20 rows that share half of it", "16 rounds", "20 rounds", "30 rounds"});
  for (const Noise& noise : kNoises) {
    std::vector<std::string> cells = {std::string(noise.name)};
    for (const std::size_t rounds : {16u, 20u, 30u}) {
      Random random(rounds);
      double covered = 0;
      for (int i = 0; i < trials; ++i) {
        const Trial shared = Draw(noise, random, Order::kRounds, rounds, kEffect);
        Entries entries;
        for (std::size_t row = 0; row < kRows; ++row) {
          Trial own = Draw(noise, random, Order::kRounds, rounds, 0);
          Share(shared, own);
          entries.Add(std::move(own));
        }
        std::vector<Comparison> rows;
        for (std::size_t row = 0; row < kRows; ++row) {
          Judgement judgement{};
          judgement.design = Design::kRounds;
          rows.push_back({&entries.baseline[row], &entries.optimized[row], "", judgement});
        }
        const std::optional<Interval> interval = GeomeanOf(rows, kAlpha)->interval;
        covered += interval && Covers(*interval, kEffect);
      }
      cells.push_back(
          goals.Share(covered, trials, GeomeanCovered(noise),
                      absl::StrCat(noise.name, ", ", rounds, " rounds: coverage of the geomean")));
    }
    PrintRow(cells);
  }
}

}  // namespace podium::report
