#include "tools/submission/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": cannot be written: ", std::strerror(errno)));
}

bool WriteAll(int file, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file: check the path"));
  }
  if (fs::is_directory(status)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory: name a file in it"));
  }
  std::ifstream stream(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read: check permissions"));
  }
  return content;
}

absl::Status WriteWholeFile(const std::string& path, absl::string_view content) {
  if (std::error_code ignored; fs::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory: name a file to write, such as ",
                     (fs::path(path) / "submission.json").string()));
  }
  std::string temporary = path + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return CannotWrite(path);
  // mkstemp makes the file private; results are for others to read, as far as the umask allows.
  const mode_t mask = umask(0);
  umask(mask);
  const bool written = fchmod(file, 0666 & ~mask) == 0 && WriteAll(file, content);
  if (close(file) != 0 || !written || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status failure = CannotWrite(path);
    unlink(temporary.c_str());
    return failure;
  }
  return absl::OkStatus();
}

}  // namespace podium::report
