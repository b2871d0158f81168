#include "tools/render/comparison_formats.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/render/format.h"
#include "tools/submission/derive.h"
#include "tools/submission/describe.h"

namespace podium::report {
namespace {

// A cell that ends no row and begins no markup.
std::string MarkdownCell(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"|", "\\|"}, {"<", "&lt;"}, {"*", "\\*"}, {"_", "\\_"}, {"`", "\\`"}});
}

std::string Number(double value) { return absl::StrFormat("%.17g", value); }

std::string OrEmpty(const std::optional<double>& value) { return value ? Number(*value) : ""; }

}  // namespace

std::string CsvCell(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string ComparisonMarkdown(const RunComparison& comparison, const VerdictRule& rule,
                               const TableStyle& style) {
  std::string text = absl::StrCat("_", kNotice, "_\n\n");
  absl::StrAppend(&text, "| row | baseline -> optimized | speedup | ",
                  FormatPercent(1 - rule.alpha),
                  " CI | p | A/A | verdict |\n|---|---|--:|---|---|---|---|\n");
  for (const Comparison& row : comparison.rows) {
    const Judgement& judgement = row.judgement;
    const int decimals = Decimals(judgement.interval);
    const std::vector<std::string> cells = {
        MarkdownCell(row.optimized->name),
        absl::StrCat(MedianText(*row.baseline, style), " -> ", MedianText(*row.optimized, style)),
        absl::StrCat(FormatFixed(judgement.speedup, decimals), "x"),
        FormatInterval(judgement.interval, decimals),
        absl::StrCat(FormatP(judgement.p), " (", MethodText(judgement), ")"),
        FloorText(judgement),
        absl::StrCat("**", VerdictName(judgement.verdict), "**",
                     judgement.verdict == Verdict::kImproved
                         ? ""
                         : absl::StrCat(": ", MarkdownCell(judgement.reason)))};
    absl::StrAppend(&text, "| ", absl::StrJoin(cells, " | "), " |\n");
  }
  if (const auto& geomean = comparison.geomean) {
    absl::StrAppend(&text, "\nGeometric mean of the speedups: ", FormatFixed(geomean->value, 3),
                    "x",
                    geomean->interval ? absl::StrCat(" ", FormatInterval(*geomean->interval, 3))
                                      : absl::StrCat(" (no interval: ", geomean->reason, ")"),
                    ", over ", comparison.rows.size(), " rows.\n");
  }
  if (!comparison.notes.empty()) absl::StrAppend(&text, "\n");
  for (const std::string& note : comparison.notes) {
    absl::StrAppend(&text, "- ", MarkdownCell(note), "\n");
  }
  for (const Comparison& row : comparison.rows) {
    for (const std::string& warning : row.judgement.warnings) {
      absl::StrAppend(&text, "- doubt: ", MarkdownCell(row.optimized->name), ": ",
                      MarkdownCell(warning), "\n");
    }
  }
  return text;
}

std::string ComparisonCsv(const RunComparison& comparison) {
  std::string text =
      "baseline,optimized,design,method,n_baseline,n_optimized,speedup,ci_lower,ci_upper,p,"
      "p_adjusted,a_a_floor,verdict,needed_n,warnings\n";
  for (const Comparison& row : comparison.rows) {
    const Judgement& judgement = row.judgement;
    const std::vector<std::string> cells = {
        CsvCell(row.baseline->name),
        CsvCell(row.optimized->name),
        std::string(DesignName(judgement.design)),
        std::string(MethodName(judgement.method)),
        absl::StrCat(judgement.n_baseline),
        absl::StrCat(judgement.n_optimized),
        Number(judgement.speedup),
        Number(judgement.interval.lo),
        Number(judgement.interval.hi),
        Number(judgement.p),
        Number(judgement.p_adjusted),
        judgement.rounds ? OrEmpty(judgement.rounds->a_a_floor) : "",
        std::string(VerdictName(judgement.verdict)),
        OrEmpty(judgement.needed_n),
        CsvCell(absl::StrJoin(judgement.warnings, "; "))};
    absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
  }
  return text;
}

std::string ComparisonJson(const RunComparison& comparison, const VerdictRule& rule,
                           const TableStyle& style) {
  Json document = Json::object();
  document["notice"] = kNotice;
  document["metric"] = style.metric;
  document["rule"] = {{"alpha", rule.alpha},
                      {"threshold", rule.threshold},
                      {"process_allowance", rule.process_allowance},
                      {"correction", CorrectionName(rule.correction)}};
  Json& rows = document["rows"] = Json::array();
  for (const Comparison& row : comparison.rows) rows.push_back(DescribeComparison(row, rule));
  document["geomean"] =
      comparison.geomean ? DescribeGeomean(*comparison.geomean, comparison.rows.size()) : Json();
  if (!comparison.geomean) document["geomean_reason"] = "no rows were compared";
  document["counts"] = {{"failed", comparison.failed},
                        {"worse", comparison.worse},
                        {"not_compared", comparison.not_compared}};
  document["notes"] = comparison.notes;
  return Serialize(document);
}

}  // namespace podium::report
