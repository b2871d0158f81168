// podium replicate SUBMISSION.json -- ./bench
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/measure.h"
#include "tools/cli/row_filter.h"
#include "tools/gbench/read_text.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/runner/bench_process.h"
#include "tools/runner/claim_rows.h"
#include "tools/submission/derive.h"
#include "tools/submission/entries.h"
#include "tools/submission/extract.h"
#include "tools/submission/files.h"
#include "tools/submission/pairing.h"
#include "tools/submission/parse.h"
#include "tools/submission/replication.h"
#include "tools/submission/validate.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Measures the claims of a submission again, here, and says of each whether it holds.\n"
    "\n"
    "usage: podium replicate SUBMISSION.json [FLAGS] -- PROGRAM [ITS FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium replicate submission.json --plan=quick --filter=sparsity:90 -- ./bench --isa=best\n"
    "\n"
    "A claim is a comparison with a verdict. It is measured as podium run does, by fresh "
    "processes\n"
    "in rounds, whatever the submission's own design was, and judged at its alpha and threshold:\n"
    "\n"
    "  improved    claims to be at least as fast as the lower end of its interval says; divided "
    "by\n"
    "              1 + process_allowance where its design needs the allowance. Refuted if the new\n"
    "              interval lies wholly below that; replicated if it does not and the new verdict\n"
    "              is improved too. regressed: the same of the inverse.\n"
    "  equivalent  refuted by another verdict, replicated by the same.\n"
    "  otherwise   inconclusive: more rounds may tell (--plan=strict).\n"
    "\n"
    "Of many claims one could be refuted by bad luck: the interval that refutes is one of\n"
    "1 - alpha / number of claims measured, so that alpha bounds the chance of refuting any claim\n"
    "that is true; the new verdicts are Holm's. --filter makes fewer claims, which settle sooner.\n"
    "\n"
    "On another CPU only the direction is judged: speedups do not travel. A smaller compression\n"
    "ratio or a lower accuracy than claimed refutes too, and so does a row that fails its own\n"
    "verification here. A row that the program lacks, or whose processes crash or run out of "
    "time,\n"
    "is not measured. Where the CPU lacks the instruction set of a claim, the one that the "
    "program\n"
    "offers is measured: run ./bench with --isa=best.\n"
    "\n"
    "Exit status: 0 no claim is refuted; 1 some are; 2 bad usage, an invalid submission, or no\n"
    "claim could be measured; with --require_conclusive, 3 some claim is not settled.\n";

struct Options {
  MeasureFlags measure;
  std::vector<std::string> filter;
  std::string output;
  bool require_conclusive = false;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("filter", &options.filter, "S,...",
            "only claims whose optimized row matches every S: key:value, or part of its name");
  AddPlanFlags(flags, options.measure);
  flags.Add("o", &options.output, "FILE", "keep the measurements as a run file");
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a claim is neither replicated nor refuted");
  return flags;
}

// A claim with the rows that measure it here.
struct Case {
  const Comparison* claimed;
  ClaimRows rows;
};

absl::StatusOr<Inputs> ReadSubmission(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Json> document = ParseJson(*text);
  if (!document.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", document.status().message()));
  }
  const Validation validation = ValidateDocument(*document);
  if (!validation.problems.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", validation.problems.front(),
                                                   ": invalid: see podium validate ", path));
  }
  if (validation.format != "podium") {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds no samples to judge by: give the submission of format podium"));
  }
  return ExtractInputs(*document);
}

const Entry* FindEntry(const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// The message of ./bench for a row that this CPU cannot run: nothing was computed, so that nothing
// is wrong.
bool LacksInstructions(const Entry& entry, const std::string& message) {
  return absl::StartsWith(message, absl::StrCat("no ", entry.parts.isa, " on this CPU"));
}

// What the rows of the program itself said when they failed, by name.
using Failures = std::map<std::string, std::string>;
Failures FindFailures(const RunFile& file) {
  Failures failures;
  for (const Row& row : file.rows) {
    if (row.kind == RowKind::kError) failures.try_emplace(row.run_name, row.error_message);
  }
  return failures;
}

Attempt AttemptOf(const Case& claim, Claim claimed, const std::vector<Entry>& entries,
                  const Failures& failures) {
  Attempt attempt{std::move(claimed), std::nullopt, "", claim.rows.missing};
  if (!attempt.missing.empty()) return attempt;
  const Entry* const baseline = FindEntry(entries, claim.rows.baseline);
  const Entry* const optimized = FindEntry(entries, claim.rows.optimized);
  for (const Entry* entry : {optimized, baseline}) {
    const auto failed = entry ? failures.find(entry->name) : failures.end();
    if (failed != failures.end()) {
      const std::string what = absl::StrCat(entry->parts.variant, ": ", failed->second);
      (LacksInstructions(*entry, failed->second) ? attempt.missing : attempt.failure) = what;
      return attempt;
    }
    const Sample* const times = entry ? entry->Times() : nullptr;
    if (times && times->n() >= 2) continue;
    attempt.missing = times ? "measured once only: allow more rounds" : "no process left a time";
  }
  if (attempt.missing.empty()) attempt.rows = Pair{baseline, optimized, claim.claimed->workload};
  return attempt;
}

std::string Figures(double speedup, const Interval& interval) {
  const int decimals = Decimals(interval);
  return absl::StrCat(FormatFixed(speedup, decimals), "x ", FormatInterval(interval, decimals));
}

struct Tally {
  std::size_t replicated = 0, refuted = 0, inconclusive = 0, not_measured = 0;
};

std::string OtherIsa(const Case& claim, const Attempt& attempt) {
  const std::string& claimed = claim.claimed->optimized->parts.isa;
  if (!attempt.rows || attempt.rows->optimized->parts.isa == claimed) return "";
  return absl::StrCat("; on ", attempt.rows->optimized->parts.isa, ", claimed on ", claimed);
}

Tally Print(const std::vector<Case>& cases, const std::vector<Attempt>& attempts,
            const std::vector<Replication>& results, std::ostream& out) {
  Tally tally;
  const std::vector<Column> columns = {{""}, {"  "}, {"  claimed "}, {"  here "}, {"  "}};
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Comparison& claimed = *cases[i].claimed;
    const auto& [outcome, reason, here] = results[i];
    tally.replicated += outcome == Outcome::kReplicated;
    tally.refuted += outcome == Outcome::kRefuted;
    tally.inconclusive += outcome == Outcome::kInconclusive;
    tally.not_measured += outcome == Outcome::kNotMeasured;
    rows.push_back({std::string(OutcomeName(outcome)),
                    OneLine(absl::StrCat(claimed.workload, " ", claimed.optimized->parts.variant,
                                         " vs ", claimed.baseline->parts.variant)),
                    Figures(claimed.judgement.speedup, claimed.judgement.interval),
                    here ? Figures(here->speedup, here->interval) : "-",
                    OneLine(absl::StrCat(reason, OtherIsa(cases[i], attempts[i])))});
  }
  out << AlignColumns(columns, rows);
  out << tally.replicated << " replicated, " << tally.refuted << " refuted, " << tally.inconclusive
      << " inconclusive";
  if (tally.not_measured > 0) out << ", " << tally.not_measured << " not measured";
  out << "\n";
  return tally;
}

void WarnOfSystems(const SystemDifferences& differences, Streams streams) {
  if (!differences.hardware.empty()) {
    streams.err << "warning: other hardware than the submission's (differs in "
                << absl::StrJoin(differences.hardware, ", ")
                << "): only the direction of each claim is judged\n";
  }
  if (!differences.software.empty()) {
    streams.err << "warning: the submission's software differs in "
                << absl::StrJoin(differences.software, ", ") << "\n";
  }
}

absl::StatusOr<std::vector<Case>> FindCases(const std::string& path, const Derived& derived,
                                            const VerdictRule& rule, const Options& options,
                                            Streams streams) {
  std::vector<Case> cases;
  std::size_t without_claim = 0;
  const RowFilter filter(options.filter);
  for (const Comparison& comparison : derived.comparisons) {
    if (!filter.Matches(comparison.optimized->name)) continue;
    if (ClaimOf(comparison, rule, false)) {
      cases.push_back({&comparison, {}});
    } else {
      ++without_claim;
    }
  }
  if (without_claim > 0) {
    streams.err << Count(without_claim, "comparison")
                << " of the submission inconclusive: they claim nothing\n";
  }
  if (!cases.empty()) return cases;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": no claims", options.filter.empty() ? "" : ": check --filter"));
}

// The measurements as entries, with the context that the program wrote.
absl::StatusOr<std::pair<RunFile, EntrySet>> Collect(const RunResult& result) {
  absl::StatusOr<RunFile> file = ParseRunFile("the measurements", RunFileText(result));
  if (!file.ok()) return file.status();
  EntrySet set = CollectEntries(*file);
  return std::pair(*std::move(file), std::move(set));
}

}  // namespace

int Replicate(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const std::string command_line = absl::StrCat("podium replicate ", absl::StrJoin(args, " "));
  const auto command = TakeCommand(args);
  if (!command.ok()) return Refuse("replicate", command.status(), streams);
  const auto files = flags.Parse(args);
  absl::Status status = files.status();
  if (status.ok() && files->size() != 1) {
    status = absl::InvalidArgumentError("name one submission, such as submission.json");
  }
  if (status.ok() && !options.output.empty()) status = CheckRunOutput(options.output);
  if (!status.ok()) return Refuse("replicate", status, streams);
  const auto request = MakeRequest(options.measure, *command, options.output);
  if (!request.ok()) return Refuse("replicate", request.status(), streams);

  const auto inputs = ReadSubmission(files->front());
  if (!inputs.ok()) return Refuse("replicate", inputs.status(), streams);
  const Derived derived = Derive(*inputs);
  auto cases = FindCases(files->front(), derived, inputs->rule, options, streams);
  if (!cases.ok()) return Refuse("replicate", cases.status(), streams);
  const auto rows = ListBenchmarks({*command, request->process_timeout_s});
  if (!rows.ok()) return Refuse("replicate", rows.status(), streams);
  const ClaimRowFinder finder(*rows);
  std::vector<ClaimRows> wanted;
  for (Case& claim : *cases) {
    claim.rows = finder.Find(*claim.claimed);
    wanted.push_back(claim.rows);
  }
  std::vector<Block> blocks = BlocksOf(wanted);
  if (blocks.empty()) {
    return Refuse("replicate",
                  absl::InvalidArgumentError(absl::StrCat(
                      (*command)[0], ": none of the claims can be measured: ",
                      cases->front().rows.missing, ": check --filter and the program's own flags")),
                  streams);
  }

  auto result = Measure(*request, std::move(blocks), "replicate", streams);
  if (!result.ok()) return Refuse("replicate", result.status(), streams);
  if (!options.output.empty()) {
    if (absl::Status written = WriteRun(*result, command_line, options.output); !written.ok()) {
      return Refuse("replicate", written, streams);
    }
  }
  const auto collected = Collect(*result);
  if (!collected.ok()) return Refuse("replicate", collected.status(), streams);
  const auto& [file, entries] = *collected;
  const SystemDifferences systems = CompareSystems(inputs->system_info, SystemInfo(file.context));
  WarnOfSystems(systems, streams);
  const Failures failures = FindFailures(file);
  std::vector<Attempt> attempts;
  for (const Case& claim : *cases) {
    const auto claimed = ClaimOf(*claim.claimed, inputs->rule, systems.hardware.empty());
    attempts.push_back(AttemptOf(claim, *claimed, entries.entries, failures));
  }
  const Tally tally = Print(*cases, attempts, Replicate(attempts, inputs->rule), streams.out);
  if (tally.refuted > 0) return kDoesNotHold;
  if (tally.not_measured == cases->size()) return kBadUsage;
  const bool open = tally.inconclusive + tally.not_measured > 0;
  return open && options.require_conclusive ? kInconclusive : kHolds;
}

}  // namespace podium::report
