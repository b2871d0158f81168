// Where two JSON documents disagree.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

// How the sentences in a document are compared: warnings, reasons, the name of a method. Another
// release of the tool may word them otherwise; its figures must still be the same.
enum class Prose { kSameText, kPresent };

// Every place where `found` is not what `expected` says, one line each: a JSON pointer (RFC 6901),
// the value found and the value expected. Numbers agree within the relative tolerance `rtol`.
// Members that only `found` has are unknown optional fields, and no difference. But some are claims:
// all members of `metrics`, `counters`, `quality`, `sizes`, `libraries` and `selection`, and, in a
// submission, those that the tool itself writes where they apply (versions.h).
std::vector<std::string> Differences(const Json& found, const Json& expected, double rtol,
                                     Prose prose = Prose::kSameText);

}  // namespace podium::report
