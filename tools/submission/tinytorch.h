// The TinyTorch capstone's submission format: one baseline, one optimized model, means in ms.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/derive.h"
#include "tools/submission/model.h"

namespace podium::report {

// Needs exactly one comparison, or no comparison and one entry. A kernel's `accuracy` is its
// top-1 agreement with the FP64 reference, and `notes` says so. InvalidArgument, one line, where
// the format's required figures are missing.
absl::StatusOr<Json> ToTinyTorch(const Inputs& inputs, const Derived& derived);

// Schema, then `improvements` recomputed from the two reports (relative tolerance 1e-6). One line
// for each problem, beginning with its JSON pointer.
std::vector<std::string> TinyTorchProblems(const Json& document);

}  // namespace podium::report
