#include "tools/gbench/read_text.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// Four million rows of benchmarks: what is larger is a device or the wrong file.
constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

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

absl::StatusOr<TextFile> TextFile::Open(const std::string& path) {
  TextFile text(path, std::fopen(path.c_str(), "rb"));
  if (text.file_ == nullptr) return FileError(path, errno);
  std::error_code no_size;  // a pipe has none, a directory neither
  const std::uintmax_t size = std::filesystem::file_size(path, no_size);
  if (!no_size && size > kMaxFileBytes) return FileError(path, EFBIG);
  return text;
}

bool TextFile::Append(std::string& text) {
  if (!status_.ok()) return false;
  const std::size_t before = text.size();
  text.resize(before + kBlockBytes);
  errno = 0;
  const std::size_t n = std::fread(text.data() + before, 1, kBlockBytes, file_.get());
  text.resize(before + n);
  bytes_ += n;
  if (std::ferror(file_.get()) != 0) status_ = FileError(path_, errno);
  if (bytes_ > kMaxFileBytes) status_ = FileError(path_, EFBIG);
  return n > 0 && status_.ok();
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  absl::StatusOr<TextFile> file = TextFile::Open(path);
  if (!file.ok()) return file.status();
  std::error_code no_size;
  const std::uintmax_t size = std::filesystem::file_size(path, no_size);
  std::string text;
  if (!no_size) text.reserve(size + kBlockBytes);
  while (file->Append(text)) continue;
  if (!file->status().ok()) return file->status();
  return text;
}

}  // namespace podium::report
