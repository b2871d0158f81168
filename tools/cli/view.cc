#include "tools/cli/view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// "table, csv or json", the first one marked.
std::string Alternatives(const std::vector<std::string>& words, absl::string_view first_is) {
  const auto last = static_cast<std::ptrdiff_t>(words.size()) - 1;
  std::string text = absl::StrCat(words.front(), first_is);
  for (std::ptrdiff_t i = 1; i <= last; ++i) {
    absl::StrAppend(&text, i == last ? " or " : ", ", words[static_cast<std::size_t>(i)]);
  }
  return text;
}

}  // namespace

void AddViewFlags(FlagReader& flags, View& view) {
  flags.Add("filter", &view.filter, "S,...",
            "only rows with every S: key:value, or a part of the name");
  if (!view.formats.empty()) {
    flags.Add("format", &view.format, "F", Alternatives(view.formats, " (default)"));
  }
}

absl::StatusOr<std::vector<std::string>> ParseView(const FlagReader& flags, View& view,
                                                   Arguments args, Files files) {
  absl::StatusOr<std::vector<std::string>> paths = flags.Parse(args);
  if (!paths.ok()) return paths.status();
  if (paths->empty() || (files == Files::kOne && paths->size() > 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "needs ", files == Files::kOne ? "one run file" : "a run file", ", such as run.json"));
  }
  if (view.formats.empty()) return paths;
  if (view.format.empty()) view.format = view.formats.front();
  if (std::find(view.formats.begin(), view.formats.end(), view.format) == view.formats.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--format=", view.format, ": must be ", Alternatives(view.formats, "")));
  }
  return paths;
}

}  // namespace podium::report
