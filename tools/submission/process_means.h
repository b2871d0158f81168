// What the mean of a row's values may rest on.
#pragma once

#include <optional>
#include <span>

#include "tools/stats/design.h"
#include "tools/stats/sample.h"

namespace podium::report {

// The arithmetic mean of each process, in the order in which they ran: only processes are independent
// (Kalibera and Jones 2013), and of those that ran in one round, on several hosts, not even these: they
// make one mean. Null where the origins are not those of the values, or are of one round only.
std::optional<Sample> ProcessMeans(const Sample& values, std::span<const Origin> origins);

}  // namespace podium::report
