// The inputs of a submission, read back from its JSON.
#pragma once

#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

// `document` has passed the schema. Takes only what cannot be derived; names, for example, are
// parsed again. InvalidArgument, beginning with a JSON pointer, where a value is out of range.
absl::StatusOr<Inputs> ExtractInputs(const Json& document);

}  // namespace podium::report
