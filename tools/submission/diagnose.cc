#include "tools/submission/diagnose.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/stats/diagnostics.h"
#include "tools/stats/hierarchy.h"

namespace podium::report {
namespace {

constexpr std::size_t kLeastToVeto = 20;
constexpr double kLeastWorth = 0.25;
constexpr double kDoubtfulWorth = 0.4;  // of independent values, 1 % fall below
constexpr double kResembling = 0.5;
constexpr std::size_t kLeastProcessesToSplit = 10;
constexpr double kDriftAlpha = 0.001;
constexpr double kLeastDrift = 0.01;

std::vector<double> Logs(std::span<const double> values) {
  std::vector<double> logs;
  logs.reserve(values.size());
  for (const double x : values) logs.push_back(std::log(x));
  return logs;
}

class Doctor {
 public:
  explicit Doctor(Diagnosis& diagnosis) : diagnosis_(diagnosis) {}

  void Warn(absl::string_view who, const std::string& what) {
    diagnosis_.warnings.push_back(absl::StrCat(who, ": ", what));
  }
  void Veto(absl::string_view who, const std::string& what) {
    Warn(who, what);
    if (diagnosis_.veto.empty()) diagnosis_.veto = absl::StrCat(who, ": ", what);
  }

  void Shape(absl::string_view who, std::span<const double> logs) {
    const std::optional<Modes> modes = FindModes(logs);
    if (modes && modes->bimodal) {
      Warn(who, absl::StrFormat("two modes, %.3g %% apart, %.0f %% of the values in the slower one",
                                100 * std::expm1(modes->upper - modes->lower), 100 * modes->share));
      return;  // the smaller group is no outlier of the larger one
    }
    const std::size_t outliers = CountMadOutliers(logs);
    // One such value is common: of 10 normal ones, every eighth sample has one.
    if (outliers > 1 && outliers * 20 > logs.size()) {
      Warn(who, absl::StrFormat("%d of %d values lie far from the median (modified z > 3.5)",
                                outliers, logs.size()));
    }
  }

  // In order of measurement.
  void Order(absl::string_view who, std::span<const double> series) {
    const std::optional<double> count = EffectiveCount(series);
    const auto n = static_cast<double>(series.size());
    if (count && *count < kDoubtfulWorth * n) {
      const std::string what = absl::StrFormat(
          "%d values are worth %.1f independent ones, as each resembles the one before",
          series.size(), *count);
      if (series.size() >= kLeastToVeto && *count < kLeastWorth * n) {
        Veto(who, absl::StrCat(what, ": no verdict"));
      } else {
        Warn(who, what);
      }
    }
    Drifting(who, series);
  }

  void Drifting(absl::string_view who, std::span<const double> series) {
    const std::optional<Drift> drift = FindDrift(series);
    if (drift && drift->p < kDriftAlpha && std::abs(drift->change) > kLeastDrift) {
      Warn(who, absl::StrFormat("drift of %+.1f %% from first to last value",
                                100 * std::expm1(drift->change)));
    }
  }

  void WarmingUp(absl::string_view who, std::span<const double> series) {
    const std::optional<WarmUp> warm_up = FindWarmUp(series);
    if (!warm_up || warm_up->values == 0) return;
    if (!warm_up->ends) {
      return Veto(who,
                  "the warm-up does not end within the first half of the repetitions: no "
                  "verdict");
    }
    Warn(who, absl::StrFormat("the first %d of %d repetitions look like a warm-up", warm_up->values,
                              series.size()));
  }

  void Levels(absl::string_view who, const Side& side) {
    std::map<long, std::vector<double>> processes;
    for (std::size_t i = 0; i < side.origins.size(); ++i) {
      processes[side.origins[i].process].push_back(std::log(side.values->values()[i]));
    }
    ByProcess values;
    for (auto& [process, logs] : processes) values.push_back(std::move(logs));
    const VarianceLevels levels = SplitVariance(values);
    if (values.size() < kLeastProcessesToSplit || !levels.icc || *levels.icc < kResembling) return;
    Warn(who, absl::StrFormat("processes differ by %.2g %%, repetitions in one by %.2g %% (ICC "
                              "%.2f): more repetitions tell little",
                              100 * std::sqrt(*levels.between), 100 * std::sqrt(*levels.within),
                              *levels.icc));
  }

 private:
  Diagnosis& diagnosis_;
};

// The mean course of a process: its k-th repetitions, averaged over the processes that have one,
// each process about its own mean.
std::vector<double> MeanCourse(const Side& side) {
  std::map<long, std::vector<double>> processes;
  for (std::size_t i = 0; i < side.origins.size(); ++i) {
    processes[side.origins[i].process].push_back(std::log(side.values->values()[i]));
  }
  std::size_t shortest = side.origins.size();
  for (const auto& [process, logs] : processes) shortest = std::min(shortest, logs.size());
  std::vector<double> course(shortest, 0);
  for (const auto& [process, logs] : processes) {
    double mean = 0;
    for (const double x : logs) mean += x / static_cast<double>(logs.size());
    for (std::size_t k = 0; k < shortest; ++k) {
      course[k] += (logs[k] - mean) / static_cast<double>(processes.size());
    }
  }
  return course;
}

}  // namespace

Diagnosis Diagnose(const Side& baseline, const Side& optimized, const Units& units, Design design) {
  Diagnosis diagnosis;
  Doctor doctor(diagnosis);
  const bool in_processes =
      design == Design::kRounds || design == Design::kProcesses || design == Design::kSessions;
  const std::vector<double> logs_a = Logs(units.a.values()), logs_b = Logs(units.b.values());
  for (const auto& [who, side, logs] :
       {std::tuple("baseline", &baseline, &logs_a), std::tuple("optimized", &optimized, &logs_b)}) {
    doctor.Shape(who, *logs);
    if (in_processes) {
      doctor.WarmingUp(who, MeanCourse(*side));
      doctor.Levels(who, *side);
    } else {
      doctor.WarmingUp(who, *logs);
    }
    // What moves both sides of a round alike does no harm.
    if (design == Design::kRounds) {
      doctor.Drifting(who, *logs);
    } else {
      doctor.Order(who, *logs);
    }
  }
  if (design == Design::kRounds) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < logs_a.size(); ++i) ratios.push_back(logs_a[i] - logs_b[i]);
    doctor.Order("ratio of the rounds", ratios);
    if (const std::size_t unpaired = CountUnpaired(baseline, optimized); unpaired > 0) {
      doctor.Warn("rounds",
                  absl::StrFormat("%d have one side only, on some host: left out", unpaired));
    }
  }
  return diagnosis;
}

}  // namespace podium::report
