#include "tools/submission/diff.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace podium::report {
namespace {

std::string Brief(const Json& value) {
  constexpr std::size_t kMost = 80;
  if (value.is_object()) return "an object";
  if (value.is_array()) return absl::StrCat("an array of ", value.size());
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

bool Agree(double a, double b, double rtol) {
  return a == b || std::abs(a - b) <= rtol * std::max(std::abs(a), std::abs(b));
}

class Walk {
 public:
  explicit Walk(double rtol) : rtol_(rtol) {}

  void Compare(const Json& found, const Json& expected, const std::string& at) {
    if (found.is_number() && expected.is_number()) {
      if (!Agree(found.get<double>(), expected.get<double>(), rtol_)) Report(found, expected, at);
    } else if (found.is_object() && expected.is_object()) {
      for (const auto& [key, value] : expected.items()) {
        const std::string below =
            absl::StrCat(at, "/", absl::StrReplaceAll(key, {{"~", "~0"}, {"/", "~1"}}));
        const auto member = found.find(key);
        if (member == found.end()) {
          lines_.push_back(absl::StrCat(below, ": missing, expected ", Brief(value)));
        } else {
          Compare(*member, value, below);
        }
      }
    } else if (found.is_array() && expected.is_array()) {
      if (found.size() != expected.size()) return Report(found, expected, at);
      for (std::size_t i = 0; i < found.size(); ++i) {
        Compare(found[i], expected[i], absl::StrCat(at, "/", i));
      }
    } else if (found != expected) {
      Report(found, expected, at);
    }
  }

  std::vector<std::string> TakeLines() { return std::move(lines_); }

 private:
  void Report(const Json& found, const Json& expected, const std::string& at) {
    lines_.push_back(absl::StrCat(at, ": found ", Brief(found), ", expected ", Brief(expected)));
  }

  double rtol_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> Differences(const Json& found, const Json& expected, double rtol) {
  Walk walk(rtol);
  walk.Compare(found, expected, "");
  return walk.TakeLines();
}

}  // namespace podium::report
