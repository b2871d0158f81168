// A file as a string, or piece by piece.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace podium::report {

// A file or a pipe. Errors are NotFound if there is none; InvalidArgument if it is a directory, cannot
// be read, or is larger than 2 GiB. The message says where, what and what to do.
class TextFile {
 public:
  static absl::StatusOr<TextFile> Open(const std::string& path);

  // Appends the next block; false at the end, or after an error.
  bool Append(std::string& text);
  const absl::Status& status() const { return status_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  TextFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::size_t bytes_ = 0;  // read so far
  absl::Status status_;
};

// All of it.
absl::StatusOr<std::string> ReadText(const std::string& path);

}  // namespace podium::report
