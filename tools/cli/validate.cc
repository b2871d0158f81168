// podium validate FILE|DIR...
#include "tools/submission/validate.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/cli/commands.h"
#include "tools/gbench/scalar.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    "Checks submissions: the schema, then every derived figure recomputed from the raw samples.\n"
    "Of a directory, every submission*.json below it, but no *.schema.json. With the run files "
    "beside\n"
    "it, the raw samples are checked too. Reads the podium and the tinytorch format.\n"
    "\n"
    "usage: podium validate FILE|DIR...\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium validate submission.json\n"
    "\n"
    "Exit status: 0 all valid, 1 some invalid, 2 a file could not be read.\n";

bool IsSubmission(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code ignored;
  return entry.is_regular_file(ignored) && absl::StartsWith(name, "submission") &&
         absl::EndsWith(name, ".json") && !absl::EndsWith(name, ".schema.json");
}

absl::StatusOr<std::vector<std::string>> Expand(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  fs::recursive_directory_iterator entries(path, fs::directory_options::skip_permission_denied,
                                           error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (IsSubmission(*entries)) files.push_back(entries->path().string());
  }
  if (error) return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.message()));
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat(path, ": no submission*.json in this directory: name a file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Text of the document may not drive the terminal, nor pass for a line of ours.
std::string OneLine(const std::string& text) {
  Repairs ignored;
  return Printable(text, ignored);
}

// Enough to see what was changed, not every figure that follows from it.
void PrintProblems(const std::string& path, const std::vector<std::string>& problems,
                   std::ostream& err) {
  constexpr std::size_t kMost = 10;
  for (std::size_t i = 0; i < std::min(problems.size(), kMost); ++i) {
    err << path << ": invalid: " << OneLine(problems[i]) << "\n";
  }
  if (problems.size() > kMost) {
    err << path << ": and " << problems.size() - kMost << " more problems\n";
  }
}

int ValidateOne(const std::string& path, Streams streams) {
  const absl::StatusOr<Validation> result = ValidateFile(path);
  if (!result.ok()) return Refuse("validate", result.status(), streams);
  for (const std::string& note : result->notes) {
    streams.err << path << ": note: " << OneLine(note) << "\n";
  }
  if (!result->problems.empty()) {
    PrintProblems(path, result->problems, streams.err);
    return kDoesNotHold;
  }
  streams.out << path << ": valid"
              << (result->run_files_missing ? " against itself; run file not checked" : "") << " ("
              << result->format << ", " << Count(result->comparisons, "comparison") << ")\n";
  return kHolds;
}

}  // namespace

int Validate(Arguments args, Streams streams) {
  if (AsksForHelp(args)) {
    streams.out << kUsage << kExample;
    return kHolds;
  }
  const auto paths = FlagReader().Parse(args);
  if (!paths.ok()) return Refuse("validate", paths.status(), streams);
  if (paths->empty()) {
    return Refuse("validate",
                  absl::InvalidArgumentError("no submission: name one, such as submission.json"),
                  streams);
  }
  int status = kHolds;  // the worst of all files
  for (const std::string& path : *paths) {
    const auto files = Expand(path);
    if (!files.ok()) {
      status = Refuse("validate", files.status(), streams);
      continue;
    }
    for (const std::string& file : *files) status = std::max(status, ValidateOne(file, streams));
  }
  return status;
}

}  // namespace podium::report
