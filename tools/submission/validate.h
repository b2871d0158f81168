// Does a submission hold what it claims? Nothing in it is believed but the raw samples, and with the
// run files at hand not even those.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Validation {
  std::string format;                 // "podium" or "tinytorch"
  std::vector<std::string> problems;  // each begins with a JSON pointer; empty: it is valid
  std::vector<std::string> notes;     // what could not be checked
  bool run_files_missing = false;     // so the raw samples were believed
  std::size_t comparisons = 0;
};

// The document against itself; opens no file. In order, stopping at the first that finds problems:
// the schema, a reason beside every null, the rules of the division, and every derived value
// recomputed from the raw samples of the same document.
//
// The wording of warnings and reasons must be this release's where `tool_version` names this
// release; of another release's, only that they are there.
Validation ValidateDocument(const Json& document);

// Then the document against the run files of its provenance that lie in `directory`: their hashes,
// and all that BuildInputs and Derive make of them anew. None there is a note, as a
// submission may travel alone; some there and some not is a problem.
Validation ValidateDocument(const Json& document, const std::string& directory);

// Reads and validates a file, with its own directory. An error means that it holds no JSON at all.
absl::StatusOr<Validation> ValidateFile(const std::string& path);

}  // namespace podium::report
