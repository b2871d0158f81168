// The one place where a submission's figures come from. `submit` writes what this returns;
// `validate` takes the inputs out of a file (extract.h), calls this again, and compares.
#pragma once

#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

struct Derived {
  Json document;                        // the whole submission
  std::vector<Comparison> comparisons;  // the same comparisons as values; point into the inputs
};

// Pure and deterministic. `inputs` must outlive the result.
Derived Derive(const Inputs& inputs);

// "submission.json", two-space indent, numbers in their shortest form that reads back the same.
std::string Serialize(const Json& document);

}  // namespace podium::report
