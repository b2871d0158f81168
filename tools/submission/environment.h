// Where a run was made: what its context says about machine, compiler and libraries.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

using Context = std::map<std::string, std::string>;  // RunFile::context

// `system_info` of a submission. What the context lacks is null with a reason.
Json SystemInfo(const Context& context);

// Names of the fields of machine, compiler and libraries that differ, in a fixed order. Where they
// do, a difference in time need not come from the code.
std::vector<std::string> EnvironmentDifferences(const Context& a, const Context& b);

// "2026-07-01T14:00:00+02:00" -> "2026-07-01T12:00:00Z"; null if it is no such date.
std::optional<std::string> ToUtc(absl::string_view date);

// An integer where the value is one that fits, else the value as it is, which the schema rejects
// where it asks for an integer.
Json WholeNumber(double value);

// Sets object[key] to `value`, or to null with `<key>_reason` beside it.
void PutOrReason(Json& object, const std::string& key, const Json& value, absl::string_view reason);

}  // namespace podium::report
