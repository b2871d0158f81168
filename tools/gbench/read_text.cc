#include "tools/gbench/read_text.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// Four million rows of benchmarks: what is larger is a device or the wrong file.
constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;

absl::Status FileError(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(absl::StrCat(path, ": no such file; check the path"));
    case EISDIR:
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is a directory; name a file that Google Benchmark wrote"));
    case EFBIG:
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is larger than 2 GiB; split the run with --benchmark_filter"));
    default:
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": cannot be read: ", std::strerror(error), "; check its permissions"));
  }
}

}  // namespace

absl::StatusOr<std::string> ReadText(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return FileError(path, errno);
  std::error_code no_size;  // a pipe has none, a directory neither
  const std::uintmax_t size = std::filesystem::file_size(path, no_size);
  if (!no_size && size > kMaxFileBytes) return FileError(path, EFBIG);

  std::string text;
  if (!no_size) text.reserve(size);
  char block[1 << 16];
  errno = 0;
  for (std::size_t n; (n = std::fread(block, 1, sizeof(block), file.get())) > 0;) {
    if (text.size() + n > kMaxFileBytes) return FileError(path, EFBIG);
    text.append(block, n);
  }
  if (std::ferror(file.get()) != 0) return FileError(path, errno);
  return text;
}

}  // namespace podium::report
