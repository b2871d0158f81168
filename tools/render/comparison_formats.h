// A comparison in formats for other programs and for pages. Numbers are not rounded in CSV and JSON.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "tools/render/verdict_table.h"
#include "tools/submission/run_comparison.h"

namespace podium::report {

// A table of GitHub Markdown, with the rule and the notes below.
std::string ComparisonMarkdown(const RunComparison& comparison, const VerdictRule& rule,
                               const TableStyle& style);

// "geomean speedup 1.02x 95% CI [1.01, 1.03] over 2 rows, 0 regressed, 1 inconclusive, 1 failed"
std::string ComparisonSummary(const RunComparison& comparison, const VerdictRule& rule,
                              const MetricChoice& metric);

// RFC 4180, one line per row compared, a header first. Notes are not in it.
std::string ComparisonCsv(const RunComparison& comparison, const MetricChoice& metric);

std::string CsvCell(absl::string_view text);  // quoted where RFC 4180 asks for it

// An object of `metric`, `higher_is_better`, `rule`, `rows` (each as a submission's comparison),
// `geomean`, `counts`, `notes`.
std::string ComparisonJson(const RunComparison& comparison, const VerdictRule& rule,
                           const MetricChoice& metric);

}  // namespace podium::report
