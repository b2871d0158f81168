#include "tools/render/verdict_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tools/render/format.h"
#include "tools/render/table.h"

namespace podium::report {
namespace {

constexpr std::size_t kMostLines = 20;  // of remarks of one kind below the table

// Blanks between the groups of a line, and fewer within a group. What a narrow terminal shows last:
// the row, its variants, the speedup, its interval and the verdict.
const std::vector<Column>& Columns() {
  static const auto* const kColumns = new std::vector<Column>{{"", false, 0},           // workload
                                                              {"   ", false, 0, true},  // variants
                                                              {"   ", false, 3},        // ISA
                                                              {"   ", false, 6},        // medians
                                                              {"   ", false, 9},        // "speedup"
                                                              {" ", true, 0},           // its value
                                                              {"  ", false, 1},         // "95% CI"
                                                              {" ", false, 0},          // interval
                                                              {"  ", false, 2},         // p
                                                              {" ", false, 10},         // method
                                                              {"   ", false, 5},        // A/A floor
                                                              {"   ", false, 8},        // size
                                                              {"   ", false, 7},        // quality
                                                              {"   ", false, 0},        // verdict
                                                              {" ", false, 4}};         // needed n
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

std::string Size(const Improvement& improvement) {
  if (!improvement.compression_ratio) return "";
  const double ratio = *improvement.compression_ratio;
  const std::string smaller = FormatRatio(ratio), larger = FormatRatio(1 / ratio);
  if (ratio == 1) return "size equal";
  return ratio > 1 ? absl::StrCat("size ", smaller, "x smaller")
                   : absl::StrCat("size ", larger, "x larger");
}

// The figure itself, and where it is an accuracy by how much it differs from the baseline's.
std::string Quality(const Entry& entry, const Improvement& improvement) {
  for (const auto& [figure, words] :
       {std::pair("accuracy", "accuracy"), std::pair("top1_agreement", "top-1 agreement")}) {
    const auto found = entry.quality.find(figure);
    if (found == entry.quality.end()) continue;
    const std::optional<Interval>& interval = improvement.accuracy_interval.value;
    return absl::StrCat(
        words, " ", FormatDown(found->second, 3),
        interval ? absl::StrCat(" (", FormatDelta(*improvement.accuracy_delta, interval), ")")
                 : "");
  }
  return "";
}

std::string FloorCell(const Judgement& judgement) {
  const std::string text = FloorText(judgement);
  return text.empty() ? "" : absl::StrCat("A/A ", text);
}

std::string NeededCell(const Judgement& judgement) {
  return judgement.needed_n ? absl::StrFormat("(needs n = %.0f)", *judgement.needed_n) : "";
}

std::vector<std::string> RowCells(const Comparison& row, const VerdictRule& rule,
                                  const TableStyle& style, bool show_isa) {
  const Judgement& judgement = row.judgement;
  const int decimals = Decimals(judgement.interval);
  const bool two_runs = style.compared == Compared::kRuns;
  const Improvement improvement = Improve(row);
  return {absl::StrReplaceAll(row.workload, {{"/", " "}}),
          two_runs ? row.optimized->parts.variant : Variants(row),
          show_isa ? Isa(row) : "",
          two_runs ? absl::StrCat(MedianText(*row.baseline, style), " -> ",
                                  MedianText(*row.optimized, style))
                   : "",
          style.metric.IsTime() ? "speedup" : "ratio",
          absl::StrCat(FormatFixed(judgement.speedup, decimals), "x"),
          absl::StrCat(FormatPercent(1 - rule.alpha), " CI"),
          FormatInterval(judgement.interval, decimals),
          FormatP(judgement.p),
          absl::StrCat("(", MethodText(judgement), ")"),
          FloorCell(judgement),
          two_runs ? "" : Size(improvement),
          two_runs ? "" : Quality(*row.optimized, improvement),
          std::string(VerdictName(judgement.verdict)),
          NeededCell(judgement)};
}

// The first lines of each kind, and how many more there are.
std::string Some(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i) {
    absl::StrAppend(&text, lines[i], "\n");
  }
  if (lines.size() > kMostLines) {
    absl::StrAppend(&text, "and ", lines.size() - kMostLines,
                    " more such lines: --format=json has them all\n");
  }
  return text;
}

// What the verdicts in the table rest on, each once, as far as the rule does not say it.
std::string Legend(const std::vector<Comparison>& rows) {
  std::set<std::string> lines;
  for (const Comparison& row : rows) {
    const Verdict verdict = row.judgement.verdict;
    if (verdict == Verdict::kImproved || verdict == Verdict::kRegressed) continue;
    lines.insert(absl::StrCat(VerdictName(verdict), ": ", row.judgement.reason));
  }
  return Some({lines.begin(), lines.end()});
}

std::string Doubts(const std::vector<Comparison>& rows) {
  std::vector<std::string> lines;
  for (const Comparison& row : rows) {
    if (row.judgement.warnings.empty()) continue;
    lines.push_back(absl::StrCat("doubt: ", row.optimized->name, ": ",
                                 absl::StrJoin(row.judgement.warnings, "; ")));
  }
  return Some(lines);
}

const char* ColorOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kImproved:
      return "\x1b[32m";
    case Verdict::kRegressed:
      return "\x1b[31m";
    case Verdict::kEquivalent:
      return "\x1b[36m";
    case Verdict::kInconclusive:
      return "\x1b[33m";
  }
  return "";
}

// The verdict is what each line ends with.
std::string Colored(const std::string& table, const std::vector<Comparison>& rows) {
  std::string text;
  std::size_t row = 0;
  for (const absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    const Judgement& judgement = rows[row++].judgement;
    const std::size_t begin = line.rfind(VerdictName(judgement.verdict));
    if (begin == absl::string_view::npos) {
      absl::StrAppend(&text, line, "\n");
      continue;
    }
    absl::StrAppend(&text, line.substr(0, begin), ColorOf(judgement.verdict), line.substr(begin),
                    "\x1b[0m\n");
  }
  return text;
}

}  // namespace

std::string MedianText(const Entry& entry, const TableStyle& style) {
  if (!entry.Times()) return absl::StrCat("mean ", FormatSeconds(entry.summary->mean));
  const double median = MetricOf(entry, style.metric.name)->median();
  return style.metric.IsTime() ? FormatSeconds(median) : FormatCount(median);
}

std::string MethodText(const Judgement& judgement) {
  switch (judgement.method) {
    case Method::kSignedRank:
      return absl::StrCat("signed ranks, n = ", judgement.n_baseline);
    case Method::kPairedT:
      return absl::StrCat("paired t, n = ", judgement.n_baseline);
    case Method::kMannWhitney:
      return absl::StrCat("Mann-Whitney, n = ", judgement.n_baseline, " + ", judgement.n_optimized);
    case Method::kWelch:
      break;
  }
  return absl::StrCat("Welch t, n = ", judgement.n_baseline, " + ", judgement.n_optimized);
}

std::string FloorText(const Judgement& judgement) {
  if (!judgement.rounds || !judgement.rounds->a_a_floor) return "";
  return absl::StrFormat("%.2g%%", 100 * *judgement.rounds->a_a_floor);
}

std::string MetricText(const MetricChoice& metric) {
  return absl::StrCat(metric.name, metric.higher_is_better ? ", higher" : ", lower", " is better");
}

// Without it, the same numbers would look like other verdicts.
std::vector<std::string> RuleLines(const std::vector<Comparison>& rows, const VerdictRule& rule) {
  std::map<Design, std::size_t> designs;
  for (const Comparison& row : rows) ++designs[row.judgement.design];
  std::vector<std::string> lines;
  for (const auto& [design, count] : designs) {
    const bool allows = IsConfounded(design);
    const double margin = Allowance(design, rule) * (1 + rule.threshold);
    const bool corrected = rule.correction != Correction::kNone;
    lines.push_back(absl::StrCat(
        "rule: design ", DesignName(design),
        absl::StrFormat(", alpha %.4g, threshold %s", rule.alpha, FormatPercent(rule.threshold)),
        allows ? absl::StrCat(", process allowance ", FormatPercent(rule.process_allowance)) : "",
        corrected ? absl::StrCat(", ", CorrectionName(rule.correction), " over ", rows.size(),
                                 rows.size() == 1 ? " row" : " rows")
                  : "",
        absl::StrFormat(": improved above %.4g, regressed below %.4g", margin, 1 / margin),
        design == Design::kOneProcess        ? "; intervals hold within this process"
        : design == Design::kOneProcessASide ? "; intervals hold within these processes"
                                             : ""));
  }
  lines.emplace_back(
      "p: that there is no difference, by the row alone; verdicts rest on p_adjusted (in the "
      "JSON)");
  return lines;
}

std::string VerdictTable(const std::vector<Comparison>& rows, const VerdictRule& rule,
                         const TableStyle& style) {
  if (rows.empty()) return "";
  const std::optional<std::string> shared_isa = SharedIsa(rows);
  std::vector<std::vector<std::string>> cells;
  cells.reserve(rows.size());
  for (const Comparison& row : rows) cells.push_back(RowCells(row, rule, style, !shared_isa));
  const bool names_isa = shared_isa && !shared_isa->empty();
  const std::string table = AlignColumns(Columns(), cells, style.columns);
  return absl::StrCat(
      kNotice, names_isa ? absl::StrCat("; isa: ", *shared_isa) : "",
      style.metric.name == kTimeMetric ? "" : absl::StrCat("; metric: ", MetricText(style.metric)),
      "\n", style.color ? Colored(table, rows) : table, absl::StrJoin(RuleLines(rows, rule), "\n"),
      "\n", Legend(rows), Doubts(rows));
}

}  // namespace podium::report
