#include "tools/runner/claim_rows.h"

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

RunSide SideOf(const std::string& row) {
  const std::string variant = ParseBenchmarkName(row).variant;
  return {variant.empty() ? row : variant, 0, {row}};
}

}  // namespace

ClaimRowFinder::ClaimRowFinder(const std::vector<std::string>& names)
    : names_(names.begin(), names.end()) {
  for (const std::string& name : names) {
    const BenchmarkName parts = ParseBenchmarkName(name);
    by_isa_[{parts.workload, parts.variant}].try_emplace(parts.isa, name);
  }
}

ClaimRows ClaimRowFinder::Find(const Comparison& claimed) const {
  const Entry& baseline = *claimed.baseline;
  const Entry& optimized = *claimed.optimized;
  if (names_.contains(baseline.name) && names_.contains(optimized.name)) {
    return {baseline.name, optimized.name, ""};
  }
  const auto a = by_isa_.find({baseline.parts.workload, baseline.parts.variant});
  const auto b = by_isa_.find({optimized.parts.workload, optimized.parts.variant});
  std::vector<std::string> shared;
  if (a != by_isa_.end() && b != by_isa_.end() && !optimized.parts.variant.empty()) {
    for (const auto& [isa, name] : b->second) {
      if (a->second.contains(isa)) shared.push_back(isa);
    }
  }
  if (shared.empty()) return {"", "", "the program has no such rows"};
  if (shared.size() == 1) return {a->second.at(shared[0]), b->second.at(shared[0]), ""};
  return {"", "",
          absl::StrCat("no ", optimized.parts.isa,
                       " here, but several other instruction sets: choose one, as ./bench does "
                       "with --isa=best")};
}

std::vector<Block> BlocksOf(const std::vector<ClaimRows>& claims) {
  std::map<std::string, std::size_t> index;
  std::vector<Block> blocks;
  for (const ClaimRows& claim : claims) {
    if (!claim.missing.empty()) continue;
    const auto [found, is_new] = index.try_emplace(claim.baseline, blocks.size());
    if (is_new) blocks.push_back({{SideOf(claim.baseline)}});
    blocks[found->second].sides.push_back(SideOf(claim.optimized));
  }
  return blocks;
}

}  // namespace podium::report
