#include "tools/runner/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/gbench/reader.h"
#include "tools/runner/bench_process.h"
#include "tools/runner/log_times.h"
#include "tools/runner/process.h"
#include "tools/runner/row_text.h"

namespace podium::report {
namespace {

// In a row: what failed twice would fail again, each time perhaps for the whole of the timeout.
constexpr int kMostFailures = 2;

// Entries of a context that differ from process to process and say nothing about the machine.
bool IsVolatile(absl::string_view key) {
  for (absl::string_view name : {"date", "load_avg", "mhz_per_cpu", "executable", "podium.command",
                                 "podium.timer_overhead_ns"}) {
    if (key == name) return true;
  }
  return false;
}

bool HasFlag(const std::vector<std::string>& command, absl::string_view flag) {
  return std::any_of(command.begin(), command.end(),
                     [&](const std::string& arg) { return absl::StartsWith(arg, flag); });
}

class Run {
 public:
  Run(const RunRequest& request, std::vector<Block> blocks, const Observer& observer)
      : request_(request),
        observer_(observer),
        schedule_(std::move(blocks), request.seed),
        states_(schedule_.blocks().size()) {
    for (std::size_t b = 0; b < states_.size(); ++b) {
      const std::size_t sides = Sides(b);
      const auto square = static_cast<long>(BalancedOrders(sides).size());
      states_[b].rounds = (request.plan.rounds + square - 1) / square * square;
      states_[b].failures.assign(sides, 0);
      longest_square_ = std::max(longest_square_, square);
      rounds_ = std::max(rounds_, states_[b].rounds);
      planned_ += states_[b].rounds * static_cast<long>(sides);
    }
  }

  absl::StatusOr<RunResult> Execute() {
    const InterruptGuard guard;
    for (round_ = 0;; ++round_) {
      const std::vector<std::size_t> active = Active();
      if (active.empty() || !HasTimeForMore(active)) break;
      if (absl::StatusOr<bool> go_on = RunRound(active); !go_on.ok() || !*go_on) {
        if (!go_on.ok()) return go_on.status();
        break;
      }
      if (request_.target_ci) StopWhatIsTight(active);
    }
    if (result_.rows.empty()) return NothingMeasured();
    Describe();
    return std::move(result_);
  }

 private:
  struct BlockState {
    long rounds = 0;  // planned: whole squares
    LogTimes times;
    std::vector<int> failures;  // by side, in a row
    bool is_tight = false;
  };

  std::size_t Sides(std::size_t block) const { return schedule_.blocks()[block].sides.size(); }
  double Elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  std::vector<std::size_t> Active() const {
    std::vector<std::size_t> active;
    for (std::size_t b = 0; b < states_.size(); ++b) {
      const BlockState& state = states_[b];
      const bool failed =
          *std::min_element(state.failures.begin(), state.failures.end()) >= kMostFailures;
      if (round_ < state.rounds && !state.is_tight && !failed) active.push_back(b);
    }
    return active;
  }

  // Between two squares, if the next would not end in time, by the time of the rounds before.
  bool HasTimeForMore(const std::vector<std::size_t>& active) {
    if (!request_.max_time_s || round_ == 0) return true;
    for (const std::size_t b : active) {
      if (!schedule_.IsBalanced(b)) return true;
    }
    const double per_round = Elapsed() / static_cast<double>(round_);
    if (Elapsed() + per_round * static_cast<double>(longest_square_) <= *request_.max_time_s) {
      return true;
    }
    stopped_because_ = "max_time";
    return false;
  }

  // False if the run has to end now.
  absl::StatusOr<bool> RunRound(const std::vector<std::size_t>& active) {
    for (const Cell& cell : schedule_.NextRound(active)) {
      if (states_[cell.block].failures[cell.side] >= kMostFailures) continue;
      if (request_.max_time_s && Elapsed() > *request_.max_time_s) {
        stopped_because_ = "max_time";
        return false;
      }
      observer_.on_progress({round_, rounds_, done_, planned_, Elapsed()});
      absl::StatusOr<std::vector<BenchResult>> results = Start(cell);
      if (!results.ok()) return results.status();
      if (InterruptGuard::Interrupted()) {
        stopped_because_ = "interrupted";
        result_.complete = false;
        return false;
      }
      bool any_time = false;
      for (BenchResult& result : *results) any_time |= Take(cell, std::move(result));
      CountFailure(cell, any_time);
      ++done_;
    }
    return true;
  }

  absl::StatusOr<std::vector<BenchResult>> Start(const Cell& cell) {
    const RunSide& side = schedule_.blocks()[cell.block].sides[cell.side];
    BenchCommand command{request_.command, request_.process_timeout_s, cell.env_padding_bytes};
    if (request_.baseline_binary && side.binary == 0) command.argv[0] = *request_.baseline_binary;
    if (!HasFlag(command.argv, "--benchmark_min_time")) {
      command.argv.push_back(absl::StrCat("--benchmark_min_time=", request_.plan.min_time_s));
    }
    command.argv.push_back("--benchmark_report_aggregates_only=false");
    command.argv.push_back("--benchmark_filter=" + ExactFilter(side.rows));
    if (!request_.launcher.empty()) {
      return RunBenchOnRanks(command, request_.launcher, request_.shared_directory);
    }
    absl::StatusOr<BenchResult> result = RunBench(command);
    if (!result.ok()) return result.status();
    std::vector<BenchResult> results;
    results.push_back(*std::move(result));
    return results;
  }

  // Adds one process with its rows to the result. True if one of them has a time.
  bool Take(const Cell& cell, BenchResult bench) {
    const RunSide& side = schedule_.blocks()[cell.block].sides[cell.side];
    ProcessRecord& record = bench.record;
    record.round = round_;
    record.order = done_;
    record.side = side.name;
    const std::size_t process = result_.record.processes.size();
    bool any_time = false;
    const absl::StatusOr<RunFile> file =
        ParseRunFile(record.binary, bench.json, [&](const Row& row) {
          result_.rows.push_back({process, ValidRowText(row.text)});
          const auto found = std::find(side.rows.begin(), side.rows.end(), row.run_name);
          if (row.kind != RowKind::kIteration || !(row.real_time_s.value_or(0) > 0)) return;
          any_time = true;
          if (found == side.rows.end()) return;
          states_[cell.block].times.Add(cell.side,
                                        static_cast<std::size_t>(found - side.rows.begin()), round_,
                                        std::log(*row.real_time_s));
        });
    if (record.status == ProcessStatus::kOk && !file.ok()) {
      record.status = ProcessStatus::kCrashed;
      record.message = "left no result";
    }
    if (file.ok()) TakeContext(*file, bench.json, record);
    if (record.status != ProcessStatus::kOk) {
      result_.complete = false;
      observer_.on_trouble(absl::StrCat(absl::StrJoin(side.rows, ", "), " (", side.name, ", round ",
                                        round_ + 1, "): ", record.message));
    }
    result_.record.processes.push_back(std::move(record));
    return any_time;
  }

  void TakeContext(const RunFile& file, const std::string& json, ProcessRecord& record) {
    if (result_.context.empty()) {
      result_.context = ValidContextText(json);
      context_ = file.context;
      return;
    }
    for (const auto& [key, value] : file.context) {
      const auto found = context_.find(key);
      const bool is_new = found == context_.end() || found->second != value;
      if (is_new && !IsVolatile(key)) record.context_differences[key] = value;
    }
  }

  void CountFailure(const Cell& cell, bool any_time) {
    const RunSide& side = schedule_.blocks()[cell.block].sides[cell.side];
    int& failures = states_[cell.block].failures[cell.side];
    failures = any_time ? 0 : failures + 1;
    if (failures < kMostFailures) return;
    observer_.on_trouble(absl::StrCat(absl::StrJoin(side.rows, ", "), " (", side.name,
                                      "): no time in two rounds: not run again"));
  }

  void StopWhatIsTight(const std::vector<std::size_t>& active) {
    for (const std::size_t b : active) {
      const std::size_t rows = schedule_.blocks()[b].sides[0].rows.size();
      if (schedule_.IsBalanced(b)) {
        states_[b].is_tight = states_[b].times.AllTight(Sides(b), rows, *request_.target_ci);
      }
    }
  }

  absl::Status NothingMeasured() const {
    if (stopped_because_ == "interrupted") {
      return absl::CancelledError("interrupted before the first process was complete");
    }
    const std::vector<ProcessRecord>& processes = result_.record.processes;
    return absl::InvalidArgumentError(
        absl::StrCat(request_.command[0], ": no process left a result: ",
                     processes.empty() ? "--max_time is too short" : processes.front().message));
  }

  void Describe() {
    bool all_tight = true;
    std::size_t most_sides = 1;
    for (std::size_t b = 0; b < states_.size(); ++b) {
      all_tight = all_tight && states_[b].is_tight;
      most_sides = std::max(most_sides, Sides(b));
    }
    RunRecord& record = result_.record;
    record.plan = request_.plan.name;
    record.design = most_sides == 1 ? "single" : most_sides == 2 ? "abba" : "latin_square";
    record.seed = absl::StrCat(request_.seed);
    record.rounds = request_.plan.rounds;
    record.target_ci = request_.target_ci;
    record.stopped_because = !stopped_because_.empty() ? stopped_because_
                             : all_tight               ? "target_ci"
                                                       : "rounds";
  }

  const RunRequest& request_;
  const Observer& observer_;
  Schedule schedule_;
  std::vector<BlockState> states_;  // by block
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  long longest_square_ = 1;
  long rounds_ = 0;   // of the block that has the most
  long planned_ = 0;  // processes
  long round_ = 0;
  long done_ = 0;  // processes
  std::string stopped_because_;
  std::map<std::string, std::string> context_;  // of the process that result_.context comes from
  RunResult result_;
};

}  // namespace

absl::StatusOr<RunResult> RunBlocks(const RunRequest& request, std::vector<Block> blocks,
                                    const Observer& observer) {
  return Run(request, std::move(blocks), observer).Execute();
}

}  // namespace podium::report
