#include "tools/submission/pareto.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

bool Dominates(const ParetoPoint& a, const ParetoPoint& b,
               const std::vector<MetricChoice>& metrics) {
  bool better = false;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!SurelyNoWorse(a.figures[i], b.figures[i], metrics[i])) return false;
    better = better || SurelyBetter(a.figures[i], b.figures[i], metrics[i]);
  }
  return better;
}

constexpr const char* kInputs[] = {"time_s", "size_bytes", "accuracy"};  // of recommendations

// Why nothing can be recommended from these rows; empty if nothing forbids it.
std::string WhyWithheld(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    for (const char* input : kInputs) {
      if (std::find(entry.estimated.begin(), entry.estimated.end(), input) !=
          entry.estimated.end()) {
        return absl::StrCat(input, " of ", entry.parts.variant, " is estimated, not measured");
      }
    }
  }
  return "";
}

struct Candidate {
  const Entry* entry;
  double time_s, size_bytes, accuracy;
};

std::optional<Candidate> CandidateOf(const Entry& entry) {
  const auto time = FigureOf(entry, {std::string(kTimeMetric), false});
  const auto size = FigureOf(entry, {"size_bytes", false});
  const auto accuracy = FigureOf(entry, {"accuracy", true});
  if (!time || !size || !accuracy) return std::nullopt;
  return Candidate{&entry, time->value, size->value, accuracy->value};
}

}  // namespace

std::vector<ParetoPoint> ParetoFrontier(const std::vector<Entry>& entries,
                                        const std::vector<MetricChoice>& metrics) {
  std::vector<ParetoPoint> points;
  for (const Entry& entry : entries) {
    ParetoPoint point = {&entry, {}};
    for (const MetricChoice& metric : metrics) {
      if (const auto figure = FigureOf(entry, metric)) point.figures.push_back(*figure);
    }
    if (point.figures.size() == metrics.size()) points.push_back(std::move(point));
  }
  for (ParetoPoint& point : points) {
    for (const ParetoPoint& other : points) {
      if (point.dominated_by == nullptr && Dominates(other, point, metrics)) {
        point.dominated_by = other.entry;
      }
    }
  }
  return points;
}

std::vector<Recommendation> Recommend(const std::vector<Entry>& entries,
                                      const std::string& baseline) {
  std::vector<Candidate> candidates;
  std::optional<Candidate> base;
  for (const Entry& entry : entries) {
    const std::optional<Candidate> candidate = CandidateOf(entry);
    if (!candidate) continue;
    candidates.push_back(*candidate);
    if (entry.parts.variant == baseline) base = candidate;
  }
  struct Use {
    const char* use;
    const char* rule;
    double tolerance;  // by which accuracy may be below the baseline's
    std::function<double(const Candidate&)> cost;
  };
  const auto efficiency = [&](const Candidate& c) {
    return -(base->time_s / c.time_s) * (base->size_bytes / c.size_bytes) /
           (1 + std::abs(c.accuracy - base->accuracy));
  };
  const Use uses[] = {
      {"latency-critical", "the fastest whose accuracy is at most 0.01 below the baseline's", 0.01,
       [](const Candidate& c) { return c.time_s; }},
      {"memory-constrained", "the smallest whose accuracy is at most 0.02 below the baseline's",
       0.02, [](const Candidate& c) { return c.size_bytes; }},
      {"accuracy-preserving", "the fastest whose accuracy is not below the baseline's", 0,
       [](const Candidate& c) { return c.time_s; }},
      {"balanced",
       "the most speedup x compression / (1 + |accuracy delta|) of those at most 0.05 less "
       "accurate",
       0.05, efficiency},
  };
  const std::string withheld = WhyWithheld(entries);
  std::vector<Recommendation> recommendations;
  for (const Use& use : uses) {
    Recommendation r = {use.use, use.rule, nullptr, withheld};
    if (!withheld.empty()) {
      recommendations.push_back(std::move(r));
      continue;
    }
    if (!base) {
      r.reason = absl::StrCat("no row of variant ", baseline,
                              " has time_s, size_bytes and accuracy on labelled inputs");
    } else {
      double best = 0;
      for (const Candidate& c : candidates) {
        if (c.accuracy < base->accuracy - use.tolerance) continue;
        if (r.row == nullptr || use.cost(c) < best) {
          r.row = c.entry;
          best = use.cost(c);
        }
      }
    }
    recommendations.push_back(std::move(r));
  }
  return recommendations;
}

}  // namespace podium::report
