// MLPerf's two divisions, and how a row is known to be in one.
//
// Closed: the reference network as it was trained, run in any way that computes the same, or quantized after
// training. Open: all else. The reference is the network of the workload's baseline variant; what another
// variant does, the run file says (`podium.technique.<family>.<variant>`, Entry::techniques).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Division {
  bool closed;
  std::string reason;  // why it is open
};

// Closed is the baseline, and a variant of which the file names techniques, all of them of those that the
// closed division allows: quantization, fusion, kv_cache.
Division DivisionOf(const Entry& entry, const std::string& baseline);

// InvalidArgument if the closed division holds a row with any other technique.
absl::Status CheckDivision(const Inputs& inputs);

}  // namespace podium::report
