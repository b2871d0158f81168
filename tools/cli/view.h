// What the subcommands share that show rows of run files: --filter, --format, and how many files.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/cli/command.h"

namespace podium::report {

struct View {
  std::vector<std::string> formats = {};  // those there are, the default first; none: no --format
  std::vector<std::string> filter = {};
  std::string format = "";  // one of `formats` once ParseView returned

  bool Is(absl::string_view name) const { return format == name; }
};

// --filter, and --format where there are formats.
void AddViewFlags(FlagReader& flags, View& view);

enum class Files { kOne, kOneOrMore };

// The run files among the arguments. InvalidArgument, one line, on a wrong flag, number of files or
// format.
absl::StatusOr<std::vector<std::string>> ParseView(const FlagReader& flags, View& view,
                                                   Arguments args, Files files = Files::kOne);

}  // namespace podium::report
