// The submission as values: what was measured, what was asked, and what follows from both.
//
// `Inputs` is all that a submission rests on. Everything else in the file is derived from it
// (derive.h), so that a verifier can derive it again and compare.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "tools/gbench/name.h"
#include "tools/stats/compare.h"
#include "tools/stats/design.h"
#include "tools/stats/sample.h"
#include "tools/submission/verdict.h"

namespace podium::report {

using Json = nlohmann::ordered_json;  // keeps the order of writing: files read from top to bottom

inline constexpr absl::string_view kSchemaVersion = "1.2.0";
inline constexpr absl::string_view kNotice = "MLPerf-style, unverified";
inline constexpr absl::string_view kTimeMetric = "time_s";  // what comparisons are made of
inline constexpr absl::string_view kCpuTimeMetric = "cpu_time_s";

struct Metric {
  std::string name;  // with its SI unit: "time_s", "ops_per_s"
  Sample samples;
};

// One row of the benchmark: a workload, in one variant, on one ISA.
struct Entry {
  std::string name;     // as Google Benchmark wrote it; family, variant, isa, keys follow from it
  BenchmarkName parts;  // ParseBenchmarkName(name)
  std::vector<Metric> metrics;            // time_s first; the rates the suite knows
  std::vector<Metric> counters;           // whatever else the row counted, under its own name
  std::map<std::string, double> quality;  // of kQualityFigures, those the row reports
  std::map<std::string, double> sizes;    // of kSizeFigures
  std::vector<std::string> techniques;    // "quantization", "pruning", ...
  std::vector<std::string> estimated;     // figures that the file says were not measured
  std::string label;                      // as the row labels itself; often empty
  std::vector<std::string> errors;        // one message per repetition that failed
  std::vector<Origin> origins;     // of each value of time_s; empty where the file does not tell
  std::optional<Summary> summary;  // of time_s, where the file has aggregates and no repetitions
  absl::string_view compared = kTimeMetric;  // which of `metrics` is compared: see UseMetric

  const Sample* Find(absl::string_view metric) const;  // null if the row has none
  // Null where the row cannot be compared; otherwise its times, or what stands in their place.
  const Sample* Times() const { return errors.empty() ? Find(compared) : nullptr; }
  bool IsComparable() const { return errors.empty() && (Find(compared) || summary); }
  Side Measured() const { return {Times(), origins}; }  // where there are Times()
};

// Against the FP64 reference (max_rel_err, sqnr_db, top1_agreement) or labelled data (accuracy).
inline constexpr absl::string_view kQualityFigures[] = {"accuracy", "top1_agreement", "max_rel_err",
                                                        "sqnr_db"};
inline constexpr absl::string_view kSizeFigures[] = {"size_bytes", "params", "peak_bytes"};

// Which rows are compared with which.
struct Selection {
  std::optional<std::string> baseline;           // --baseline; overrides `baselines`
  std::optional<std::string> optimized;          // --optimized; without it, every other variant
  std::vector<std::string> workloads;            // --workload; empty: all
  std::map<std::string, std::string> baselines;  // by family, as the run file names them
};

struct Inputs {
  std::string division;                  // "open" or "closed"
  std::optional<std::string> timestamp;  // ISO 8601, UTC: when the run began
  std::optional<std::string> submitter;
  Json system_info;  // written as it stands
  Json conditions;   // of the run: plan, seed, timer overhead, warm-up; part of `protocol`
  SameRun same_run;  // of rows that do not tell their process
  VerdictRule rule;
  Selection selection;
  std::vector<Entry> entries;
  Json provenance;  // written as it stands; its sources' warnings become the document's
};

// Two entries compared. `baseline` and `optimized` point into the vector they were paired from.
struct Comparison {
  const Entry* baseline;
  const Entry* optimized;
  std::string workload;  // what the two have in common
  Judgement judgement;
};

// How far a difference of accuracy may be off for the luck of which labelled inputs there were, by
// how many of how many both rows answer rightly.
struct AccuracyInterval {
  std::optional<Interval> value;  // 95 %, of optimized - baseline (tools/stats/proportions.h)
  std::string reason;             // why there is none
};
AccuracyInterval AccuracyIntervalOf(const Entry& baseline, const Entry& optimized);

// The claims that people quote. Each is null where a figure it needs is missing.
struct Improvement {
  double speedup;  // as in Judgement
  Interval speedup_interval;
  std::optional<double> compression_ratio;  // baseline size_bytes / optimized size_bytes
  std::string accuracy_metric;              // "accuracy", "top1_agreement", or empty
  std::optional<double> accuracy_delta;     // optimized - baseline
  AccuracyInterval accuracy_interval;       // only where accuracy_metric is "accuracy"
  // speedup x compression_ratio / (1 + |accuracy_delta|). Its interval is the speedup's, scaled: it
  // is conditional on these weights and inputs, and says nothing of accuracy on others.
  std::optional<double> efficiency;
  std::optional<Interval> efficiency_interval;
};

Improvement Improve(const Comparison& comparison);

}  // namespace podium::report
