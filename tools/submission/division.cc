#include "tools/submission/division.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

constexpr absl::string_view kAllowed[] = {"quantization", "fusion", "kv_cache"};

// The row's first technique that the closed division does not allow; empty if there is none.
std::string Forbidden(const Entry& entry) {
  for (const std::string& technique : entry.techniques) {
    if (std::find(std::begin(kAllowed), std::end(kAllowed), technique) == std::end(kAllowed)) {
      return technique;
    }
  }
  return "";
}

}  // namespace

Division DivisionOf(const Entry& entry, const std::string& baseline) {
  if (entry.parts.variant == baseline) return {true, ""};
  if (entry.techniques.empty()) {
    return {false, absl::StrCat("the file does not say what ", entry.parts.variant, " does")};
  }
  const std::string forbidden = Forbidden(entry);
  if (forbidden.empty()) return {true, ""};
  return {false, absl::StrCat(forbidden, " changes the reference network")};
}

absl::Status CheckDivision(const Inputs& inputs) {
  if (inputs.division != "closed") return absl::OkStatus();
  for (const Entry& entry : inputs.entries) {
    const std::string forbidden = Forbidden(entry);
    if (forbidden.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(entry.name, ": ", forbidden,
                     " changes the reference network, which the closed division forbids: use "
                     "--division=open"));
  }
  return absl::OkStatus();
}

}  // namespace podium::report
