// Checks a document against a published JSON Schema (draft 7).
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/submission/model.h"

namespace podium::report {

// One line for each violation, beginning with its JSON pointer; empty if there is none. `schema` is
// one of embedded.h.
std::vector<std::string> SchemaViolations(absl::string_view schema, const Json& document);

}  // namespace podium::report
