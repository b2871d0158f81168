#include "tools/submission/same_work.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

constexpr double kSameWithin = 1e-3;

bool AreEqual(double a, double b) {
  return std::abs(a - b) <= kSameWithin * std::max(std::abs(a), std::abs(b));
}

std::optional<double> WorkOf(const Entry& entry, absl::string_view rate, absl::string_view clock) {
  const Sample* rates = entry.Find(rate);
  const Sample* times = entry.Find(clock);
  if (!rates || !times || rates->n() != times->n()) return std::nullopt;
  std::vector<double> work;
  for (std::size_t i = 0; i < times->n(); ++i) {
    work.push_back(rates->values()[i] * times->values()[i]);
  }
  const auto [least, most] = std::ranges::minmax(work);
  return AreEqual(least, most) ? std::optional(work.front()) : std::nullopt;
}

std::string Clause(absl::string_view what, double before, double after) {
  return absl::StrFormat("not the same work: %.6g %s in OLD, %.6g in NEW", before,
                         std::string(what), after);
}

}  // namespace

std::string WorkDifference(const Entry& old_row, const Entry& new_row) {
  for (const absl::string_view rate : {"flops_per_s", "ops_per_s", "bytes_per_s", "items_per_s"}) {
    std::string difference;
    bool is_same = false;  // by one of the clocks, which then is the rate's own
    for (const absl::string_view clock : {kTimeMetric, kCpuTimeMetric}) {
      const auto before = WorkOf(old_row, rate, clock), after = WorkOf(new_row, rate, clock);
      if (!before || !after) continue;
      is_same = is_same || AreEqual(*before, *after);
      if (!difference.empty()) continue;
      difference =
          Clause(absl::StrCat(absl::StripSuffix(rate, "_per_s"), " an iteration"), *before, *after);
    }
    if (!is_same && !difference.empty()) return difference;
  }
  const auto before = old_row.sizes.find("params"), after = new_row.sizes.find("params");
  if (before == old_row.sizes.end() || after == new_row.sizes.end()) return "";
  return before->second == after->second ? "" : Clause("params", before->second, after->second);
}

}  // namespace podium::report
