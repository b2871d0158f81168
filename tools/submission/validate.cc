#include "tools/submission/validate.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/gbench/read_text.h"
#include "tools/submission/build.h"
#include "tools/submission/derive.h"
#include "tools/submission/diff.h"
#include "tools/submission/division.h"
#include "tools/submission/embedded.h"
#include "tools/submission/extract.h"
#include "tools/submission/parse.h"
#include "tools/submission/schema.h"
#include "tools/submission/tinytorch.h"
#include "tools/submission/versions.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;
constexpr double kTolerance =
    1e-9;  // relative: another compiler may round the last digits otherwise

void CheckReasons(const Json& value, const std::string& at, std::vector<std::string>& problems) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      CheckReasons(value[i], absl::StrCat(at, "/", i), problems);
    }
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      const auto reason = value.find(key + "_reason");
      if (member.is_null() && (reason == value.end() || !reason->is_string())) {
        problems.push_back(
            absl::StrCat(at, "/", key, ": null without a ", key, "_reason beside it"));
      }
      CheckReasons(member, absl::StrCat(at, "/", key), problems);
    }
  }
}

int SchemaMinor(const Json& document) {
  return MinorOf(document.at("schema_version").get<std::string>());
}

// Whoever changes a sentence raises the minor version: a release can be made up, a schema cannot.
Prose ProseOf(const Json& document) {
  return SchemaMinor(document) == MinorOf(kSchemaVersion) ? Prose::kSameText : Prose::kPresent;
}

// Where the document is not what follows from the inputs, in its own version of the schema.
std::vector<std::string> DifferencesFrom(const Inputs& inputs, const Json& document) {
  Json expected = AsOf(SchemaMinor(document), Derive(inputs).document);
  expected["schema_version"] = document.at("schema_version");  // the schema admits every 1.x.y
  return Differences(document, expected, kTolerance, ProseOf(document));
}

// The run files that lie beside the document, as far as they are the ones it names.
std::vector<Source> FindSources(const Json& named, const std::string& directory,
                                Validation& result) {
  std::vector<Source> sources;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const std::string file = fs::path(named[i].at("file").get<std::string>()).filename().string();
    const std::string path = (fs::path(directory) / file).string();
    const std::string at = absl::StrCat("/provenance/sources/", i);
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
      result.notes.push_back(absl::StrCat(file, " is not beside it: its hash was not checked"));
      missing.push_back(absl::StrCat(at, "/file: ", file,
                                     " is not beside it, though another run file is: the rows "
                                     "cannot be checked without all of them"));
      continue;
    }
    absl::StatusOr<Source> source = ReadSource(path);
    if (source.ok() && source->sha256 == named[i].at("sha256")) {
      sources.push_back(*std::move(source));
      continue;
    }
    result.problems.push_back(absl::StrCat(at, "/sha256: found ", named[i].at("sha256").dump(),
                                           ", but ", file, " has ",
                                           source.ok() ? source->sha256 : "no rows"));
  }
  result.run_files_missing = !missing.empty();
  // A made-up source must not switch off the check of the genuine ones.
  if (missing.size() < named.size()) {
    result.problems.insert(result.problems.end(), missing.begin(), missing.end());
  }
  return sources;
}

// Puts `entries` in the order of `like`, where both hold the same names: an order is no claim, and
// another release may choose another.
void PutInOrderOf(const std::vector<Entry>& like, std::vector<Entry>& entries) {
  std::map<std::string, std::size_t> places;
  for (const Entry& entry : like) places.try_emplace(entry.name, places.size());
  std::ranges::stable_sort(entries, {}, [&](const Entry& entry) {
    const auto found = places.find(entry.name);
    return found == places.end() ? places.size() : found->second;
  });
}

void CheckAgainstSources(const Json& document, const Inputs& inputs,
                         const std::vector<Source>& sources, Validation& result) {
  const SubmitOptions options{.division = inputs.division,
                              .submitter = inputs.submitter,
                              .rule = inputs.rule,
                              .baseline = inputs.selection.baseline,
                              .optimized = inputs.selection.optimized,
                              .workloads = inputs.selection.workloads,
                              .command_line = inputs.provenance.at("command_line")};
  absl::StatusOr<Inputs> rebuilt = BuildInputs(sources, options);
  if (!rebuilt.ok()) {
    result.problems.push_back(absl::StrCat("/provenance/sources: ", rebuilt.status().message()));
    return;
  }
  PutInOrderOf(inputs.entries, rebuilt->entries);
  Json provenance = inputs.provenance;  // of another release, or another tool
  provenance["sources"] = rebuilt->provenance.at("sources");
  rebuilt->provenance = std::move(provenance);
  for (const std::string& line : DifferencesFrom(*rebuilt, document)) {
    result.problems.push_back(absl::StrCat(line, " from the run file"));
  }
}

// The inputs of the document, if it holds what follows from them; otherwise fills `problems`.
std::optional<Inputs> CheckAgainstItself(const Json& document, Validation& result) {
  result.problems = SchemaViolations(kSubmissionSchema, document);
  if (!result.problems.empty()) return std::nullopt;
  result.comparisons = document.at("comparisons").size();
  CheckReasons(document, "", result.problems);
  if (!result.problems.empty()) return std::nullopt;

  absl::StatusOr<Inputs> inputs = ExtractInputs(document);
  absl::Status status = inputs.status();
  if (status.ok()) status = CheckDivision(*inputs);
  if (!status.ok()) {
    result.problems.emplace_back(status.message());
    return std::nullopt;
  }
  for (const std::string& line : DifferencesFrom(*inputs, document)) {
    result.problems.push_back(absl::StrCat(line, " from the raw samples"));
  }
  if (!result.problems.empty()) return std::nullopt;
  if (ProseOf(document) == Prose::kPresent) {
    result.notes.push_back(absl::StrCat(
        "written by podium ", document.at("provenance").at("tool_version").get<std::string>(),
        ", schema ", document.at("schema_version").get<std::string>(), ", and this is ",
        kToolVersion, ", schema ", kSchemaVersion,
        ": the wording of warnings and reasons was not compared"));
  }
  return *std::move(inputs);
}

Validation Validate(const Json& document, const std::string* directory) {
  Validation result;
  if (document.is_object() && document.contains("tinytorch_version")) {
    result.format = "tinytorch";
    result.problems = TinyTorchProblems(document);
    result.comparisons = document.contains("optimized") ? 1 : 0;
    return result;
  }
  result.format = "podium";
  const std::optional<Inputs> inputs = CheckAgainstItself(document, result);
  if (!inputs || directory == nullptr) return result;
  const std::vector<Source> sources =
      FindSources(document.at("provenance").at("sources"), *directory, result);
  if (result.problems.empty() && !sources.empty()) {
    CheckAgainstSources(document, *inputs, sources, result);
  }
  return result;
}

}  // namespace

Validation ValidateDocument(const Json& document) { return Validate(document, nullptr); }

Validation ValidateDocument(const Json& document, const std::string& directory) {
  return Validate(document, &directory);
}

absl::StatusOr<Validation> ValidateFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  if (text->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": empty: write it again with podium submit"));
  }
  const absl::StatusOr<Json> document = ParseJson(*text);
  if (!document.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", document.status().message(),
                                                   ": write it again with podium submit"));
  }
  const bool run_file = document->is_object() && document->contains("benchmarks");
  if (run_file) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": a Google Benchmark file, not a submission: make one with podium "
                     "submit ",
                     path, " -o submission.json"));
  }
  return ValidateDocument(*document, fs::path(path).parent_path().string());
}

}  // namespace podium::report
