#include "tools/cli/measure.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "tools/submission/embedded.h"
#include "tools/submission/files.h"

namespace podium::report {
namespace {

// With --target_ci it is the interval that ends a run; this ends one that never gets so tight.
constexpr long kMostRoundsForTarget = 200;
constexpr double kSecondsBetweenLines = 10;

absl::StatusOr<long> ParseCount(absl::string_view flag, const std::string& text) {
  long count = 0;
  if (absl::SimpleAtoi(text, &count) && count >= 1 && count <= kMostRounds) return count;
  return absl::InvalidArgumentError(
      absl::StrCat(flag, "=", text, ": must be a whole number from 1 to ", kMostRounds));
}

absl::Status SetPlan(const MeasureFlags& flags, RunPlan& plan) {
  const auto* found = std::find_if(std::begin(kPlans), std::end(kPlans),
                                   [&](const RunPlan& p) { return p.name == flags.plan; });
  if (found == std::end(kPlans)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--plan=", flags.plan, ": must be quick, standard or strict"));
  }
  plan = *found;
  if (!flags.target_ci.empty()) plan.rounds = std::max(plan.rounds, kMostRoundsForTarget);
  if (flags.rounds.empty()) return absl::OkStatus();
  const absl::StatusOr<long> rounds = ParseCount("--rounds", flags.rounds);
  if (!rounds.ok()) return rounds.status();
  plan.rounds = *rounds;
  if (*rounds != found->rounds) plan.name = "custom";
  return absl::OkStatus();
}

absl::Status SetTarget(const MeasureFlags& flags, RunRequest& request) {
  if (flags.target_ci.empty()) return absl::OkStatus();
  absl::string_view text = flags.target_ci;
  const bool percent = absl::ConsumeSuffix(&text, "%");
  double target = 0;
  const bool is_number = absl::SimpleAtod(text, &target);
  if (percent) target /= 100;
  if (!is_number || !(target > 0 && target <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--target_ci=", flags.target_ci, ": must lie between 0 and 100%, such as 1%"));
  }
  request.target_ci = target;
  return absl::OkStatus();
}

absl::Status SetTimes(const MeasureFlags& flags, RunRequest& request) {
  if (!flags.max_time.empty()) {
    const absl::StatusOr<double> max_time = ParseSeconds("--max_time", flags.max_time);
    if (!max_time.ok()) return max_time.status();
    request.max_time_s = *max_time;
  }
  const absl::StatusOr<double> timeout = ParseSeconds("--process_timeout", flags.process_timeout);
  if (!timeout.ok()) return timeout.status();
  request.process_timeout_s = *timeout;
  return absl::OkStatus();
}

absl::Status SetSeed(const std::string& seed, RunRequest& request) {
  if (seed.empty()) {
    std::random_device device;
    request.seed = device();
    return absl::OkStatus();
  }
  if (absl::SimpleAtoi(seed, &request.seed)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--seed=", seed, ": must be a whole number, such as 1"));
}

absl::Status CheckCommand(const std::vector<std::string>& command) {
  for (absl::string_view flag : {"--benchmark_out", "--benchmark_list_tests"}) {
    for (const std::string& arg : command) {
      if (!absl::StartsWith(arg, flag)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(arg, ": podium sets this itself for each process: leave it out"));
    }
  }
  return absl::OkStatus();
}

std::string Duration(double seconds) {
  const long s = std::lround(std::max(seconds, 0.0));
  if (s < 60) return absl::StrCat(s, " s");
  return absl::StrFormat("%d min %02d s", s / 60, s % 60);
}

// The one line of progress.
class ProgressLine {
 public:
  ProgressLine(absl::string_view command, Streams streams)
      : command_(command),
        err_(streams.err),
        is_terminal_(&streams.err == &std::cerr && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { Clear(); }

  void Show(const Progress& progress) {
    const double left = progress.done == 0
                            ? 0
                            : progress.elapsed_s / static_cast<double>(progress.done) *
                                  static_cast<double>(progress.planned - progress.done);
    const std::string round =
        absl::StrCat("round ", progress.round + 1, " of ", progress.rounds, ", process ",
                     progress.done + 1, " of ", progress.planned);
    const std::string left_text =
        progress.done == 0 ? "" : absl::StrCat(", about ", Duration(left), " left");
    if (is_terminal_) {  // short enough for 80 columns: what wraps cannot be overwritten
      constexpr long kWidth = 10;
      const long filled = kWidth * progress.done / std::max(progress.planned, 1L);
      err_ << "\r\033[K[" << std::string(static_cast<std::size_t>(filled), '#')
           << std::string(static_cast<std::size_t>(kWidth - filled), ' ') << "] " << round
           << left_text << std::flush;
      is_shown_ = true;
    } else if (progress.done == 0 || progress.elapsed_s >= next_line_s_) {
      err_ << "podium " << command_ << ": " << round << ", " << Duration(progress.elapsed_s)
           << left_text << "\n"
           << std::flush;
      next_line_s_ = progress.elapsed_s + kSecondsBetweenLines;
    }
  }

  void Clear() {
    if (is_shown_) err_ << "\r\033[K" << std::flush;
    is_shown_ = false;
  }

 private:
  const absl::string_view command_;
  std::ostream& err_;
  const bool is_terminal_;
  bool is_shown_ = false;
  double next_line_s_ = kSecondsBetweenLines;
};

}  // namespace

void AddPlanFlags(FlagReader& flags, MeasureFlags& values) {
  flags.Add("plan", &values.plan, "P", "quick (6 rounds), standard (20, default), strict (50)");
  flags.Add("rounds", &values.rounds, "N", "rounds, instead of the plan's");
  flags.Add("max_time", &values.max_time, "T", "stop in time, such as 10m");
  flags.Add("process_timeout", &values.process_timeout, "T",
            "a process that runs longer is stopped (default 10m)");
  flags.Add("workloads_per_process", &values.workloads_per_process, "N",
            "more than 1 where starting the program takes longer than measuring");
  flags.Add("seed", &values.seed, "N", "of order and padding; by default random, and recorded");
}

absl::Status CheckRunOutput(const std::string& output) {
  if (output.empty()) return absl::InvalidArgumentError("nowhere to write: give -o run.json");
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path directory = fs::absolute(output, ignored).parent_path();
  if (fs::is_directory(output, ignored) || access(directory.c_str(), W_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(output,
                     ": cannot be written: is a directory, or lies in none that can be written to: "
                     "name another file"));
  }
  return absl::OkStatus();
}

absl::Status WriteRun(RunResult& result, const std::string& command_line,
                      const std::string& output) {
  result.record.tool_version = std::string(kToolVersion);
  result.record.command = command_line;
  return WriteWholeFile(output, RunFileText(result));
}

absl::StatusOr<double> ParseSeconds(absl::string_view flag, const std::string& text) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration() &&
      duration <= absl::Hours(24 * 365)) {
    return absl::ToDoubleSeconds(duration);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag, "=", text, ": no time: write it like 90s, 10m or 1h"));
}

absl::StatusOr<std::vector<std::string>> TakeCommand(Arguments& args) {
  const auto separator = std::find(args.begin(), args.end(), "--");
  const auto flags = static_cast<std::size_t>(separator - args.begin());
  if (separator == args.end() || flags + 1 == args.size()) {
    return absl::InvalidArgumentError(
        "no program to measure: put it behind --, such as -- ./bench --isa=best");
  }
  std::vector<std::string> command(separator + 1, args.end());
  args = args.subspan(0, flags);
  return command;
}

absl::StatusOr<RunRequest> MakeRequest(const MeasureFlags& flags,
                                       const std::vector<std::string>& command,
                                       const std::string& output) {
  RunRequest request;
  request.command = command;
  request.baseline_binary = flags.baseline_binary;
  request.launcher = absl::StrSplit(flags.launcher, ' ', absl::SkipEmpty());
  if (!request.launcher.empty()) {
    std::error_code ignored;
    const auto directory = std::filesystem::absolute(output, ignored).parent_path();
    request.shared_directory = directory.string();
  }
  const absl::StatusOr<long> per_process =
      ParseCount("--workloads_per_process", flags.workloads_per_process);
  if (!per_process.ok()) return per_process.status();
  request.workloads_per_process = *per_process;
  for (const absl::Status& status :
       {CheckCommand(command), SetPlan(flags, request.plan), SetTarget(flags, request),
        SetTimes(flags, request), SetSeed(flags.seed, request)}) {
    if (!status.ok()) return status;
  }
  return request;
}

absl::StatusOr<RunResult> Measure(const RunRequest& request, std::vector<Block> blocks,
                                  absl::string_view command, Streams streams) {
  ProgressLine line(command, streams);
  const auto show = [&](const Progress& progress) { line.Show(progress); };
  const auto warn = [&](const std::string& trouble) {
    line.Clear();
    streams.err << "warning: " << OneLine(trouble) << "\n";
  };
  absl::StatusOr<RunResult> result = RunBlocks(request, std::move(blocks), {show, warn});
  if (!result.ok() || request.launcher.empty()) return result;
  // Ranks on one host measure each other.
  std::vector<std::pair<long, std::string>> places;
  for (const ProcessRecord& process : result->record.processes) {
    places.emplace_back(process.order, process.host);
  }
  std::sort(places.begin(), places.end());
  if (std::adjacent_find(places.begin(), places.end()) != places.end()) {
    warn(
        "several ranks ran on one host at the same time, each a load on the others: let the "
        "launcher start one a host");
  }
  return result;
}

}  // namespace podium::report
