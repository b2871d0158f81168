// Rows of text with aligned columns.
#pragma once

#include <string>
#include <vector>

namespace podium::report {

struct Column {
  std::string separator;  // before the column
  bool right = false;     // aligned to the right
};

// One line per row, without trailing blanks. A row has at most as many cells as there are columns;
// a column that is empty in every row takes no space, and neither does its separator.
std::string AlignColumns(const std::vector<Column>& columns,
                         const std::vector<std::vector<std::string>>& rows);

}  // namespace podium::report
