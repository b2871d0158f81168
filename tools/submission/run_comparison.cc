#include "tools/submission/run_comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tools/submission/pairing.h"
#include "tools/submission/same_work.h"

namespace podium::report {
namespace {

constexpr absl::string_view kSeveral = "several rows differ from it only in how they were measured";

// Time that the benchmark took itself is another quantity than time on the clock.
auto KeyOf(const Entry& entry) {
  const auto& suffix = entry.parts.suffix;
  const bool manual = std::any_of(suffix.begin(), suffix.end(),
                                  [](const auto& s) { return s.first == "manual_time"; });
  return std::tuple(entry.parts.workload, entry.parts.variant, entry.parts.isa, manual);
}

bool HasThreads(const Entry& entry) {
  return std::any_of(entry.parts.keys.begin(), entry.parts.keys.end(),
                     [](const auto& key) { return key.first == "threads" && key.second != "1"; });
}

void NotCompared(const Entry& entry, absl::string_view why, RunComparison& result) {
  ++result.not_compared;
  result.notes.push_back(absl::StrCat("not compared: ", entry.name, ": ", why));
}

std::optional<double> ConstantOf(const Entry& entry, const MetricChoice& metric) {
  const std::optional<Sample> values = MetricOf(entry, metric.name);
  return values && values->min() == values->max() ? std::optional(values->min()) : std::nullopt;
}

// What does not vary needs no test: the two values are all that can be known of it. False if a side
// varies.
bool AddConstants(const Pair& pair, const RunRule& rule, RunComparison& result) {
  const MetricChoice& metric = rule.metric;
  const auto before = ConstantOf(*pair.baseline, metric);
  const auto after = ConstantOf(*pair.optimized, metric);
  if (metric.IsTime() || !before || !after) return false;
  const bool is_share = metric.name == "accuracy" || metric.name == "top1_agreement";
  const double tolerated =
      is_share ? rule.quality_tolerance : rule.verdict.threshold * std::abs(*before);
  const bool worse = (metric.higher_is_better ? *before - *after : *after - *before) > tolerated;
  const std::string from = pair.baseline->name == pair.optimized->name
                               ? ""
                               : absl::StrCat(", from ", pair.baseline->name);
  ++result.constants;
  result.worse += worse;
  result.notes.push_back(absl::StrFormat("%s: %s: %s %.6g -> %.6g%s", worse ? "worse" : "constant",
                                         pair.optimized->name, metric.name, *before, *after, from));
  return true;
}

// Differences and ratios of means are those of the values as measured, not of their reciprocals.
void UndoReciprocals(const Pair& pair, double alpha, Judgement& judgement) {
  const auto measured = [](const Sample& costs) {
    std::vector<double> values;
    for (const double cost : costs.values()) values.push_back(1 / cost);
    return *Sample::Create(std::move(values));
  };
  const Units costs =
      IndependentUnits(pair.baseline->Measured(), pair.optimized->Measured(), judgement.design);
  const Sample a = measured(costs.a), b = measured(costs.b);
  judgement.welch = Welch(a, b, alpha);
  judgement.fieller = Fieller(b, a, alpha);
}

// False if the pair has no verdict; a note says why.
bool Add(const Pair& pair, SameRun same_run, const RunRule& rule, RunComparison& result) {
  if (AddConstants(pair, rule, result)) return false;
  absl::StatusOr<Judgement> judgement = JudgePair(pair, same_run, rule.verdict);
  if (!judgement.ok()) {
    NotCompared(*pair.optimized, judgement.status().message(), result);
    return false;
  }
  if (rule.metric.higher_is_better) UndoReciprocals(pair, rule.verdict.alpha, *judgement);
  result.rows.push_back({pair.baseline, pair.optimized, pair.workload, *std::move(judgement)});
  return true;
}

void Finish(const VerdictRule& rule, RunComparison& result) {
  SettleAll(result.rows, rule);
  for (const Comparison& row : result.rows) {
    result.regressed += row.judgement.verdict == Verdict::kRegressed;
    result.inconclusive += row.judgement.verdict == Verdict::kInconclusive;
  }
  result.geomean = GeomeanOf(result.rows, rule.alpha);
}

// Rows of the old run with their counterparts in the new one.
class RunMatcher {
 public:
  RunMatcher(const std::vector<Entry>& old_run, const std::vector<Entry>& new_run)
      : old_(old_run), new_(new_run) {}

  // The counterpart of each new row, or null. `contested` are the rows, of both sides, that have
  // several possible ones.
  std::vector<const Entry*> Run(std::vector<const Entry*>& contested) {
    std::map<std::string, const Entry*> by_name;
    std::map<Key, std::size_t> in_old, in_new;
    for (const Entry& entry : old_) {
      by_name.emplace(entry.name, &entry);
      ++in_old[KeyOf(entry)];
    }
    for (const Entry& entry : new_) ++in_new[KeyOf(entry)];

    std::vector<const Entry*> counterparts;
    for (const Entry& entry : new_) {
      const auto found = by_name.find(entry.name);
      counterparts.push_back(found == by_name.end() ? nullptr : found->second);
      if (found != by_name.end()) by_name.erase(found);
    }
    std::map<Key, const Entry*> left;  // of the old run, under its key
    for (const auto& [name, entry] : by_name) {
      const Key key = KeyOf(*entry);
      if (in_old[key] == 1 && in_new[key] == 1) {
        left[key] = entry;
      } else if (in_new[key] > 0) {
        contested.push_back(entry);
      }
    }
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (counterparts[i]) continue;
      const Key key = KeyOf(new_[i]);
      const auto found = left.find(key);
      if (found != left.end()) {
        counterparts[i] = found->second;
      } else if (in_old[key] > 0) {
        contested.push_back(&new_[i]);
      }
    }
    return counterparts;
  }

 private:
  using Key = decltype(KeyOf(std::declval<Entry>()));
  const std::vector<Entry>& old_;
  const std::vector<Entry>& new_;
};

// Quality and size follow from the program, not from the moment: any change is worth a line.
void CompareFigures(const Entry& old_row, const Entry& new_row, const RunRule& rule,
                    RunComparison& result) {
  const double tolerance = rule.quality_tolerance;
  bool is_worse = false, is_lost = false;
  const auto compare = [&](const std::string& figure, const std::map<std::string, double>& before,
                           const std::map<std::string, double>& after, bool is_quality) {
    if (figure == rule.metric.name) return;  // has a note anyway
    const auto a = before.find(figure), b = after.find(figure);
    if (a == before.end() || (b != after.end() && a->second == b->second)) return;
    const bool lost = b == after.end();
    const bool fell = is_quality && !lost && b->second < a->second - tolerance;
    is_worse = is_worse || fell;
    is_lost = is_lost || (is_quality && lost);
    result.notes.push_back(
        absl::StrCat(fell ? "worse: " : "changed: ", new_row.name, ": ", figure, " ",
                     absl::StrFormat("%.6g", a->second), " -> ",
                     lost ? "not reported" : absl::StrFormat("%.6g", b->second),
                     fell ? absl::StrFormat(", a fall by more than %.4g", tolerance) : ""));
  };
  for (const char* figure : {"accuracy", "top1_agreement"}) {
    compare(figure, old_row.quality, new_row.quality, /*is_quality=*/true);
  }
  compare("size_bytes", old_row.sizes, new_row.sizes, /*is_quality=*/false);
  result.worse += is_worse;
  result.not_compared += is_lost;
}

void CompareRow(const Entry& old_row, const Entry& new_row, const RunRule& rule,
                RunComparison& result) {
  if (!new_row.errors.empty()) {
    ++result.failed;
    result.notes.push_back(
        absl::StrCat("failed in NEW: ", new_row.name, ": ", new_row.errors.front()));
    return;
  }
  CompareFigures(old_row, new_row, rule, result);
  if (!old_row.errors.empty()) {
    return NotCompared(new_row, absl::StrCat("failed in OLD: ", old_row.errors.front()), result);
  }
  if (!old_row.IsComparable() || !new_row.IsComparable()) {
    return NotCompared(new_row, "not both runs have a positive value of the metric", result);
  }
  if (HasThreads(new_row) && !rule.threads_comparable) {
    return NotCompared(new_row,
                       "Google Benchmark 1.9.0 counts the time of several threads otherwise: use "
                       "one release for both",
                       result);
  }
  if (!Add({&old_row, &new_row, new_row.parts.workload}, SameRun::kNo, rule, result)) return;
  const std::string difference = WorkDifference(old_row, new_row);
  if (!difference.empty()) result.rows.back().judgement.warnings.push_back(difference);
}

}  // namespace

RunComparison CompareRuns(const std::vector<Entry>& old_run, const std::vector<Entry>& new_run,
                          const RunRule& rule) {
  RunComparison result;
  std::vector<const Entry*> contested;
  const std::vector<const Entry*> counterparts = RunMatcher(old_run, new_run).Run(contested);
  const auto is_in = [](const std::vector<const Entry*>& entries, const Entry* entry) {
    return std::binary_search(entries.begin(), entries.end(), entry, std::less<>());
  };
  std::sort(contested.begin(), contested.end(), std::less<>());
  std::vector<const Entry*> matched = counterparts;
  std::sort(matched.begin(), matched.end(), std::less<>());

  for (std::size_t i = 0; i < new_run.size(); ++i) {
    const Entry& entry = new_run[i];
    if (counterparts[i]) {
      CompareRow(*counterparts[i], entry, rule, result);
    } else if (is_in(contested, &entry)) {
      NotCompared(entry, kSeveral, result);
    } else {
      result.notes.push_back(absl::StrCat("added: ", entry.name));
      if (entry.errors.empty()) continue;
      ++result.failed;
      result.notes.push_back(
          absl::StrCat("failed in NEW: ", entry.name, ": ", entry.errors.front()));
    }
  }
  for (const Entry& entry : old_run) {
    if (is_in(matched, &entry)) continue;
    if (is_in(contested, &entry)) {
      NotCompared(entry, kSeveral, result);
      continue;
    }
    ++result.not_compared;
    result.notes.push_back(absl::StrCat("removed: ", entry.name));
  }
  Finish(rule.verdict, result);
  return result;
}

RunComparison CompareVariants(const std::vector<Entry>& run, const Selection& selection,
                              const RunRule& rule) {
  RunComparison result;
  const Pairing pairing = PairEntries(run, selection);
  for (const Pair& pair : pairing.pairs) Add(pair, SameRun::kYes, rule, result);
  result.notes.insert(result.notes.end(), pairing.warnings.begin(), pairing.warnings.end());
  for (const Entry* entry : pairing.left_out) {
    ++(entry->errors.empty() ? result.not_compared : result.failed);
  }
  for (const Entry& entry : run) {
    if (entry.errors.empty()) continue;
    result.notes.push_back(absl::StrCat("failed: ", entry.name, ": ", entry.errors.front()));
  }
  Finish(rule.verdict, result);
  return result;
}

bool ThreadsComparable(const Context& a, const Context& b) {
  const auto counts_otherwise = [](const Context& context) {
    const auto found = context.find("library_version");
    if (found == context.end()) return false;
    const std::vector<std::string> parts =
        absl::StrSplit(absl::StripPrefix(found->second, "v"), '.');
    int major = 0, minor = 0;
    if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &major) ||
        !absl::SimpleAtoi(parts[1], &minor)) {
      return true;  // a development version: newer than the member itself
    }
    return std::pair(major, minor) >= std::pair(1, 9);
  };
  return counts_otherwise(a) == counts_otherwise(b);
}

}  // namespace podium::report
