#include "bench/register.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/energy.h"
#include "bench/memory.h"

namespace podium::bench {
namespace {

struct Registration {
  std::string family, variant, workload_keys;
  MakeRow make;
  bool best_isa_only;
};

std::vector<Registration>& Registrations() {
  static auto* const registrations = new std::vector<Registration>;
  return *registrations;
}

std::vector<Variant>& MutableVariants() {
  static auto* const variants = new std::vector<Variant>;
  return *variants;
}

bool g_any_result_was_wrong = false;

// A row that was built and verified, or the reason why there is none.
struct VerifiedRow {
  std::string name;
  Row row;
  std::string error;
};

// Google Benchmark calls a benchmark's function again for each repetition and each guess at the
// number of iterations; interleaved repetitions come back to a row after all the others. Rows are
// kept, the least recently used dropped beyond a budget, so that none is built and verified anew
// for each of these calls.
class RowCache {
 public:
  const VerifiedRow& Get(const std::string& name, const MakeRow& make, const KernelTable& kernels) {
    for (auto it = rows_.begin(); it != rows_.end(); ++it) {
      if ((*it)->name == name) {
        rows_.splice(rows_.begin(), rows_, it);
        return *rows_.front();
      }
    }
    std::size_t bytes = 0;
    for (auto it = rows_.begin(); it != rows_.end();) {
      bytes += (*it)->row.operand_bytes;
      it = bytes > budget_bytes_ ? rows_.erase(it) : std::next(it);
    }
    rows_.push_front(Build(name, make, kernels));
    return *rows_.front();
  }

 private:
  // A quarter of the memory, at least 1 GiB.
  static std::size_t BudgetBytes() {
    const auto pages = static_cast<double>(sysconf(_SC_PHYS_PAGES)),
               page = static_cast<double>(sysconf(_SC_PAGESIZE));
    return static_cast<std::size_t>(std::max(pages * page / 4, 0x1p30));
  }

  static std::unique_ptr<VerifiedRow> Build(const std::string& name, const MakeRow& make,
                                            const KernelTable& kernels) {
    auto verified = std::make_unique<VerifiedRow>();
    verified->name = name;
    verified->row = make(kernels);
    verified->error = verified->row.error;
    if (!verified->error.empty()) return verified;
    if (verified->row.verify_needs_run) verified->row.run();
    const absl::Status status = verified->row.verify();
    if (!status.ok()) {
      g_any_result_was_wrong = true;
      verified->error = absl::StrCat("wrong result: ", status.message());
    }
    return verified;
  }

  const std::size_t budget_bytes_ = BudgetBytes();
  std::list<std::unique_ptr<VerifiedRow>> rows_;
};

// A counter that is 0 is left out: Google Benchmark gives it a coefficient of variation of NaN, and a
// file with a NaN is no JSON.
void SetCounter(benchmark::State& state, const std::string& name, double value) {
  if (value != 0) state.counters[name] = value;
}

// `seconds` of wall time an iteration. Google Benchmark's own rates are per second of CPU time, which
// on a busy machine contradicts the row's time.
void SetCounters(benchmark::State& state, const Row& row, double seconds, double bandwidth) {
  for (const auto& [name, amount] : row.work) SetCounter(state, name, amount / seconds);
  if (row.peak_per_second != 0) {
    SetCounter(state, "of_peak", row.work[0].second / seconds / row.peak_per_second);
  }
  for (const auto& [name, value] : row.figures) SetCounter(state, name, value);
  if (row.found) {
    for (const auto& [name, value] : row.found()) SetCounter(state, name, value);
  }
  if (row.copy_per_second) {
    SetCounter(state, "of_copy", row.bytes / seconds / row.copy_per_second());
  }
  SetCounter(state, "bytes", row.bytes / seconds);
  if (bandwidth > 0) SetCounter(state, "of_read_memory", row.bytes / seconds / bandwidth);
  SetCounter(state, "size_bytes", row.size_bytes);
  SetCounter(state, "params", row.params);
  if (row.quality) {
    SetCounter(state, "max_rel_err", row.quality->max_rel_err);
    SetCounter(state, "sqnr_db", row.quality->sqnr_db);
    SetCounter(state, "top1_agreement", row.quality->top1_agreement);
  }
}

// Joules of an iteration, everything else that ran on the CPU meanwhile included. The counters move once a
// millisecond: of a loop shorter than 20 of these there is no figure.
void SetEnergy(benchmark::State& state, const EnergyMeter::Reading& start, double seconds) {
  const std::optional<double> joules = ThisEnergyMeter().JoulesSince(start);
  if (!joules || seconds < 0.02) return;
  SetCounter(state, "energy_j", *joules / static_cast<double>(state.iterations()));
}

void RunRow(benchmark::State& state, const std::string& name, const MakeRow& make,
            const KernelTable& kernels) {
  static auto* const cache = new RowCache;
  const VerifiedRow& verified = cache->Get(name, make, kernels);
  if (!verified.error.empty()) return state.SkipWithError(verified.error.c_str());
  const Row& row = verified.row;
  if (!row.label.empty()) state.SetLabel(row.label);
  const double bandwidth = row.read_bandwidth ? row.read_bandwidth() : 0;
  const EnergyMeter::Reading energy = ThisEnergyMeter().Read();
  const HeapMonitor heap;
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    row.run();
    benchmark::ClobberMemory();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto iterations = static_cast<double>(state.iterations());
  // Read before the counters themselves allocate.
  const auto allocations = static_cast<double>(heap.allocations());
  const auto peak_bytes = static_cast<double>(heap.peak_bytes());
  SetCounter(state, "allocs_per_iter", allocations / iterations);
  SetCounter(state, "max_bytes_used", static_cast<double>(row.operand_bytes) + peak_bytes);
  SetCounters(state, row, elapsed.count() / iterations, bandwidth);
  SetEnergy(state, energy, elapsed.count());
}

bool IsSupported(const KernelTable& kernels) {
  for (const KernelTable* supported : SupportedKernels()) {
    if (supported == &kernels) return true;
  }
  return false;
}

void RegisterRow(const Registration& r, const KernelTable& kernels) {
  const std::string isa(IsaName(kernels.isa));
  const std::string name =
      absl::StrCat(r.family, "/variant:", r.variant, "/isa:", isa, r.workload_keys);
  if (!IsSupported(kernels)) {
    // podium replicate tells this message from those of wrong results.
    const std::string error = absl::StrCat("no ", isa, " on this CPU or under PODIUM_ISA");
    benchmark::RegisterBenchmark(
        name.c_str(), [error](benchmark::State& state) { state.SkipWithError(error.c_str()); });
    return;
  }
  benchmark::RegisterBenchmark(name.c_str(), [name, &r, &kernels](benchmark::State& state) {
    RunRow(state, name, r.make, kernels);
  });
}

void Register(const Variant& variant, const Keys& keys, const MakeRow& make, bool best_isa_only) {
  bool known = false;
  for (const Variant& v : MutableVariants()) {
    known = known || (v.family == variant.family && v.name == variant.name);
  }
  if (!known) MutableVariants().push_back(variant);
  std::string workload_keys;
  for (const auto& [key, value] : keys) absl::StrAppend(&workload_keys, "/", key, ":", value);
  Registrations().push_back({variant.family, variant.name, workload_keys, make, best_isa_only});
}

}  // namespace

void RegisterForEachIsa(const Variant& variant, const Keys& keys, const MakeRow& make) {
  Register(variant, keys, make, /*best_isa_only=*/false);
}

void RegisterForBestIsa(const Variant& variant, const Keys& keys, const MakeRow& make) {
  Register(variant, keys, make, /*best_isa_only=*/true);
}

const std::vector<Variant>& Variants() { return MutableVariants(); }

absl::Status RegisterWithGoogleBenchmark(const std::string& isa) {
  bool found = false;
  for (const KernelTable* kernels : BuiltKernels()) {
    // The reference defines results; it is no competitor.
    if (kernels->isa == Isa::kReference) continue;
    const bool chosen =
        isa == "all" || (isa == "best" ? kernels == &BestKernels() : isa == IsaName(kernels->isa));
    found = found || chosen;
    for (const Registration& r : Registrations()) {
      if (chosen && (!r.best_isa_only || kernels == &BestKernels())) RegisterRow(r, *kernels);
    }
  }
  if (found) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--isa=", isa,
                   ": no such instruction set in this build, or no SIMD at all: see bench --help"));
}

bool AnyResultWasWrong() { return g_any_result_was_wrong; }

}  // namespace podium::bench
