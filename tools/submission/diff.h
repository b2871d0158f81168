// Where two JSON documents disagree.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

// How the sentences in a document are compared: warnings, reasons, the name of a method. Another
// release of the tool may word them otherwise; its figures must still be the same.
enum class Prose { kSameText, kPresent };

// What a document that lacks a member is: one that was tampered with, or one of an earlier version,
// which did not have it yet. The members that every version has, the schema requires.
enum class Lacking { kIsDifference, kIsEarlier };

// Every place where `found` is not what `expected` says, one line each: a JSON pointer (RFC 6901),
// the value found and the value expected. Numbers agree within the relative tolerance `rtol`.
// Members that only `found` has are unknown optional fields, and no difference; but in `metrics`,
// `counters`, `quality`, `sizes`, `libraries` and `selection` every member is a claim.
std::vector<std::string> Differences(const Json& found, const Json& expected, double rtol,
                                     Prose prose = Prose::kSameText,
                                     Lacking lacking = Lacking::kIsDifference);

}  // namespace podium::report
