// What the minor versions of the schema added to a submission.
#pragma once

#include "absl/strings/string_view.h"
#include "tools/submission/model.h"

namespace podium::report {

int MinorOf(absl::string_view schema_version);  // "1.2.0" -> 2

// True of the JSON pointer of a member that a later version than 1.0 added, and that is therefore
// known but not required: "/entries/3/origins".
bool IsAddedMember(absl::string_view pointer);

// The document as 1.`minor` has it: without what later versions added.
Json AsOf(int minor, Json document);

}  // namespace podium::report
