// podium submit RUN.json... -o submission.json
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/render/verdict_table.h"
#include "tools/submission/build.h"
#include "tools/submission/derive.h"
#include "tools/submission/files.h"
#include "tools/submission/pairing.h"
#include "tools/submission/tinytorch.h"
#include "tools/submission/validate.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Makes a submission from Google Benchmark files: raw samples, intervals, tests, verdicts.\n"
    "\n"
    "usage: podium submit RUN.json... -o FILE [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  ./bench --benchmark_filter=int8_matmul --benchmark_repetitions=10 \\\n"
    "          --benchmark_enable_random_interleaving=true \\\n"
    "          --benchmark_out=run.json --benchmark_out_format=json\n"
    "  podium submit run.json -o submission.json\n"
    "\n"
    "Rows without a variant key pair by family: --baseline=BM_Old --optimized=BM_New compares\n"
    "BM_Old/8 with BM_New/8.\n"
    "\n"
    "Exit status: 0 written, also where it refutes a claim (podium compare is the gate); 2 "
    "refused.\n";

struct Options {
  SubmitOptions submit;
  std::string output;
  std::string format = "podium";
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("o", &options.output, "FILE", "the submission to write; required");
  flags.Add("format", &options.format, "F", "podium (default) or tinytorch");
  flags.Add("baseline", &options.submit.baseline, "V", "the baseline variant of every family");
  flags.Add("optimized", &options.submit.optimized, "V", "the only variant to compare with it");
  flags.Add("workload", &options.submit.workloads, "W,...", "only workloads that contain a W");
  flags.Add("division", &options.submit.division, "D", "open (default) or closed");
  flags.Add("submitter", &options.submit.submitter, "NAME", "who submits");
  AddRuleFlags(flags, options.submit.rule);
  return flags;
}

// Writing to a run file would destroy the measurements that the submission rests on.
absl::Status CheckOutput(const std::string& output, const std::vector<std::string>& files) {
  namespace fs = std::filesystem;
  for (const std::string& file : files) {
    std::error_code ignored;
    if (fs::is_regular_file(output, ignored) && fs::equivalent(file, output, ignored)) {
      return absl::InvalidArgumentError(
          absl::StrCat(output,
                       ": is the run file itself, which the submission must not replace: "
                       "give another name, such as -o submission.json"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const Options& options, const std::vector<std::string>& files) {
  if (files.empty()) return absl::InvalidArgumentError("no run file: name one, such as run.json");
  if (options.output.empty()) {
    return absl::InvalidArgumentError("nowhere to write: give -o submission.json");
  }
  if (options.format != "podium" && options.format != "tinytorch") {
    return absl::InvalidArgumentError(
        absl::StrCat("--format=", options.format, ": must be podium or tinytorch"));
  }
  if (options.submit.division != "open" && options.submit.division != "closed") {
    return absl::InvalidArgumentError(
        absl::StrCat("--division=", options.submit.division, ": must be open or closed"));
  }
  if (absl::Status status = CheckOutput(options.output, files); !status.ok()) return status;
  return CheckRule(options.submit.rule);
}

// What is written must pass what reads it: a run that reports, say, an accuracy of 2 stops here.
absl::Status CheckDocument(const Json& document, const std::string& path) {
  const Validation validation = ValidateDocument(document);
  if (validation.problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": cannot be a submission: ", validation.problems.front(), ": correct the benchmark"));
}

absl::Status Write(const Options& options, const std::vector<std::string>& files,
                   const Inputs& inputs, const Derived& derived) {
  Json document = derived.document;
  if (options.format == "tinytorch") {
    absl::StatusOr<Json> tinytorch = ToTinyTorch(inputs, derived);
    if (!tinytorch.ok()) return tinytorch.status();
    document = *std::move(tinytorch);
  }
  if (absl::Status status = CheckDocument(document, files.front()); !status.ok()) return status;
  return WriteWholeFile(options.output, Serialize(document));
}

}  // namespace

int Submit(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = flags.Parse(args);
  if (!files.ok()) return Refuse("submit", files.status(), streams);
  if (absl::Status status = CheckOptions(options, *files); !status.ok()) {
    return Refuse("submit", status, streams);
  }
  options.submit.rule.correction = Correction::kBenjaminiHochberg;  // a report, not a gate
  options.submit.command_line = absl::StrCat("podium submit ", absl::StrJoin(args, " "));

  std::vector<Source> sources;
  for (const std::string& file : *files) {
    absl::StatusOr<Source> source = ReadSource(file);
    if (!source.ok()) return Refuse("submit", source.status(), streams);
    sources.push_back(*std::move(source));
  }
  const absl::StatusOr<Inputs> inputs = BuildInputs(sources, options.submit);
  if (!inputs.ok()) return Refuse("submit", inputs.status(), streams);
  if (absl::Status status = CheckPairs(files->front(), inputs->entries, inputs->selection);
      !status.ok()) {
    return Refuse("submit", status, streams);
  }
  const Derived derived = Derive(*inputs);
  if (absl::Status status = Write(options, *files, *inputs, derived); !status.ok()) {
    return Refuse("submit", status, streams);
  }
  streams.out << VerdictTable(derived.comparisons, inputs->rule,
                              {.columns = streams.columns, .color = streams.color});
  for (const Json& warning : derived.document.at("warnings")) {
    streams.err << "warning: " << OneLine(warning.get<std::string>()) << "\n";
  }
  streams.err << "wrote " << OneLine(options.output) << ": " << Count(inputs->entries.size(), "row")
              << ", " << Count(derived.comparisons.size(), "comparison") << "\n";
  return kHolds;
}

}  // namespace podium::report
