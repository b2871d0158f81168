#include "tools/submission/geomean.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "tools/stats/bootstrap.h"
#include "tools/stats/compare.h"

namespace podium::report {
namespace {

// Means over rows, by round, of those rounds that all rows have.
class MeansByRound {
 public:
  void Add(const std::map<long, double>& logs) {
    ++rows_;
    for (const auto& [round, log] : logs) {
      sums_[round].first += log;
      ++sums_[round].second;
    }
  }
  std::optional<Sample> Finish() const {
    std::vector<double> means;
    for (const auto& [round, sum] : sums_) {
      if (sum.second == rows_) means.push_back(sum.first / static_cast<double>(rows_));
    }
    return Sample::Create(std::move(means));
  }

 private:
  std::size_t rows_ = 0;
  std::map<long, std::pair<double, std::size_t>> sums_;
};

std::optional<Interval> Exp(const std::optional<Interval>& logs) {
  if (!logs) return std::nullopt;
  return Interval{std::exp(logs->lo), std::exp(logs->hi)};
}

std::optional<Interval> IntervalOfMean(const Sample& values, double alpha) {
  const auto mean = [&](std::span<const std::size_t> units) {
    double sum = 0;
    for (const std::size_t unit : units) sum += values.values()[unit];
    return sum / static_cast<double>(units.size());
  };
  const std::optional<Interval> bca = BcaInterval(values.n(), mean, alpha);
  return bca ? bca : MeanInterval(values, alpha);
}

Geomean WithoutInterval(const std::vector<Comparison>& rows, std::string reason) {
  double sum = 0;
  for (const Comparison& row : rows) sum += std::log(row.judgement.log_welch.ratio);
  return {std::exp(sum / static_cast<double>(rows.size())), std::nullopt, std::move(reason)};
}

Geomean OfRounds(const std::vector<Comparison>& rows, double alpha) {
  MeansByRound ratios;
  for (const Comparison& row : rows) {
    ratios.Add(LogRatiosByRound(row.baseline->Measured(), row.optimized->Measured()));
  }
  const std::optional<Sample> means = ratios.Finish();
  if (!means || means->n() < 2) return WithoutInterval(rows, "the rows have no rounds in common");
  return {std::exp(means->mean()), Exp(IntervalOfMean(*means, alpha)), ""};
}

Geomean OfProcesses(const std::vector<Comparison>& rows, double alpha) {
  MeansByRound baseline, optimized;
  for (const Comparison& row : rows) {
    baseline.Add(LogMeansByRound(row.baseline->Measured()));
    optimized.Add(LogMeansByRound(row.optimized->Measured()));
  }
  const std::optional<Sample> a = baseline.Finish(), b = optimized.Finish();
  const auto test = a && b ? Welch(*b, *a, alpha) : std::nullopt;
  if (!test) return WithoutInterval(rows, "the rows have no rounds in common");
  return {std::exp(test->difference), Exp(test->interval), ""};
}

}  // namespace

std::optional<Geomean> GeomeanOf(const std::vector<Comparison>& rows, double alpha) {
  if (rows.empty()) return std::nullopt;
  const auto all = [&](Design design) {
    return std::all_of(rows.begin(), rows.end(),
                       [&](const Comparison& row) { return row.judgement.design == design; });
  };
  if (all(Design::kRounds)) return OfRounds(rows, alpha);
  if (all(Design::kProcesses)) return OfProcesses(rows, alpha);
  return WithoutInterval(rows, "not all rows were measured in interleaved processes");
}

}  // namespace podium::report
