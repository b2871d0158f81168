#include "tools/submission/parse.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// What the parser reports on its way; the first thing wrong is kept. Once something is, all further
// values are discarded, so that what is nested too deep is never built.
class Watch {
 public:
  explicit Watch(int max_depth) : max_depth_(max_depth) {}

  // As nlohmann's parser_callback_t: false discards the value. A key is one deeper than its object.
  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    if (!problem_.empty()) return false;
    const bool opens_object = event == Json::parse_event_t::object_start;
    if (opens_object || event == Json::parse_event_t::array_start) {
      if (depth >= max_depth_) {
        problem_ = absl::StrCat("nested deeper than ", max_depth_, " levels");
        return false;
      }
    }
    const std::size_t level = static_cast<std::size_t>(depth);
    if (opens_object) {
      names_.resize(level + 2);
      names_[level + 1].clear();
    } else if (event == Json::parse_event_t::key &&
               !names_[level].insert(value.get<std::string>()).second) {
      problem_ = absl::StrCat("the member ", value.dump(), " appears twice in one object");
    }
    return problem_.empty();
  }

  const std::string& problem() const { return problem_; }

 private:
  int max_depth_;
  std::string problem_;
  std::vector<std::set<std::string>> names_;  // by depth, of the object that is open there
};

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view text, int max_depth) {
  Watch watch(max_depth);
  Json value = Json::parse(
      text.begin(), text.end(),
      [&watch](int depth, Json::parse_event_t event, Json& parsed) {
        return watch(depth, event, parsed);
      },
      /*allow_exceptions=*/false);
  if (!watch.problem().empty()) {
    return absl::InvalidArgumentError(watch.problem());
  }
  if (value.is_discarded()) {
    return absl::InvalidArgumentError("not valid JSON (cut short, or NaN or Infinity in it)");
  }
  return value;
}

}  // namespace podium::report
