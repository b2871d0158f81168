#include "tools/submission/compliance.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// The task that the row is one inference of; null if it is of none.
const TinyTask* TaskOf(const Entry& entry) {
  const auto has = [&](const char* key, absl::string_view value) {
    const auto& keys = entry.parts.keys;
    return std::find(keys.begin(), keys.end(), std::pair(std::string(key), std::string(value))) !=
           keys.end();
  };
  if (entry.parts.family != "model" || !has("batch", "1")) return nullptr;
  for (const TinyTask& task : kTinyTasks) {
    if (has("net", task.net)) return &task;
  }
  return nullptr;
}

TaskResult Judge(const TinyTask& task, const Entry& entry) {
  TaskResult result = {.task = &task};
  if (!entry.errors.empty()) {
    result.reason = absl::StrCat("failed: ", entry.errors.front());
    return result;
  }
  result.row = &entry;
  result.latency = FigureOf(entry, {std::string(kTimeMetric), false});
  result.accuracy = FigureOf(entry, {"accuracy", true});
  result.energy_j = FigureOf(entry, {"energy_j", false});
  if (!result.latency) {
    result.reason = "no repetition of it was measured";
  } else if (result.latency->interval.hi <= task.latency_s) {
    result.latency_met = true;
  } else if (result.latency->interval.lo > task.latency_s) {
    result.latency_met = false;
  } else {
    result.reason = "the interval of its latency holds the limit: measure more repetitions";
  }
  if (result.accuracy) {
    result.accuracy_met = result.accuracy->value >= task.accuracy;
    result.mlperf_accuracy_met = result.accuracy->value >= task.mlperf_accuracy;
  } else {
    absl::StrAppend(&result.reason, result.reason.empty() ? "" : "; ",
                    entry.label.empty() ? "no accuracy on labelled inputs" : entry.label);
  }
  if (result.accuracy_met == false || result.latency_met == false) {
    result.compliant = false;  // whatever is not known of the other
  } else if (result.accuracy_met && result.latency_met) {
    result.compliant = true;
  }
  return result;
}

}  // namespace

std::vector<Compliance> JudgeCompliance(const std::vector<Entry>& entries,
                                        const std::string& baseline) {
  std::vector<Compliance> all;
  for (const Entry& entry : entries) {
    const TinyTask* const task = TaskOf(entry);
    if (task == nullptr) continue;
    auto found = std::find_if(all.begin(), all.end(), [&](const Compliance& c) {
      return c.variant == entry.parts.variant && c.isa == entry.parts.isa;
    });
    if (found == all.end()) {
      Compliance compliance = {
          entry.parts.variant, entry.parts.isa, DivisionOf(entry, baseline), {}};
      for (const TinyTask& t : kTinyTasks) {
        compliance.tasks.push_back({.task = &t, .reason = "the run has no row of it"});
      }
      found = all.insert(all.end(), std::move(compliance));
    }
    found->tasks[static_cast<std::size_t>(task - kTinyTasks)] = Judge(*task, entry);
  }
  for (Compliance& compliance : all) {
    for (const TaskResult& task : compliance.tasks) {
      compliance.judged += task.compliant.has_value();
      compliance.compliant += task.compliant.value_or(false);
    }
  }
  return all;
}

}  // namespace podium::report
