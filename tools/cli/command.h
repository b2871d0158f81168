// What all subcommands share: their signature, exit statuses and flags.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/cli/flags.h"
#include "tools/submission/verdict.h"

namespace podium::report {

enum ExitStatus {
  kHolds = 0,         // the claim holds
  kDoesNotHold = 1,   // it does not: a regression, an invalid submission
  kBadUsage = 2,      // bad usage or bad input
  kInconclusive = 3,  // where --require_conclusive asks for it
};

// Where a subcommand writes: results to `out`, all else to `err`.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  // Columns of the terminal that `out` is; 0 if it is none: a file, a pipe. Colour is for terminals.
  std::size_t columns = 0;
  bool color = false;
};

using Arguments = absl::Span<const std::string>;

// A subcommand with its help.
struct Command {
  absl::string_view name;
  absl::string_view summary;
  int (*run)(Arguments args, Streams streams);
};

// One line on `err`, "podium submit: ..."; returns kBadUsage.
int Refuse(absl::string_view command, const absl::Status& status, Streams streams);

// One line that cannot drive a terminal, whatever document or argument it quotes.
std::string OneLine(absl::string_view text);

// "1 row", "2 rows".
std::string Count(std::size_t count, absl::string_view noun);

// True if --help or -h is among the flags.
bool AsksForHelp(Arguments args);

// --alpha, --threshold, --process_allowance.
void AddRuleFlags(FlagReader& flags, VerdictRule& rule);
absl::Status CheckRule(const VerdictRule& rule);

}  // namespace podium::report
