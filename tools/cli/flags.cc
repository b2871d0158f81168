#include "tools/cli/flags.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

// Levenshtein's distance, one row of the table at a time.
std::size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

bool ParseFraction(absl::string_view text, double* value) {
  const bool percent = absl::ConsumeSuffix(&text, "%");
  if (!absl::SimpleAtod(text, value) || !std::isfinite(*value)) return false;
  if (percent) *value /= 100;
  return true;
}

absl::Status Set(const FlagReader::Target& target, const std::string& flag,
                 const std::string& value) {
  if (auto* const* number = std::get_if<double*>(&target)) {
    if (ParseFraction(value, *number)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(flag, "=", value, ": not a number: write it like 0.05 or 5%"));
  }
  if (value.empty()) return absl::InvalidArgumentError(absl::StrCat(flag, ": needs a value"));
  if (auto* const* text = std::get_if<std::string*>(&target)) **text = value;
  if (auto* const* text = std::get_if<std::optional<std::string>*>(&target)) **text = value;
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) {
    for (absl::string_view part : absl::StrSplit(value, ',', absl::SkipEmpty())) {
      (*list)->emplace_back(part);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string Closest(const std::string& word, const std::vector<std::string>& words) {
  std::string closest;
  std::size_t least = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : words) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < least) {
      least = distance;
      closest = candidate;
    }
  }
  return closest;
}

void FlagReader::Add(std::string name, Target target, std::string value, std::string help) {
  flags_.push_back({std::move(name), target, std::move(value), std::move(help)});
}

const FlagReader::Flag* FlagReader::Find(const std::string& name) const {
  for (const Flag& flag : flags_) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

std::string FlagReader::Spell(const Flag& flag) const {
  if (flag.name.size() == 1) return absl::StrCat("-", flag.name, " ", flag.value);
  if (std::holds_alternative<bool*>(flag.target)) return absl::StrCat("--", flag.name);
  return absl::StrCat("--", flag.name, "=", flag.value);
}

absl::Status FlagReader::Unknown(const std::string& written) const {
  std::vector<std::string> names;
  for (const Flag& flag : flags_) {
    names.push_back(absl::StrCat(flag.name.size() == 1 ? "-" : "--", flag.name));
  }
  const std::string closest = Closest(written, names);
  return absl::InvalidArgumentError(
      absl::StrCat(written, ": unknown flag: ",
                   closest.empty() ? "see --help" : absl::StrCat("did you mean ", closest, "?")));
}

absl::StatusOr<std::vector<std::string>> FlagReader::Parse(
    absl::Span<const std::string> args) const {
  std::vector<std::string> positional;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--") {
      positional.insert(positional.end(), args.begin() + i + 1, args.end());
      break;
    }
    if (arg.size() < 2 || arg[0] != '-') {
      positional.push_back(arg);
      continue;
    }
    const std::size_t equals = arg.find('=');
    const std::string written = arg.substr(0, equals);
    const bool is_long = written.starts_with("--");
    const Flag* flag = Find(written.substr(is_long ? 2 : 1));
    if (!flag || is_long != (flag->name.size() > 1)) return Unknown(written);
    if (bool* const* set = std::get_if<bool*>(&flag->target)) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(absl::StrCat(written, ": takes no value"));
      }
      **set = true;
      continue;
    }
    if (equals == std::string::npos && i + 1 == args.size()) {
      return absl::InvalidArgumentError(absl::StrCat(written, ": needs a value: ", Spell(*flag)));
    }
    const std::string value = equals == std::string::npos ? args[++i] : arg.substr(equals + 1);
    if (absl::Status status = Set(flag->target, written, value); !status.ok()) return status;
  }
  return positional;
}

std::string FlagReader::Help() const {
  std::string text;
  for (const Flag& flag : flags_) {
    absl::StrAppendFormat(&text, "  %-26s %s\n", Spell(flag), flag.help);
  }
  return text;
}

}  // namespace podium::report
