// The rows of a program that measure what was claimed elsewhere, perhaps on another CPU.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/runner/schedule.h"
#include "tools/submission/model.h"

namespace podium::report {

struct ClaimRows {
  std::string baseline, optimized;  // full names of rows; empty where there are none
  std::string missing;              // why there are none; empty if there are
};

class ClaimRowFinder {
 public:
  // All rows that the program lists.
  explicit ClaimRowFinder(const std::vector<std::string>& names);

  // The rows of the same names; where this CPU lacks the instruction set, those of the same
  // workload and variants on the only one that both sides have here.
  ClaimRows Find(const Comparison& claimed) const;

 private:
  std::set<std::string> names_;
  // By workload and variant: instruction set to name.
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> by_isa_;
};

// One block for each baseline row, with all that is compared with it.
std::vector<Block> BlocksOf(const std::vector<ClaimRows>& claims);

}  // namespace podium::report
