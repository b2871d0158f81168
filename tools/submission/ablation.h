// What each technique contributes, alone and stacked: variants whose names are techniques joined by
// '+', against the baseline of their workload.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/stats/compare.h"
#include "tools/submission/model.h"

namespace podium::report {

struct AblationRow {
  const Entry* entry;
  std::vector<std::string> techniques;  // the parts of its variant's name, in order
  std::optional<RatioTest> speedup;     // against the baseline
  std::optional<double> compression;    // baseline size_bytes / its own
  std::optional<double> accuracy_delta;
  AccuracyInterval accuracy_interval;
  // Of stacked techniques whose every part has a row of its own: the speedup over the product of
  // the parts' speedups, 1 where they neither help nor hinder each other. 95 % interval by the
  // errors of all rows involved, on logarithms.
  std::optional<RatioTest> interaction;
  std::string interaction_reason;  // why there is none
};

struct Ablation {
  std::string workload;
  std::string isa;
  const Entry* baseline;
  std::vector<AblationRow> rows;  // fewest techniques first
};

// One for each workload and ISA that has a row of variant `baseline` and others. Pointers are into
// `entries`.
std::vector<Ablation> Ablate(const std::vector<Entry>& entries, const std::string& baseline);

}  // namespace podium::report
