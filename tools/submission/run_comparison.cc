#include "tools/submission/run_comparison.h"

#include <cmath>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tools/submission/pairing.h"

namespace podium::report {
namespace {

auto KeyOf(const Entry& entry) {
  return std::tuple(entry.parts.workload, entry.parts.variant, entry.parts.isa);
}

void NoteFailures(const std::vector<Entry>& entries, absl::string_view side,
                  RunComparison& result) {
  for (const Entry& entry : entries) {
    if (entry.errors.empty()) continue;
    result.notes.push_back(absl::StrCat("failed", side, ": ", entry.name, ": ", entry.errors[0]));
  }
}

void Add(const Pair& pair, const VerdictRule& rule, RunComparison& result) {
  const Sample& a = *pair.baseline->Times();
  const Sample& b = *pair.optimized->Times();
  std::optional<Judgement> judgement = Judge(a, b, rule);
  if (judgement) {
    result.rows.push_back({pair.baseline, pair.optimized, pair.workload, *std::move(judgement)});
    return;
  }
  result.notes.push_back(absl::StrCat(
      "not compared: ", pair.optimized->name, ": ",
      a.n() < 2 || b.n() < 2 ? "1 repetition; a confidence interval needs at least 2: run with "
                               "--benchmark_repetitions=10"
                             : "its times have no spread"));
}

void SetGeomean(RunComparison& result) {
  if (result.rows.empty()) return;
  double sum = 0;
  for (const Comparison& row : result.rows) sum += std::log(row.judgement.speedup);
  result.geomean = std::exp(sum / static_cast<double>(result.rows.size()));
}

}  // namespace

RunComparison CompareRuns(const std::vector<Entry>& old_run, const std::vector<Entry>& new_run,
                          const VerdictRule& rule) {
  RunComparison result;
  std::map<std::tuple<std::string, std::string, std::string>, const Entry*> old_rows, new_rows;
  for (const Entry& entry : old_run) old_rows.try_emplace(KeyOf(entry), &entry);
  for (const Entry& entry : new_run) {
    new_rows.try_emplace(KeyOf(entry), &entry);
    const auto old_row = old_rows.find(KeyOf(entry));
    if (old_row == old_rows.end()) {
      result.notes.push_back(absl::StrCat("added: ", entry.name));
    } else if (entry.Times() && old_row->second->Times()) {
      Add({old_row->second, &entry, entry.parts.workload}, rule, result);
    }
  }
  for (const Entry& entry : old_run) {
    if (!new_rows.contains(KeyOf(entry))) {
      result.notes.push_back(absl::StrCat("removed: ", entry.name));
    }
  }
  NoteFailures(old_run, " in OLD", result);
  NoteFailures(new_run, " in NEW", result);
  SetGeomean(result);
  return result;
}

RunComparison CompareVariants(const std::vector<Entry>& run, const Selection& selection,
                              const VerdictRule& rule) {
  RunComparison result;
  const Pairing pairing = PairEntries(run, selection);
  for (const Pair& pair : pairing.pairs) Add(pair, rule, result);
  result.notes.insert(result.notes.end(), pairing.warnings.begin(), pairing.warnings.end());
  NoteFailures(run, "", result);
  SetGeomean(result);
  return result;
}

}  // namespace podium::report
