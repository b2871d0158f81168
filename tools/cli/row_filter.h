// --filter: which rows a subcommand looks at.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podium::report {

// A row passes if its name matches every term. A term with a colon, `M:64` or `variant:int8`, is a
// whole component between slashes, so that M:64 is not M:640; any other is a part of the name.
class RowFilter {
 public:
  explicit RowFilter(std::vector<std::string> terms) : terms_(std::move(terms)) {}

  bool Matches(std::string_view name) const;
  std::string text() const;  // as the flag spells it

 private:
  std::vector<std::string> terms_;
};

}  // namespace podium::report
