// The names that files and flags use for the enumerations of verdict.h.
#include <algorithm>
#include <iterator>

#include "tools/submission/verdict.h"

namespace podium::report {
namespace {

template <typename T>
struct Name {
  T value;
  absl::string_view name;
};
constexpr Name<Design> kDesigns[] = {
    {Design::kRounds, "rounds"},          {Design::kProcesses, "processes"},
    {Design::kSessions, "sessions"},      {Design::kOneProcessASide, "one_process_a_side"},
    {Design::kOneProcess, "one_process"}, {Design::kAggregates, "aggregates"}};
constexpr Name<Method> kMethods[] = {{Method::kWelch, "welch_t"},
                                     {Method::kMannWhitney, "mann_whitney"},
                                     {Method::kSignedRank, "signed_rank"},
                                     {Method::kPairedT, "paired_t"}};
constexpr Name<Correction> kCorrections[] = {
    {Correction::kNone, "none"},
    {Correction::kHolm, "holm"},
    {Correction::kBenjaminiHochberg, "benjamini_hochberg"}};
constexpr Name<Verdict> kVerdicts[] = {{Verdict::kImproved, "improved"},
                                       {Verdict::kRegressed, "regressed"},
                                       {Verdict::kEquivalent, "equivalent"},
                                       {Verdict::kInconclusive, "inconclusive"}};

template <typename T, std::size_t N>
absl::string_view NameOf(T value, const Name<T> (&names)[N]) {
  return std::find_if(std::begin(names), std::end(names),
                      [&](const auto& n) { return n.value == value; })
      ->name;
}

template <typename T, std::size_t N>
std::optional<T> ValueOf(absl::string_view name, const Name<T> (&names)[N]) {
  for (const auto& candidate : names) {
    if (candidate.name == name) return candidate.value;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view DesignName(Design design) { return NameOf(design, kDesigns); }
std::optional<Design> DesignFromName(absl::string_view name) { return ValueOf(name, kDesigns); }
absl::string_view MethodName(Method method) { return NameOf(method, kMethods); }
absl::string_view CorrectionName(Correction correction) { return NameOf(correction, kCorrections); }
std::optional<Correction> CorrectionFromName(absl::string_view name) {
  return ValueOf(name, kCorrections);
}
absl::string_view VerdictName(Verdict verdict) { return NameOf(verdict, kVerdicts); }

}  // namespace podium::report
