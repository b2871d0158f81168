// Rows of text with aligned columns.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace podium::report {

struct Column {
  std::string separator;  // before the column
  bool right = false;     // aligned to the right
  // Where a line is wider than it may be, the columns with the largest rank go first; those of rank
  // 0 stay.
  int expendable = 0;
  bool cut = false;  // its cells may be cut in the middle, where names differ least
};

// One line per row, without trailing blanks. A row has at most as many cells as there are columns;
// a column that is empty in every row takes no space, and neither does its separator.
//
// With `most_columns` above 0, columns are left out until every line fits; if the rest still does
// not, the first column and those that may be are cut, the widest first, to no less than 8.
std::string AlignColumns(const std::vector<Column>& columns,
                         const std::vector<std::vector<std::string>>& rows,
                         std::size_t most_columns = 0);

// The same rows as a table of GitHub Markdown, the first its heading.
std::string MarkdownTable(const std::vector<std::vector<std::string>>& rows);

// Text that ends no cell and begins no markup.
std::string MarkdownCell(absl::string_view text);

// Terminal characters that a UTF-8 text takes, each code point as one.
std::size_t DisplayWidth(const std::string& text);

}  // namespace podium::report
