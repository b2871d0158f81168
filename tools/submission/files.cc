#include "tools/submission/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(const std::string& path, int error) {
  const fs::path directory = fs::path(path).parent_path();
  std::error_code ignored;
  if (error == ENOENT && !directory.empty() && !fs::exists(directory, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cannot be written: there is no directory ", directory.string(),
                     ": make it with mkdir -p ", directory.string()));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": cannot be written: ", std::strerror(error), ": name a file that can be"));
}

// 0, or the errno of what failed.
int WriteAll(int file, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Where a chain of symbolic links ends; that file need not exist.
fs::path FollowLinks(fs::path path) {
  constexpr int kMostLinks = 40;  // as Linux allows; a longer chain is a circle
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / target;
  }
  return path;
}

int WriteTo(const std::string& path, absl::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = WriteAll(file, content);
  return close(file) != 0 && error == 0 ? errno : error;
}

int Replace(const std::string& path, absl::string_view content) {
  std::string temporary = path + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return errno;
  // mkstemp makes the file private; results are for others to read, as far as the umask allows.
  const mode_t mask = umask(0);
  umask(mask);
  int error = fchmod(file, 0666 & ~mask) == 0 ? WriteAll(file, content) : errno;
  if (error == 0 && fsync(file) != 0) error = errno;
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) unlink(temporary.c_str());
  return error;
}

}  // namespace

absl::Status WriteWholeFile(const std::string& path, absl::string_view content) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::none) return CannotWrite(path, failure.value());
  if (fs::is_directory(status)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory: name a file to write, such as ",
                     (fs::path(path) / "submission.json").string()));
  }
  const bool replaceable = fs::is_regular_file(status) || !fs::exists(status);
  const int error =
      replaceable ? Replace(FollowLinks(path).string(), content) : WriteTo(path, content);
  return error == 0 ? absl::OkStatus() : CannotWrite(path, error);
}

}  // namespace podium::report
