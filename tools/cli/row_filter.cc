#include "tools/cli/row_filter.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace podium::report {

bool RowFilter::Matches(std::string_view name) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const std::string& term) {
    const bool is_component = term.find(':') != std::string::npos;
    for (std::size_t at = name.find(term); at != std::string_view::npos;
         at = name.find(term, at + 1)) {
      const std::size_t end = at + term.size();
      if (!is_component) return true;
      if ((at == 0 || name[at - 1] == '/') && (end == name.size() || name[end] == '/')) return true;
    }
    return false;
  });
}

std::string RowFilter::text() const { return absl::StrJoin(terms_, ","); }

}  // namespace podium::report
