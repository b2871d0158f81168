// Do two rows of one name do the same?
#pragma once

#include <string>

#include "tools/submission/model.h"

namespace podium::report {

// One clause where the rows' work per iteration differs by more than 0.1 %, or their number of
// parameters at all; otherwise empty.
//
// A rate times a time is a row's work. Google Benchmark counts a rate per second of real or of CPU
// time, and does not write which, so that only a product that all repetitions agree on is taken for
// work, and only one that both rows have is compared.
std::string WorkDifference(const Entry& old_row, const Entry& new_row);

}  // namespace podium::report
