// Where two JSON documents disagree.
#pragma once

#include <string>
#include <vector>

#include "tools/submission/model.h"

namespace podium::report {

// Every place where `found` is not what `expected` says, one line each: a JSON pointer (RFC 6901),
// the value found and the value expected. Numbers agree within the relative tolerance `rtol`.
// Members that only `found` has are unknown optional fields: they are no difference.
std::vector<std::string> Differences(const Json& found, const Json& expected, double rtol);

}  // namespace podium::report
