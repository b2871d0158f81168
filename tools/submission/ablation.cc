#include "tools/submission/ablation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/stats/distributions.h"
#include "tools/submission/metric.h"
#include "tools/submission/process_means.h"

namespace podium::report {
namespace {

constexpr double kAlpha = 0.05;

// The times that an interval may rest on.
std::optional<Sample> IndependentTimes(const Entry& entry) {
  const Sample* times = entry.Times();
  if (times == nullptr) return std::nullopt;
  const std::optional<Sample> means = ProcessMeans(*times, entry.origins);
  return means ? means : std::optional<Sample>(*times);
}

std::optional<double> FigureIn(const std::map<std::string, double>& figures, const char* name) {
  const auto found = figures.find(name);
  if (found == figures.end()) return std::nullopt;
  return found->second;
}

struct LogMean {
  double mean, variance, n;  // variance of the mean
};
std::optional<LogMean> LogMeanOf(const Entry& entry) {
  const std::optional<Sample> times = IndependentTimes(entry);
  if (!times || times->n() < 2 || times->min() <= 0) return std::nullopt;
  const auto n = static_cast<double>(times->n());
  double mean = 0, squares = 0;
  for (const double t : times->values()) mean += std::log(t) / n;
  for (const double t : times->values()) squares += (std::log(t) - mean) * (std::log(t) - mean);
  return LogMean{mean, squares / (n - 1) / n, n};
}

// ln(interaction) = sum of ln(time) of the parts - ln(time) of the stack - (parts - 1) ln(time) of
// the baseline, since every speedup has the same baseline. Degrees of freedom by Satterthwaite.
std::optional<RatioTest> Interaction(const Entry& baseline, const Entry& stacked,
                                     const std::vector<const Entry*>& parts) {
  const double others = static_cast<double>(parts.size()) - 1;
  double sum = 0, variance = 0, denominator = 0;
  const auto add = [&](const Entry& entry, double weight) {
    const std::optional<LogMean> log = LogMeanOf(entry);
    if (!log) return false;
    const double part = weight * weight * log->variance;
    sum += weight * log->mean;
    variance += part;
    denominator += part * part / (log->n - 1);
    return true;
  };
  bool known = add(baseline, -others) && add(stacked, -1);
  for (const Entry* part : parts) known = known && add(*part, 1);
  if (!known || variance <= 0) return std::nullopt;
  RatioTest test = {};
  test.df = variance * variance / denominator;
  test.log_standard_error = std::sqrt(variance);
  test.ratio = std::exp(sum);
  test.t = sum / test.log_standard_error;
  test.p = StudentTwoSidedP(test.t, test.df);
  const double half = StudentCriticalValue(kAlpha, test.df) * test.log_standard_error;
  test.interval = {std::exp(sum - half), std::exp(sum + half)};
  return test;
}

}  // namespace

std::vector<Ablation> Ablate(const std::vector<Entry>& entries, const std::string& baseline) {
  std::map<std::pair<std::string, std::string>, std::size_t> index;
  std::vector<Ablation> ablations;
  for (const Entry& entry : entries) {
    if (entry.parts.variant != baseline || entry.Times() == nullptr) continue;
    const auto key = std::pair(entry.parts.workload, entry.parts.isa);
    if (!index.try_emplace(key, ablations.size()).second) continue;
    ablations.push_back({key.first, key.second, &entry, {}});
  }
  for (const Entry& entry : entries) {
    const auto found = index.find({entry.parts.workload, entry.parts.isa});
    if (found == index.end() || entry.parts.variant == baseline || entry.Times() == nullptr) {
      continue;
    }
    AblationRow row = {&entry, absl::StrSplit(entry.parts.variant, '+'), {}, {}, {}, {}, {}, ""};
    ablations[found->second].rows.push_back(std::move(row));
  }
  std::erase_if(ablations, [](const Ablation& a) { return a.rows.empty(); });
  for (Ablation& ablation : ablations) {
    std::stable_sort(ablation.rows.begin(), ablation.rows.end(),
                     [](const AblationRow& a, const AblationRow& b) {
                       return a.techniques.size() < b.techniques.size();
                     });
    std::map<std::string, const Entry*> alone;
    for (const AblationRow& row : ablation.rows) {
      if (row.techniques.size() == 1) alone[row.techniques[0]] = row.entry;
    }
    const Entry& base = *ablation.baseline;
    const std::optional<Sample> base_times = IndependentTimes(base);
    for (AblationRow& row : ablation.rows) {
      row.speedup = WelchLogRatio(*base_times, *IndependentTimes(*row.entry), kAlpha);
      const auto size0 = FigureIn(base.sizes, "size_bytes"),
                 size = FigureIn(row.entry->sizes, "size_bytes"),
                 accuracy0 = FigureIn(base.quality, "accuracy"),
                 accuracy = FigureIn(row.entry->quality, "accuracy");
      if (size0 && size && *size > 0) row.compression = *size0 / *size;
      if (accuracy0 && accuracy) row.accuracy_delta = *accuracy - *accuracy0;
      row.accuracy_interval = AccuracyIntervalOf(base, *row.entry);
      if (row.techniques.size() < 2) continue;
      std::vector<const Entry*> parts;
      for (const std::string& technique : row.techniques) {
        const auto part = alone.find(technique);
        if (part == alone.end()) {
          row.interaction_reason = absl::StrCat("no row of ", technique, " alone");
          break;
        }
        parts.push_back(part->second);
      }
      if (parts.size() == row.techniques.size()) {
        row.interaction = Interaction(base, *row.entry, parts);
        if (!row.interaction) row.interaction_reason = "needs 2 repetitions of every row";
      }
    }
  }
  return ablations;
}

}  // namespace podium::report
