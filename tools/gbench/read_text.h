// A file as a string.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace podium::report {

// All bytes of a file or a pipe. NotFound if there is none; InvalidArgument if it is a directory,
// cannot be read, or is larger than 2 GiB. The message says where, what and what to do.
absl::StatusOr<std::string> ReadText(const std::string& path);

}  // namespace podium::report
