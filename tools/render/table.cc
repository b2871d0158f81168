#include "tools/render/table.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace podium::report {
namespace {

using Cells = std::vector<std::vector<std::string>>;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t WidthOf(const std::vector<Column>& columns, const std::vector<std::size_t>& widths) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] > 0) total += widths[i] + (total > 0 ? columns[i].separator.size() : 0);
  }
  return total;
}

// The byte at which the code point of that number begins.
std::size_t ByteOf(const std::string& text, std::size_t code_point) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (!IsContinuation(text[i]) && code_point-- == 0) break;
  }
  return i;
}

std::string CutMiddle(const std::string& text, std::size_t width) {
  const std::size_t length = DisplayWidth(text);
  if (length <= width) return text;
  const std::size_t kept = width > 2 ? width - 2 : 0;  // beside ".."
  const std::size_t head = kept / 2;
  return absl::StrCat(text.substr(0, ByteOf(text, head)), "..",
                      text.substr(ByteOf(text, length - (kept - head))));
}

void LeaveOut(const std::vector<Column>& columns, std::size_t most,
              std::vector<std::size_t>& widths) {
  while (WidthOf(columns, widths) > most) {
    std::size_t victim = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) {
      if (widths[i] > 0 && columns[i].expendable > columns[victim].expendable) victim = i;
    }
    if (columns[victim].expendable == 0) return;
    widths[victim] = 0;
  }
}

void Cut(const std::vector<Column>& columns, std::size_t most, std::vector<std::size_t>& widths) {
  constexpr std::size_t kLeast = 8;
  while (WidthOf(columns, widths) > most) {
    std::size_t widest = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) {
      if (columns[i].cut && widths[i] > widths[widest]) widest = i;
    }
    if (widths[widest] <= kLeast) return;
    --widths[widest];
  }
}

}  // namespace

std::size_t DisplayWidth(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::string MarkdownCell(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"},
                                    {"|", "\\|"},
                                    {"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {"*", "\\*"},
                                    {"_", "\\_"},
                                    {"`", "\\`"},
                                    {"~", "\\~"},
                                    {"[", "\\["},
                                    {"]", "\\]"}});
}

std::string MarkdownTable(const Cells& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    absl::StrAppend(&text, "|");
    for (const std::string& cell : rows[i]) absl::StrAppend(&text, " ", MarkdownCell(cell), " |");
    absl::StrAppend(&text, "\n");
    if (i > 0) continue;
    absl::StrAppend(&text, "|");
    for (std::size_t k = 0; k < rows[i].size(); ++k) absl::StrAppend(&text, "---|");
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string AlignColumns(const std::vector<Column>& columns, const Cells& rows,
                         std::size_t most_columns) {
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  if (most_columns > 0) {
    LeaveOut(columns, most_columns, widths);
    Cut(columns, most_columns, widths);
  }
  std::string text, line;
  for (const auto& row : rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      const std::string cell = CutMiddle(row[i], widths[i]);
      const std::string padding(widths[i] - DisplayWidth(cell), ' ');
      absl::StrAppend(&line, line.empty() ? "" : columns[i].separator,
                      columns[i].right ? padding : "", cell, columns[i].right ? "" : padding);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace podium::report
