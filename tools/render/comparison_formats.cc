#include "tools/render/comparison_formats.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/derive.h"
#include "tools/submission/describe.h"

namespace podium::report {
namespace {

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
  if (style.metric.name != kTimeMetric) {
    absl::StrAppend(&text, "metric: ", MarkdownCell(MetricText(style.metric)), "\n\n");
  }
  absl::StrAppend(&text, "| row | baseline -> optimized | ",
                  style.metric.IsTime() ? "speedup" : "ratio", " | ", FormatPercent(1 - rule.alpha),
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
  absl::StrAppend(&text, "\n", MarkdownCell(ComparisonSummary(comparison, rule, style.metric)),
                  "\n\n");
  for (const std::string& line : RuleLines(comparison.rows, rule)) {
    absl::StrAppend(&text, "- ", MarkdownCell(line), "\n");
  }
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

std::string ComparisonSummary(const RunComparison& comparison, const VerdictRule& rule,
                              const MetricChoice& metric) {
  std::string text;
  if (const auto& geomean = comparison.geomean) {
    const int decimals = geomean->interval ? Decimals(*geomean->interval) : 2;
    const std::size_t rows = comparison.rows.size();
    absl::StrAppend(&text, "geomean ", metric.IsTime() ? "speedup " : "ratio ",
                    FormatFixed(geomean->value, decimals), "x",
                    geomean->interval ? absl::StrCat(" ", FormatPercent(1 - rule.alpha), " CI ",
                                                     FormatInterval(*geomean->interval, decimals))
                                      : absl::StrCat(" (descriptive: ", geomean->reason, ")"),
                    " over ", rows, rows == 1 ? " row, " : " rows, ");
  }
  absl::StrAppend(&text, comparison.regressed, " regressed, ", comparison.inconclusive,
                  " inconclusive");
  for (const auto& [count, what] :
       {std::pair(comparison.failed, " failed"), std::pair(comparison.worse, " of worse quality"),
        std::pair(comparison.constants, " constant"),
        std::pair(comparison.not_compared, " not compared")}) {
    if (count > 0) absl::StrAppend(&text, ", ", count, what);
  }
  if (comparison.cut_short > 0) {
    absl::StrAppend(&text, ", ", comparison.cut_short,
                    comparison.cut_short == 1 ? " file cut short" : " files cut short");
  }
  return text;
}

std::string ComparisonCsv(const RunComparison& comparison, const MetricChoice& metric) {
  std::string text =
      "baseline,optimized,metric,better,design,method,n_baseline,n_optimized,speedup,ci_lower,"
      "ci_upper,p,p_adjusted,a_a_floor,verdict,needed_n,warnings\n";
  for (const Comparison& row : comparison.rows) {
    const Judgement& judgement = row.judgement;
    const std::vector<std::string> cells = {
        CsvCell(row.baseline->name),
        CsvCell(row.optimized->name),
        CsvCell(metric.name),
        metric.higher_is_better ? "higher" : "lower",
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
                           const MetricChoice& metric) {
  Json document = Json::object();
  document["notice"] = kNotice;
  document["metric"] = metric.name;
  document["higher_is_better"] = metric.higher_is_better;
  document["rule"] = {{"alpha", rule.alpha},
                      {"threshold", rule.threshold},
                      {"process_allowance", rule.process_allowance},
                      {"correction", CorrectionName(rule.correction)}};
  Json& rows = document["rows"] = Json::array();
  for (const Comparison& row : comparison.rows) {
    rows.push_back(DescribeComparison(row, rule, metric));
  }
  document["geomean"] =
      comparison.geomean ? DescribeGeomean(*comparison.geomean, comparison.rows.size()) : Json();
  if (!comparison.geomean) document["geomean_reason"] = "no rows were compared";
  document["counts"] = {
      {"regressed", comparison.regressed}, {"inconclusive", comparison.inconclusive},
      {"failed", comparison.failed},       {"worse", comparison.worse},
      {"constants", comparison.constants}, {"not_compared", comparison.not_compared},
      {"cut_short", comparison.cut_short}};
  document["notes"] = comparison.notes;
  return Serialize(document);
}

}  // namespace podium::report
