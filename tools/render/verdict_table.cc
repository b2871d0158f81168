#include "tools/render/verdict_table.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tools/render/format.h"
#include "tools/render/table.h"

namespace podium::report {
namespace {

// Blanks between the groups of a line, and fewer within a group.
const std::vector<Column>& Columns() {
  static const auto* const kColumns = new std::vector<Column>{{"", false},      // workload
                                                              {"   ", false},   // variants
                                                              {"   ", false},   // ISA
                                                              {"   ", false},   // times
                                                              {"   ", false},   // "speedup"
                                                              {" ", true},      // its value
                                                              {"  ", false},    // interval
                                                              {"  ", false},    // p
                                                              {"   ", false},   // size
                                                              {"   ", false},   // quality
                                                              {"   ", false}};  // verdict
  return *kColumns;
}

std::string Isa(const Comparison& row) {
  const std::string& a = row.baseline->parts.isa;
  const std::string& b = row.optimized->parts.isa;
  return a == b ? a : absl::StrCat(b, " vs ", a);
}

std::optional<std::string> SharedIsa(const std::vector<Comparison>& rows) {
  std::set<std::string> isas;
  for (const Comparison& row : rows) isas.insert(Isa(row));
  return isas.size() == 1 ? std::optional(*isas.begin()) : std::nullopt;
}

std::string Variants(const Comparison& row) {
  const BenchmarkName& a = row.baseline->parts;
  const BenchmarkName& b = row.optimized->parts;
  return absl::StrCat(b.variant.empty() ? b.family : b.variant, " vs ",
                      a.variant.empty() ? a.family : a.variant);
}

std::string Times(const Comparison& row) {
  return absl::StrCat(FormatSeconds(row.baseline->Times()->median()), " -> ",
                      FormatSeconds(row.optimized->Times()->median()));
}

std::string Size(const Improvement& improvement) {
  if (!improvement.compression_ratio) return "";
  const double ratio = *improvement.compression_ratio;
  const std::string smaller = FormatRatio(ratio), larger = FormatRatio(1 / ratio);
  if (ratio == 1) return "size equal";
  return ratio > 1 ? absl::StrCat("size ", smaller, "x smaller")
                   : absl::StrCat("size ", larger, "x larger");
}

std::string Quality(const Entry& entry) {
  for (const auto& [figure, words] :
       {std::pair("accuracy", "accuracy"), std::pair("top1_agreement", "top-1 agreement")}) {
    const auto found = entry.quality.find(figure);
    if (found != entry.quality.end()) return absl::StrCat(words, " ", FormatDown(found->second, 3));
  }
  return "";
}

std::string VerdictCell(const Judgement& judgement) {
  if (judgement.verdict == Verdict::kImproved) return "";
  const std::string word(VerdictName(judgement.verdict));
  return judgement.needed_n ? absl::StrFormat("%s (needs n = %.0f)", word, *judgement.needed_n)
                            : word;
}

std::vector<std::string> Cells(const Comparison& row, const VerdictRule& rule, bool two_runs,
                               bool show_isa) {
  const Judgement& judgement = row.judgement;
  const int decimals = Decimals(judgement.interval);
  return {absl::StrReplaceAll(row.workload, {{"/", " "}}),
          two_runs ? row.optimized->parts.variant : Variants(row),
          show_isa ? Isa(row) : "",
          two_runs ? Times(row) : "",
          "speedup",
          absl::StrCat(FormatFixed(judgement.speedup, decimals), "x"),
          absl::StrCat(FormatPercent(1 - rule.alpha), " CI ",
                       FormatInterval(judgement.interval, decimals)),
          absl::StrCat(FormatP(judgement.log_welch.p), " (Welch t, n = ", judgement.n_baseline,
                       " + ", judgement.n_optimized, ")"),
          two_runs ? "" : Size(Improve(row)),
          two_runs ? "" : Quality(*row.optimized),
          VerdictCell(judgement)};
}

// What the verdicts in the table rest on, each once.
std::string Legend(const std::vector<Comparison>& rows) {
  std::set<std::string> lines;
  for (const Comparison& row : rows) {
    if (row.judgement.verdict == Verdict::kImproved) continue;
    lines.insert(
        absl::StrCat(VerdictName(row.judgement.verdict), ": ", row.judgement.reason, "\n"));
  }
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line);
  return text;
}

// Without it, the same numbers would look like other verdicts.
std::string Rule(const VerdictRule& rule, Design design) {
  const double margin = (1 + rule.process_allowance) * (1 + rule.threshold);
  return absl::StrFormat(
      "rule: design %s, alpha %.4g, threshold %s, process allowance %s: improved above %.4g, "
      "regressed below %.4g; intervals hold within %s\n",
      std::string(DesignName(design)), rule.alpha, FormatPercent(rule.threshold),
      FormatPercent(rule.process_allowance), margin, 1 / margin,
      design == Design::kOneProcess ? "this process" : "these processes");
}

std::string Table(const std::vector<Comparison>& rows, const VerdictRule& rule, Design design,
                  bool two_runs) {
  if (rows.empty()) return "";
  const std::optional<std::string> shared_isa = SharedIsa(rows);
  std::vector<std::vector<std::string>> cells;
  for (const Comparison& row : rows) cells.push_back(Cells(row, rule, two_runs, !shared_isa));
  const bool names_isa = shared_isa && !shared_isa->empty();
  return absl::StrCat(kNotice, names_isa ? absl::StrCat("; isa: ", *shared_isa) : "", "\n",
                      AlignColumns(Columns(), cells), Rule(rule, design), Legend(rows));
}

}  // namespace

std::string VerdictTable(const std::vector<Comparison>& comparisons, const VerdictRule& rule,
                         Design design) {
  return Table(comparisons, rule, design, /*two_runs=*/false);
}

std::string RunTable(const std::vector<Comparison>& comparisons, const VerdictRule& rule) {
  return Table(comparisons, rule, Design::kOneProcessASide, /*two_runs=*/true);
}

}  // namespace podium::report
