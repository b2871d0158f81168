#include "tools/submission/pairing.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

std::string VariantOf(const Entry& entry) {
  return entry.parts.variant.empty() ? entry.parts.family : entry.parts.variant;
}

// What two entries must share. Without a `variant:` key the family is the variant.
std::string KeyOf(const Entry& entry) {
  if (!entry.parts.variant.empty()) return entry.parts.workload;
  return std::string(absl::StripPrefix(entry.parts.workload, entry.parts.family));
}

bool Selects(const std::string& variant, const Entry& entry) {
  return variant == VariantOf(entry) || variant == entry.name;
}

class Pairer {
 public:
  Pairer(const std::vector<Entry>& entries, const Selection& selection)
      : entries_(entries), selection_(selection) {}

  Pairing Run() {
    for (const Entry& entry : entries_) {
      if (IsBaseline(entry)) baselines_[KeyOf(entry)].push_back(&entry);
    }
    for (const Entry& entry : entries_) Place(entry);
    FindFamiliesWithoutBaseline();
    return std::move(result_);
  }

 private:
  bool IsBaseline(const Entry& entry) const {
    if (selection_.baseline) return Selects(*selection_.baseline, entry);
    const auto found = selection_.baselines.find(entry.parts.family);
    return found != selection_.baselines.end() && found->second == entry.parts.variant;
  }

  bool IsOptimized(const Entry& entry) const {
    if (IsBaseline(entry)) return false;
    if (selection_.optimized) return Selects(*selection_.optimized, entry);
    return selection_.baseline || selection_.baselines.contains(entry.parts.family);
  }

  std::vector<const Entry*> BaselinesOf(const Entry& entry) const {
    // Two rows named in full are compared whatever their keys are.
    if (selection_.optimized == entry.name && selection_.baseline) {
      for (const Entry& other : entries_) {
        if (*selection_.baseline == other.name) return {&other};
      }
    }
    const auto found = baselines_.find(KeyOf(entry));
    return found == baselines_.end() ? std::vector<const Entry*>() : found->second;
  }

  void Place(const Entry& entry) {
    if (!IsOptimized(entry)) return;
    if (!entry.IsComparable()) return Skip(entry, "it has no valid time");
    std::vector<const Entry*> candidates;
    bool failed = false;
    for (const Entry* other : BaselinesOf(entry)) {
      failed = failed || !other->IsComparable();
      if (other->IsComparable()) candidates.push_back(other);
    }
    const auto same_isa = std::find_if(candidates.begin(), candidates.end(), [&](const Entry* c) {
      return c->parts.isa == entry.parts.isa;
    });
    if (same_isa != candidates.end()) return Add(**same_isa, entry);
    if (candidates.size() == 1) {
      result_.warnings.push_back(absl::StrCat(entry.name,
                                              ": compared with isa:", candidates[0]->parts.isa,
                                              ", the only ISA of its baseline"));
      return Add(*candidates[0], entry);
    }
    // With --baseline, rows that share no workload with it were not asked for.
    if (candidates.empty() && !failed && selection_.baseline) return;
    Skip(entry, failed               ? "its baseline failed"
                : candidates.empty() ? "its baseline was not measured"
                                     : "its baseline was measured on other ISAs only");
  }

  void Add(const Entry& baseline, const Entry& optimized) {
    const std::string key = KeyOf(optimized);
    result_.pairs.push_back({&baseline, &optimized, key.starts_with('/') ? key.substr(1) : key});
  }

  void Skip(const Entry& entry, absl::string_view why) {
    result_.left_out.push_back(&entry);
    result_.warnings.push_back(absl::StrCat(entry.name, ": not compared: ", why));
  }

  void FindFamiliesWithoutBaseline() {
    if (selection_.baseline) return;
    std::map<std::string, std::set<std::string>> variants;  // by workload
    std::set<std::string> families;
    for (const Entry& entry : entries_) {
      if (entry.parts.variant.empty()) continue;
      if (selection_.baselines.contains(entry.parts.family)) continue;
      std::set<std::string>& seen = variants[entry.parts.workload];
      seen.insert(entry.parts.variant);
      if (seen.size() > 1) families.insert(entry.parts.family);
    }
    result_.families_without_baseline.assign(families.begin(), families.end());
  }

  const std::vector<Entry>& entries_;
  const Selection& selection_;
  std::map<std::string, std::vector<const Entry*>> baselines_;  // by KeyOf
  Pairing result_;
};

}  // namespace

Pairing PairEntries(const std::vector<Entry>& entries, const Selection& selection) {
  return Pairer(entries, selection).Run();
}

absl::StatusOr<Judgement> JudgePair(const Pair& pair, SameRun same_run, const VerdictRule& rule) {
  const Entry &a = *pair.baseline, &b = *pair.optimized;
  if (a.Times() && b.Times()) {
    const Side sides[] = {a.Measured(), b.Measured()};
    return Judge(sides[0], sides[1], DetectDesign(sides[0], sides[1], same_run), rule);
  }
  if (a.summary && b.summary) return JudgeSummaries(*a.summary, *b.summary, rule);
  return absl::InvalidArgumentError("one side has repetitions, the other aggregates only");
}

void SettleAll(std::vector<Comparison>& comparisons, const VerdictRule& rule) {
  std::vector<Judgement*> judgements;
  for (Comparison& comparison : comparisons) judgements.push_back(&comparison.judgement);
  Settle(judgements, rule);
}

absl::Status CheckPairs(const std::string& path, const std::vector<Entry>& entries,
                        const Selection& selection) {
  if (!selection.baseline && !selection.optimized) return absl::OkStatus();
  const Pairing pairing = PairEntries(entries, selection);
  if (!pairing.pairs.empty() || !pairing.left_out.empty()) return absl::OkStatus();
  std::vector<std::string> whereabouts;
  for (const auto& [flag, value] : {std::pair("--baseline=", &selection.baseline),
                                    std::pair("--optimized=", &selection.optimized)}) {
    if (!*value) continue;
    std::set<std::string> families;
    for (const Entry& entry : entries) {
      if (Selects(**value, entry)) families.insert(entry.parts.family);
    }
    whereabouts.push_back(absl::StrCat(flag, **value, " is in ", absl::StrJoin(families, ", ")));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": nothing to compare: ", absl::StrJoin(whereabouts, " and "),
                   ": choose two variants of one workload"));
}

std::vector<std::string> VariantNames(const std::vector<Entry>& entries) {
  std::set<std::string> variants, families;
  for (const Entry& entry : entries) {
    if (entry.parts.variant.empty()) {
      families.insert(entry.parts.family);
    } else {
      variants.insert(entry.parts.variant);
    }
  }
  const std::set<std::string>& names = variants.empty() ? families : variants;
  return {names.begin(), names.end()};
}

}  // namespace podium::report
