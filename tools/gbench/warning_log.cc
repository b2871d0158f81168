#include "tools/gbench/warning_log.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

constexpr std::size_t kToldInFull = 3;
// Names, keys and numbers come from the file, and may be of any length.
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxWarning = 600;

}  // namespace

std::string Clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit)) + "...";
}

std::string WarningLog::Where(const Row& row) {
  const std::string name =
      row.full_name.empty() ? "" : absl::StrCat(" \"", Clipped(row.full_name, kMaxName), "\"");
  return absl::StrCat("benchmarks[", row.index, "]", name);
}

void WarningLog::Add(std::size_t line, std::string_view what) {
  lines_.push_back(absl::StrCat(path_, ":", line, ": ", Clipped(what, kMaxWarning)));
}

void WarningLog::AddForRow(const Row& row, std::string_view fault, std::string_view what) {
  const std::string key = Clipped(fault, kMaxName);
  const std::size_t rows = ++rows_by_fault_[key];
  if (rows == kToldInFull + 1) frequent_.push_back(key);
  if (rows > kToldInFull) return;
  Add(row.line, absl::StrCat(Where(row), ": ", std::string(what)));
}

std::vector<std::string> WarningLog::Finish() && {
  for (const std::string& fault : frequent_) {
    const std::size_t more = rows_by_fault_[fault] - kToldInFull;
    lines_.push_back(absl::StrCat(path_, ": ", fault, ": the same in ", more, " more ",
                                  more == 1 ? "row" : "rows"));
  }
  return std::move(lines_);
}

}  // namespace podium::report
