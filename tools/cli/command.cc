#include "tools/cli/command.h"

#include "absl/strings/str_cat.h"
#include "tools/gbench/scalar.h"

namespace podium::report {

int Refuse(absl::string_view command, const absl::Status& status, Streams streams) {
  streams.err << "podium " << command << ": " << OneLine(status.message()) << "\n";
  return kBadUsage;
}

std::string OneLine(absl::string_view text) {
  Repairs ignored;
  return Printable({text.data(), text.size()}, ignored);
}

std::string Count(std::size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

bool AsksForHelp(Arguments args) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    if (arg == "--help" || arg == "-h") return true;
  }
  return false;
}

void AddRuleFlags(FlagReader& flags, VerdictRule& rule) {
  flags.Add("alpha", &rule.alpha, "A", "significance level; intervals are 1 - A (default 0.05)");
  flags.Add("threshold", &rule.threshold, "F", "smallest ratio that matters (default 1%)");
  flags.Add("process_allowance", &rule.process_allowance, "F",
            "allowance for the unseen difference between processes (default 25%)");
}

absl::Status CheckRule(const VerdictRule& rule) {
  if (!(rule.alpha >= 1e-4 && rule.alpha < 0.5)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--alpha=", rule.alpha, ": must lie between 0.0001 and 0.5, such as 0.05"));
  }
  if (!(rule.threshold >= 0 && rule.threshold <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threshold=", rule.threshold, ": must lie between 0 and 100%, such as 1%"));
  }
  if (!(rule.process_allowance >= 0 && rule.process_allowance <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("--process_allowance=", rule.process_allowance,
                                                   ": must lie between 0 and 100%, such as 25%"));
  }
  return absl::OkStatus();
}

}  // namespace podium::report
