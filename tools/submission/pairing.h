// Which entries are compared: the baseline of each workload against its other variants.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/submission/model.h"

namespace podium::report {

struct Pair {
  const Entry* baseline;
  const Entry* optimized;
  std::string workload;  // "int8_matmul/M:64/N:4096/K:1024"; of other suites, the shared keys
};

struct Pairing {
  std::vector<Pair> pairs;             // in the order of the optimized entries
  std::vector<const Entry*> left_out;  // optimized entries that have no pair
  std::vector<std::string> warnings;   // one line for each of them, and for each pair of two ISAs
  // A workload has several variants, but nothing says which one is the baseline.
  std::vector<std::string> families_without_baseline;
};

// The variant of a row is its `variant:` key; a row without one is its own family's only variant,
// so that other suites' rows pair too: --baseline=BM_Old --optimized=BM_New pairs BM_Old/8 with
// BM_New/8. A full row name selects that row alone.
//
// Both sides have the same ISA; where the baseline lacks it and has just one other, that one is
// taken, with a warning. Entries that failed are not paired. Pointers are into `entries`.
Pairing PairEntries(const std::vector<Entry>& entries, const Selection& selection);

// The pair's figures, by the design found in the entries, and its verdict as if it were alone.
absl::StatusOr<Judgement> JudgePair(const Pair& pair, SameRun same_run, const VerdictRule& rule);

// The verdicts of all comparisons, as they are judged together.
void SettleAll(std::vector<Comparison>& comparisons, const VerdictRule& rule);

// InvalidArgument if --baseline and --optimized select no row at all to compare; the message says
// in which families their variants are.
absl::Status CheckPairs(const std::string& path, const std::vector<Entry>& entries,
                        const Selection& selection);

// Every variant that --baseline or --optimized could name, sorted; families if no row has a
// variant.
std::vector<std::string> VariantNames(const std::vector<Entry>& entries);

}  // namespace podium::report
