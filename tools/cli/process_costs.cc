#include "tools/cli/process_costs.h"

#include <algorithm>

namespace podium::report {

void ProcessCosts::Add(const Row& row) {
  if (!row.process || row.kind != RowKind::kIteration) return;
  if (!row.iterations || !row.real_time_s) return;
  if (*row.process >= processes_.size()) processes_.resize(*row.process + 1);
  Process& process = processes_[*row.process];
  process.measured_s += *row.iterations * *row.real_time_s;
  ++process.repetitions;
  process.rows += row.repetition_index.value_or(0) == 0;
}

std::optional<double> ProcessCosts::StartInRepetitions(const RunRecord& record) const {
  double start_s = 0, repetition_s = 0;
  for (std::size_t i = 0; i < std::min(processes_.size(), record.processes.size()); ++i) {
    const std::optional<double> wall_s = record.processes[i].wall_s;
    const Process& process = processes_[i];
    if (!wall_s || process.repetitions == 0) continue;
    start_s += std::max(*wall_s - process.measured_s, 0.0);
    repetition_s += process.measured_s * process.rows / process.repetitions;
  }
  return repetition_s > 0 ? std::optional(start_s / repetition_s) : std::nullopt;
}

}  // namespace podium::report
