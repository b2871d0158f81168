#include "tools/submission/diff.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/submission/versions.h"

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

bool IsClosed(absl::string_view key) {
  constexpr absl::string_view kClosed[] = {"metrics",   "counters",  "quality",      "sizes",
                                           "libraries", "selection", "origins",      "keys",
                                           "run",       "speedup",   "improvements", "geomean"};
  return std::find(std::begin(kClosed), std::end(kClosed), key) != std::end(kClosed);
}

bool IsProse(absl::string_view key, absl::string_view at) {
  return key == "warnings" || absl::EndsWith(key, "_reason") ||
         absl::EndsWith(at, "/speedup/method");
}

class Walk {
 public:
  Walk(double rtol, Prose prose) : rtol_(rtol), prose_(prose) {}

  // `closed`: a member that only `found` has is a difference, here and below.
  void Compare(const Json& found, const Json& expected, const std::string& at, bool closed) {
    if (found.is_number() && expected.is_number()) {
      if (!Agree(found.get<double>(), expected.get<double>(), rtol_)) Report(found, expected, at);
    } else if (found.is_object() && expected.is_object()) {
      CompareMembers(found, expected, at, closed);
    } else if (found.is_array() && expected.is_array()) {
      if (found.size() != expected.size()) return Report(found, expected, at);
      for (std::size_t i = 0; i < found.size(); ++i) {
        Compare(found[i], expected[i], absl::StrCat(at, "/", i), closed);
      }
    } else if (found != expected) {
      Report(found, expected, at);
    }
  }

  std::vector<std::string> TakeLines() { return std::move(lines_); }

 private:
  void CompareMembers(const Json& found, const Json& expected, const std::string& at, bool closed) {
    for (const auto& [key, value] : expected.items()) {
      const std::string below = Below(at, key);
      const auto member = found.find(key);
      if (member == found.end()) {
        lines_.push_back(absl::StrCat(below, ": missing, expected ", Brief(value)));
      } else if (prose_ == Prose::kPresent && IsProse(key, below) && !value.is_object()) {
        if (member->type() != value.type() || (member->empty() && !value.empty())) {
          Report(*member, value, below);
        }
      } else {
        Compare(*member, value, below, closed || IsClosed(key));
      }
    }
    for (const auto& [key, value] : found.items()) {
      const std::string below = Below(at, key);
      if (expected.contains(key) || !(closed || IsAddedMember(below))) continue;
      lines_.push_back(absl::StrCat(below, ": found ", Brief(value), ", expected none"));
    }
  }

  static std::string Below(const std::string& at, const std::string& key) {
    return absl::StrCat(at, "/", absl::StrReplaceAll(key, {{"~", "~0"}, {"/", "~1"}}));
  }

  void Report(const Json& found, const Json& expected, const std::string& at) {
    lines_.push_back(absl::StrCat(at, ": found ", Brief(found), ", expected ", Brief(expected)));
  }

  double rtol_;
  Prose prose_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> Differences(const Json& found, const Json& expected, double rtol,
                                     Prose prose) {
  Walk walk(rtol, prose);
  walk.Compare(found, expected, "", /*closed=*/false);
  return walk.TakeLines();
}

}  // namespace podium::report
