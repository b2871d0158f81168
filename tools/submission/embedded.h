// What CMake builds into the program: the published schemas and the project's version.
#pragma once

#include "absl/strings/string_view.h"

namespace podium::report {

extern const absl::string_view kToolVersion;
extern const absl::string_view kSubmissionSchema;  // results/schema/submission-1.schema.json
extern const absl::string_view kTinyTorchSchema;   // results/schema/tinytorch-0.1.schema.json

}  // namespace podium::report
