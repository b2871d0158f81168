#include "tools/submission/validate.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/submission/build.h"
#include "tools/submission/derive.h"
#include "tools/submission/diff.h"
#include "tools/submission/embedded.h"
#include "tools/submission/extract.h"
#include "tools/submission/files.h"
#include "tools/submission/schema.h"
#include "tools/submission/tinytorch.h"

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

// The run files that lie beside the document, as far as they are the ones it names.
std::vector<Source> FindSources(const Json& provenance, const std::string& directory,
                                Validation& result) {
  std::vector<Source> sources;
  for (std::size_t i = 0; i < provenance.at("sources").size(); ++i) {
    const Json& named = provenance.at("sources")[i];
    const std::string file = fs::path(named.at("file").get<std::string>()).filename().string();
    const std::string path = (fs::path(directory) / file).string();
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
      result.notes.push_back(absl::StrCat(file, " is not beside it: its hash was not checked"));
      continue;
    }
    absl::StatusOr<Source> source = ReadSource(path);
    if (source.ok() && source->sha256 == named.at("sha256")) {
      sources.push_back(*std::move(source));
      continue;
    }
    result.problems.push_back(absl::StrCat("/provenance/sources/", i, "/sha256: found ",
                                           named.at("sha256").dump(), ", but ", file, " has ",
                                           source.ok() ? source->sha256 : "no rows"));
  }
  return sources;
}

// With the run files at hand even the raw samples need not be believed.
void CheckAgainstSources(const Json& document, const Inputs& inputs,
                         const std::vector<Source>& sources, Validation& result) {
  const SubmitOptions options{.division = inputs.division,
                              .submitter = inputs.submitter,
                              .rule = inputs.rule,
                              .baseline = inputs.selection.baseline,
                              .optimized = inputs.selection.optimized,
                              .workloads = inputs.selection.workloads,
                              .command_line = inputs.provenance.at("command_line")};
  const absl::StatusOr<Inputs> rebuilt = BuildInputs(sources, options);
  if (!rebuilt.ok()) {
    result.problems.push_back(absl::StrCat("/provenance/sources: ", rebuilt.status().message()));
    return;
  }
  const Json expected = Derive(*rebuilt).document;
  for (const std::string key : {"timestamp", "system_info", "protocol", "entries"}) {
    for (const std::string& line : Differences(document.at(key), expected.at(key), kTolerance)) {
      result.problems.push_back(absl::StrCat("/", key, line, " from the run file"));
    }
  }
}

void ValidatePodium(const Json& document, const std::string& directory, Validation& result) {
  result.problems = SchemaViolations(kSubmissionSchema, document);
  if (!result.problems.empty()) return;
  result.comparisons = document.at("comparisons").size();
  CheckReasons(document, "", result.problems);
  if (!result.problems.empty()) return;

  const absl::StatusOr<Inputs> inputs = ExtractInputs(document);
  absl::Status status = inputs.status();
  if (status.ok()) status = CheckDivision(*inputs);
  if (!status.ok()) {
    result.problems.emplace_back(status.message());
    return;
  }
  Json expected = Derive(*inputs).document;
  expected["schema_version"] = document.at("schema_version");  // the schema admits every 1.x.y
  for (const std::string& line : Differences(document, expected, kTolerance)) {
    result.problems.push_back(absl::StrCat(line, " from the raw samples"));
  }
  if (!result.problems.empty()) return;
  const std::vector<Source> sources = FindSources(document.at("provenance"), directory, result);
  if (sources.size() == document.at("provenance").at("sources").size()) {
    CheckAgainstSources(document, *inputs, sources, result);
  }
}

}  // namespace

Validation ValidateDocument(const Json& document, const std::string& directory) {
  Validation result;
  if (document.is_object() && document.contains("tinytorch_version")) {
    result.format = "tinytorch";
    result.problems = TinyTorchProblems(document);
    result.comparisons = document.contains("optimized") ? 1 : 0;
  } else {
    result.format = "podium";
    ValidatePodium(document, directory, result);
  }
  return result;
}

absl::StatusOr<Validation> ValidateFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  if (text->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": empty: write it again with podium submit"));
  }
  const Json document = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": not valid JSON (cut short, or NaN or Infinity in it): write it again "
                     "with podium submit"));
  }
  const bool run_file = document.is_object() && document.contains("benchmarks");
  if (run_file) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": a Google Benchmark file, not a submission: make one with podium "
                     "submit ",
                     path, " -o submission.json"));
  }
  return ValidateDocument(document, fs::path(path).parent_path().string());
}

}  // namespace podium::report
