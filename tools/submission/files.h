// Writes a file whole or not at all.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace podium::report {

// Writes a temporary file in the same directory, forces it to disk and renames it: a reader sees
// the old content or the new, never half of it. A symbolic link stays one: its target is replaced.
// What is no regular file (a device, a pipe) is written to as it is.
absl::Status WriteWholeFile(const std::string& path, absl::string_view content);

}  // namespace podium::report
