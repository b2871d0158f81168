// Which rows nothing beats: the Pareto frontier over several figures, with their uncertainty.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/figure.h"

namespace podium::report {

struct ParetoPoint {
  const Entry* entry;
  std::vector<Figure> figures;  // one per metric
  // A row that is for certain no worse in any metric and for certain better in one; null on the frontier.
  const Entry* dominated_by = nullptr;
};

// The rows that have all metrics, in their order. Pointers are into `entries`.
std::vector<ParetoPoint> ParetoFrontier(const std::vector<Entry>& entries,
                                        const std::vector<MetricChoice>& metrics);

// What to take, by what matters. `row` is null, with the reason, where no row qualifies.
struct Recommendation {
  std::string use;   // "latency-critical"
  std::string rule;  // "the fastest whose accuracy is at most 0.01 below the baseline's"
  const Entry* row = nullptr;
  std::string reason;
};

// Among rows with time, size and accuracy, of one workload, against its row of variant `baseline`. All are
// withheld where one of these figures is estimated (Entry::estimated).
std::vector<Recommendation> Recommend(const std::vector<Entry>& entries,
                                      const std::string& baseline);

}  // namespace podium::report
