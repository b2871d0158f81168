// Files, whole or not at all.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace podium::report {

// NotFound, or InvalidArgument for a directory or what cannot be read; each one line.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// Writes a temporary file in the same directory, forces it to disk and renames it: a reader sees
// the old content or the new, never half of it.
absl::Status WriteWholeFile(const std::string& path, absl::string_view content);

}  // namespace podium::report
