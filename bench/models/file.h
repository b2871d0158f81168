// Whole files in memory.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace podium::models {

inline absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return bytes;
}

}  // namespace podium::models
