// TinyMLPerf: do the rows of MLPerf Tiny's four networks reach the targets of accuracy and latency?
//
//   task                   net   input      accuracy      latency   MLPerf Tiny
//   keyword_spotting       kws   1x16000    top-1 0.90    100 ms    top-1 0.90
//   visual_wake_words      vww   96x96x3    top-1 0.80    200 ms    top-1 0.80
//   anomaly_detection      ad    640        AUC   0.85     50 ms    AUC   0.85
//   image_classification   ic    32x32x3    top-1 0.75    150 ms    top-1 0.85
//
// The first two targets are those of TinyTorch's module 19; the last one is the quality that MLPerf
// Tiny's closed division asks for (benchmark/README.md of mlcommons/tiny). Only measured figures are
// judged: accuracy on labelled inputs, exact for these inputs, and the mean latency of one inference by
// its 95 % interval.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/submission/division.h"
#include "tools/submission/figure.h"

namespace podium::report {

struct TinyTask {
  const char* name;
  const char* net;    // the key net: of its rows, which are those of batch:1
  const char* input;  // of TinyTorch's task; kws is timed from the 49x10 features made of it on
  const char* metric;
  double accuracy, latency_s;
  double mlperf_accuracy;
};
inline constexpr TinyTask kTinyTasks[] = {
    {"keyword_spotting", "kws", "1x16000", "top-1", 0.90, 0.100, 0.90},
    {"visual_wake_words", "vww", "96x96x3", "top-1", 0.80, 0.200, 0.80},
    {"anomaly_detection", "ad", "640", "AUC", 0.85, 0.050, 0.85},
    {"image_classification", "ic", "32x32x3", "top-1", 0.75, 0.150, 0.85},
};

// A judgement is null, with the reason, where a figure is missing, or its interval holds the target.
struct TaskResult {
  const TinyTask* task;
  const Entry* row = nullptr;  // null, with the reason, where the task has no row that did not fail
  std::optional<Figure> accuracy = {};  // null with the reason, as the row states it
  std::optional<Figure> latency = {};
  std::optional<Figure> energy_j = {};  // of one inference; null where nothing counts it
  std::optional<bool> accuracy_met = {}, mlperf_accuracy_met = {}, latency_met = {};
  std::optional<bool> compliant = {};  // accuracy and latency of the first two targets
  std::string reason = "";
};

// One variant on one ISA, as one submission would hold it.
struct Compliance {
  std::string variant, isa;
  Division division;
  std::vector<TaskResult> tasks;  // in the order of kTinyTasks
  std::size_t judged = 0, compliant = 0;

  std::optional<double> rate() const {  // of the tasks that could be judged
    if (judged == 0) return std::nullopt;
    return static_cast<double>(compliant) / static_cast<double>(judged);
  }
  bool all() const { return compliant == tasks.size(); }
};

// In order of appearance; empty if no row is one of a task. Pointers are into `entries`.
std::vector<Compliance> JudgeCompliance(const std::vector<Entry>& entries,
                                        const std::string& baseline);

}  // namespace podium::report
