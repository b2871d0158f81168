// SHA-256 (FIPS 180-4): names the bytes of a run file. An identity, not a signature.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace podium::report {

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace podium::report
