// JSON that strangers wrote, as a value.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/submission/model.h"

namespace podium::report {

// Deeper than any submission, shallow enough for every function that calls itself on a value.
inline constexpr int kMaxDepth = 64;

// InvalidArgument, without a path, for what is no JSON, is nested deeper than `max_depth`, or names
// a member twice: of two members of one name each reader may believe another.
absl::StatusOr<Json> ParseJson(absl::string_view text, int max_depth = kMaxDepth);

}  // namespace podium::report
