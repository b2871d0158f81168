// Does a submission hold what it claims? Nothing in it is believed but the raw samples.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Validation {
  std::string format;                 // "podium 1.0.0", "tinytorch 0.1.0"
  std::vector<std::string> problems;  // each begins with a JSON pointer; empty: it is valid
  std::vector<std::string> notes;     // what could not be checked
  std::size_t comparisons = 0;
};

// In order, stopping at the first that finds problems: the schema, a reason beside every null, the
// rules of the division, and every derived value recomputed from the raw samples of the same
// document. `directory` is where the document lies: run files of its provenance found there are
// hashed, and their rows must be the document's entries.
Validation ValidateDocument(const Json& document, const std::string& directory);

// Reads and validates a file. An error means that it holds no JSON at all.
absl::StatusOr<Validation> ValidateFile(const std::string& path);

}  // namespace podium::report
