// podium replicate SUBMISSION.json -- ./bench
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/measure.h"
#include "tools/gbench/read_text.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/runner/bench_process.h"
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
    "              1 + process_allowance where one process a side was measured. Refuted if the "
    "new\n"
    "              interval lies wholly below that; replicated if it does not and the new verdict\n"
    "              is improved too. regressed: the same of the inverse.\n"
    "  equivalent  refuted by another verdict, replicated by the same.\n"
    "  otherwise   inconclusive: more rounds may tell (--plan=strict).\n"
    "\n"
    "On another CPU only the direction is judged: speedups do not travel. A smaller compression\n"
    "ratio or a lower accuracy than claimed refutes too. Where the CPU lacks the instruction set "
    "of\n"
    "a claim, the one that the program offers is measured: run ./bench with --isa=best.\n"
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
            "only claims whose workload contains an S; see podium validate");
  AddPlanFlags(flags, options.measure);
  flags.Add("o", &options.output, "FILE", "keep the measurements as a run file");
  flags.Add("require_conclusive", &options.require_conclusive, "",
            "exit with 3 if a claim is neither replicated nor refuted");
  return flags;
}

// A claim with what measures it here.
struct Case {
  const Comparison* claimed;
  std::string baseline, optimized;  // names of rows here; empty where there are none
  std::optional<Comparison> measured;
  std::string missing;  // why it could not be measured
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

// The program's rows that measure the same as a claim's: the same names, or where this CPU lacks
// the instruction set, the same workload and variant on the one that both sides have here.
class RowFinder {
 public:
  explicit RowFinder(const std::vector<std::string>& names) : names_(names.begin(), names.end()) {
    for (const std::string& name : names) {
      const BenchmarkName parts = ParseBenchmarkName(name);
      by_isa_[{parts.workload, parts.variant}].try_emplace(parts.isa, name);
    }
  }

  void Find(Case& claim) const {
    const Entry& baseline = *claim.claimed->baseline;
    const Entry& optimized = *claim.claimed->optimized;
    if (names_.contains(baseline.name) && names_.contains(optimized.name)) {
      claim.baseline = baseline.name;
      claim.optimized = optimized.name;
      return;
    }
    const auto a = by_isa_.find({baseline.parts.workload, baseline.parts.variant});
    const auto b = by_isa_.find({optimized.parts.workload, optimized.parts.variant});
    std::vector<std::string> shared;
    if (a != by_isa_.end() && b != by_isa_.end() && !optimized.parts.variant.empty()) {
      for (const auto& [isa, name] : b->second) {
        if (a->second.contains(isa)) shared.push_back(isa);
      }
    }
    if (shared.size() == 1) {
      claim.baseline = a->second.at(shared[0]);
      claim.optimized = b->second.at(shared[0]);
    } else {
      claim.missing = shared.empty() ? "the program has no such rows"
                                     : absl::StrCat("no ", optimized.parts.isa,
                                                    " here, but several other instruction sets: "
                                                    "choose one, as ./bench does with --isa=best");
    }
  }

 private:
  std::set<std::string> names_;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> by_isa_;
};

// One block per baseline row, with all that is compared with it.
std::vector<Block> MakeBlocks(const std::vector<Case>& cases) {
  std::map<std::string, std::size_t> index;
  std::vector<Block> blocks;
  const auto side = [](const std::string& row) {
    const std::string variant = ParseBenchmarkName(row).variant;
    return RunSide{variant.empty() ? row : variant, 0, {row}};
  };
  for (const Case& claim : cases) {
    if (claim.optimized.empty()) continue;
    const auto [found, is_new] = index.try_emplace(claim.baseline, blocks.size());
    if (is_new) blocks.push_back({{side(claim.baseline)}});
    blocks[found->second].sides.push_back(side(claim.optimized));
  }
  return blocks;
}

const Entry* FindEntry(const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

void Judge(const std::vector<Entry>& entries, const VerdictRule& rule, Case& claim) {
  if (claim.optimized.empty()) return;
  const Entry* const baseline = FindEntry(entries, claim.baseline);
  const Entry* const optimized = FindEntry(entries, claim.optimized);
  for (const Entry* entry : {baseline, optimized}) {
    if (entry && entry->Times()) continue;
    claim.missing =
        !entry || entry->errors.empty() ? "no process left a time" : entry->errors.front();
    return;
  }
  const Pair pair{baseline, optimized, claim.claimed->workload};
  absl::StatusOr<Judgement> judgement = JudgePair(pair, SameRun::kNo, rule);
  if (!judgement.ok()) {
    claim.missing = std::string(judgement.status().message());
    return;
  }
  claim.measured = Comparison{baseline, optimized, pair.workload, *std::move(judgement)};
}

std::string Figures(double speedup, const Interval& interval) {
  const int decimals = Decimals(interval);
  return absl::StrCat(FormatFixed(speedup, decimals), "x ", FormatInterval(interval, decimals));
}

struct Tally {
  std::size_t replicated = 0, refuted = 0, inconclusive = 0, not_measured = 0;
};

Tally Print(const std::vector<Case>& cases, const VerdictRule& rule, bool same_hardware,
            std::ostream& out) {
  Tally tally;
  const std::vector<Column> columns = {{""}, {"  "}, {"  claimed "}, {"  here "}, {"  "}};
  std::vector<std::vector<std::string>> rows;
  for (const Case& claim : cases) {
    const std::optional<Claim> claimed = ClaimOf(*claim.claimed, rule, same_hardware);
    const std::string what =
        absl::StrCat(claim.claimed->workload, " ", claim.claimed->optimized->parts.variant, " vs ",
                     claim.claimed->baseline->parts.variant);
    const std::string claimed_figures = Figures(claimed->speedup, claimed->interval);
    if (!claim.measured) {
      ++tally.not_measured;
      rows.push_back({"not measured", OneLine(what), claimed_figures, "-", OneLine(claim.missing)});
      continue;
    }
    const Replication result = Replicate(*claimed, *claim.measured);
    tally.replicated += result.outcome == Outcome::kReplicated;
    tally.refuted += result.outcome == Outcome::kRefuted;
    tally.inconclusive += result.outcome == Outcome::kInconclusive;
    const Judgement& here = claim.measured->judgement;
    const std::string isa = claim.measured->optimized->parts.isa;
    rows.push_back({std::string(OutcomeName(result.outcome)), OneLine(what), claimed_figures,
                    Figures(here.speedup, here.interval),
                    OneLine(absl::StrCat(
                        result.reason, isa == claim.claimed->optimized->parts.isa
                                           ? ""
                                           : absl::StrCat("; on ", isa, ", claimed on ",
                                                          claim.claimed->optimized->parts.isa)))});
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

bool Wanted(const Comparison& comparison, const std::vector<std::string>& filter) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(), [&](const std::string& part) {
           return absl::StrContains(comparison.workload, part);
         });
}

absl::StatusOr<std::vector<Case>> FindCases(const std::string& path, const Derived& derived,
                                            const VerdictRule& rule, const Options& options,
                                            Streams streams) {
  std::vector<Case> cases;
  std::size_t without_claim = 0;
  for (const Comparison& comparison : derived.comparisons) {
    if (!Wanted(comparison, options.filter)) continue;
    if (ClaimOf(comparison, rule, false)) {
      cases.push_back(
          {.claimed = &comparison, .baseline = "", .optimized = "", .measured = {}, .missing = ""});
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
  const RowFinder finder(*rows);
  for (Case& claim : *cases) finder.Find(claim);
  std::vector<Block> blocks = MakeBlocks(*cases);
  if (blocks.empty()) {
    return Refuse("replicate",
                  absl::InvalidArgumentError(absl::StrCat(
                      (*command)[0], ": none of the claims can be measured: ",
                      cases->front().missing, ": check --filter and the program's own flags")),
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
  for (Case& claim : *cases) Judge(entries.entries, inputs->rule, claim);
  const SystemDifferences systems = CompareSystems(inputs->system_info, SystemInfo(file.context));
  WarnOfSystems(systems, streams);
  const Tally tally = Print(*cases, inputs->rule, systems.hardware.empty(), streams.out);
  if (tally.refuted > 0) return kDoesNotHold;
  if (tally.not_measured == cases->size()) return kBadUsage;
  const bool open = tally.inconclusive + tally.not_measured > 0;
  return open && options.require_conclusive ? kInconclusive : kHolds;
}

}  // namespace podium::report
