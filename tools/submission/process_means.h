// What the mean of a row's values may rest on.
#pragma once

#include <optional>
#include <span>

#include "tools/stats/design.h"
#include "tools/stats/sample.h"

namespace podium::report {

// The arithmetic mean of each process, in order of their numbers: only processes are independent
// (Kalibera and Jones 2013). Null where the origins are not those of the values, or are of one
// process only.
std::optional<Sample> ProcessMeans(const Sample& values, std::span<const Origin> origins);

}  // namespace podium::report
