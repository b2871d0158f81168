// The parts of a submission as JSON, each with its derived figures.
#pragma once

#include <span>

#include "tools/submission/geomean.h"
#include "tools/submission/metric.h"
#include "tools/submission/model.h"

namespace podium::report {

// Every interval of an entry is a 95 % one, whatever the rule's alpha: it describes a row.
inline constexpr double kEntryAlpha = 0.05;

// Mean, std, cv and ci95 are those of the means of processes where these are known, with their
// number: `samples` of one process are not independent.
Json DescribeMetric(const Sample& samples, std::span<const Origin> origins);
Json DescribeEntry(const Entry& entry);
// `metric` is what the comparison is of; figures in its unit are called `_s` only where that is.
Json DescribeComparison(const Comparison& comparison, const VerdictRule& rule,
                        const MetricChoice& metric = {});
Json DescribeGeomean(const Geomean& geomean, std::size_t rows);
Json DescribeImprovement(const Comparison& comparison);

}  // namespace podium::report
