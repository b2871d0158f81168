#include "tools/submission/versions.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

struct Added {
  int minor;
  absl::string_view member;  // a JSON pointer, with * for an index
};
constexpr Added kAdded[] = {{1, "/protocol/run"},
                            {1, "/entries/*/origins"},
                            {1, "/comparisons/*/method"},
                            {1, "/comparisons/*/p"},
                            {1, "/comparisons/*/p_beyond_threshold"},
                            {1, "/comparisons/*/p_within_threshold"},
                            {1, "/comparisons/*/p_adjusted"},
                            {1, "/comparisons/*/level_autocorrelation"},
                            {1, "/comparisons/*/paired_t"},
                            {1, "/comparisons/*/signed_rank"},
                            {1, "/comparisons/*/stratified_rank"},
                            {1, "/comparisons/*/hosts"},
                            {1, "/comparisons/*/warnings"},
                            {1, "/geomean"},
                            {2, "/system_info/energy_source"},
                            {2, "/improvements/*/accuracy_delta_ci"}};

bool IsIndex(absl::string_view segment) {
  return !segment.empty() && std::ranges::all_of(segment, absl::ascii_isdigit);
}

void Remove(Json& json, std::span<const std::string> path) {
  if (path.front() == "*") {
    for (Json& element : json) Remove(element, path.subspan(1));
  } else if (path.size() > 1) {
    Remove(json.at(path.front()), path.subspan(1));
  } else {
    json.erase(path.front());
    json.erase(path.front() + "_reason");
  }
}

}  // namespace

int MinorOf(absl::string_view schema_version) {
  const std::vector<absl::string_view> parts = absl::StrSplit(schema_version, '.');
  int minor = 0;
  return parts.size() > 1 && absl::SimpleAtoi(parts[1], &minor) ? minor : 0;
}

bool IsAddedMember(absl::string_view pointer) {
  std::string pattern;
  for (const absl::string_view segment : absl::StrSplit(absl::StripPrefix(pointer, "/"), '/')) {
    absl::StrAppend(&pattern, "/", IsIndex(segment) ? "*" : segment);
  }
  return std::ranges::find(kAdded, pattern, &Added::member) != std::end(kAdded);
}

Json AsOf(int minor, Json document) {
  for (const Added& added : kAdded) {
    if (added.minor <= minor) continue;
    const std::vector<std::string> path = absl::StrSplit(absl::StripPrefix(added.member, "/"), '/');
    Remove(document, path);
  }
  if (minor < 1) document["protocol"]["correction"] = "none";  // the only one there was
  return document;
}

}  // namespace podium::report
