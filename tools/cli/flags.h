// Flags of one subcommand, read from its arguments into its own variables.
//
//   FlagReader flags;
//   flags.Add("alpha", &alpha, "A", "significance level, 0.05 by default");
//   absl::StatusOr<std::vector<std::string>> files = flags.Parse(args);
//
// `--name=value` and `--name value`; a bool is set by `--name` alone. A one-letter name is `-o`.
// What is no flag, and all that follows `--`, is positional.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace podium::report {

class FlagReader {
 public:
  // A double is a fraction, and `1%` is 0.01. A vector gathers every use and splits at commas.
  using Target = std::variant<bool*, double*, std::string*, std::optional<std::string>*,
                              std::vector<std::string>*>;

  // `value` names the value in the help text.
  void Add(std::string name, Target target, std::string value, std::string help);

  // The positional arguments. InvalidArgument, one line, on an unknown flag (with the closest known
  // one), a missing value or one that is no number. `--help` is for the caller to see first.
  absl::StatusOr<std::vector<std::string>> Parse(absl::Span<const std::string> args) const;

  std::string Help() const;  // one line per flag, in the order added

 private:
  struct Flag {
    std::string name;
    Target target;
    std::string value;
    std::string help;
  };
  std::string Spell(const Flag& flag) const;  // "--alpha=A", "-o FILE"
  const Flag* Find(const std::string& name) const;
  absl::Status Unknown(const std::string& written) const;

  std::vector<Flag> flags_;
};

// The word of `words` with the least edit distance to `word`; empty if none is near.
std::string Closest(const std::string& word, const std::vector<std::string>& words);

}  // namespace podium::report
