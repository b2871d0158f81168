// The parts of a submission as JSON, each with its derived figures.
#pragma once

#include "tools/submission/geomean.h"
#include "tools/submission/model.h"

namespace podium::report {

// Every interval of an entry is a 95 % one, whatever the rule's alpha: it describes a row.
inline constexpr double kEntryAlpha = 0.05;

Json DescribeEntry(const Entry& entry);
Json DescribeComparison(const Comparison& comparison, const VerdictRule& rule);
Json DescribeGeomean(const Geomean& geomean, std::size_t rows);
Json DescribeImprovement(const Comparison& comparison);

}  // namespace podium::report
