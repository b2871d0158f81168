#include "tools/cli/podium.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/commands.h"
#include "tools/submission/embedded.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

constexpr Command kCommands[] = {
    {"run", "measure in fresh processes, interleaved", Run},
    {"submit", "make a submission from run files", Submit},
    {"validate", "check submissions, every figure recomputed", Validate},
    {"selfcheck", "what this machine can resolve: measure it against itself", Selfcheck},
    {"replicate", "measure a submission's claims again, here", Replicate},
    {"compare", "compare two runs, or two variants of one; a gate for CI", Compare},
    {"plan", "how many rounds find a given difference", Plan},
    {"stat", "the rows of one run, each on its own", Stat},
    {"fit", "how a figure grows with a key: slope and intercept", Fit},
    {"ablate", "what each technique contributes, alone and stacked", Ablate},
    {"pareto", "which variants nothing beats, and what to take", Pareto},
    {"profile", "where a network's time goes, and what bounds each layer", Profile},
    {"comply", "which of TinyMLPerf's targets the networks reach", Comply},
    {"rank", "who wins an event: latency_sprint and four others", Rank},
};

std::string Help() {
  std::string text =
      "Proves, or refutes, that an optimization is faster, smaller and still right.\n"
      "\n"
      "usage: podium COMMAND [ARGUMENTS]\n"
      "\n";
  for (const Command& command : kCommands) {
    absl::StrAppendFormat(&text, "  %-10s %s\n", std::string(command.name),
                          std::string(command.summary));
  }
  absl::StrAppend(
      &text,
      "\n"
      "  podium COMMAND --help   its arguments, and an example that works\n"
      "  podium --version\n"
      "\n"
      "Exit status: 0 the claim holds, 1 it does not, 2 bad usage or bad input, 3 inconclusive\n"
      "where --require_conclusive asks for it.\n");
  return text;
}

absl::Status UnknownCommand(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  const std::string closest = Closest(name, names);
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": no such command: ",
      closest.empty() ? "see podium --help" : absl::StrCat("did you mean ", closest, "?")));
}

}  // namespace

int RunPodium(Arguments args, Streams streams) {
  if (args.empty()) {
    streams.err << Help();
    return kBadUsage;
  }
  const std::string& name = args[0];
  if (name == "--help" || name == "-h" || name == "help") {
    streams.out << Help();
    return kHolds;
  }
  if (name == "--version") {
    streams.out << "podium " << kToolVersion << ", submission schema " << kSchemaVersion << "\n";
    return kHolds;
  }
  for (const Command& command : kCommands) {
    if (name == command.name) return command.run(args.subspan(1), streams);
  }
  streams.err << "podium: " << OneLine(UnknownCommand(name).message()) << "\n";
  return kBadUsage;
}

}  // namespace podium::report
