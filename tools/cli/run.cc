// podium run -o run.json -- ./bench ...
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/measure.h"
#include "tools/runner/bench_process.h"
#include "tools/runner/process.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Measures a Google Benchmark program in fresh processes, the sides of each comparison in turn\n"
    "and in balanced order: the variants of a workload (variant:V in the name), or two programs.\n"
    "\n"
    "usage: podium run -o FILE [FLAGS] -- PROGRAM [ITS FLAGS]\n"
    "       podium run -o FILE --baseline_binary=OLD [FLAGS] -- NEW [ITS FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium run --plan=quick -o run.json -- ./bench --isa=best \\\n"
    "         --benchmark_filter=int8_matmul/.*/M:128/\n"
    "  podium compare run.json\n"
    "  podium run --baseline_binary=./bench.old -o run.json -- ./bench --isa=best\n"
    "  podium run --launcher=\"mpirun -n 4 --map-by node\" -o run.json -- ./bench --isa=best\n"
    "\n"
    "A round is one process of each side of each workload. quick: 6 rounds, the fewest that can "
    "be\n"
    "significant; for factors. standard: 20 resolve about 1.3% where rounds scatter by 2%. "
    "strict:\n"
    "50, about 0.8%. A row is measured for 0.02 to 0.05 s in each process, or as long as\n"
    "--benchmark_min_time says: more processes tell more than longer ones.\n"
    "\n"
    "With --launcher each rank runs the program on its host, all in the same order; FILE must lie\n"
    "in a directory that all hosts share. For Slurm: --launcher=\"srun -N 4 "
    "--ntasks-per-node=1\",\n"
    "or tools/slurm.sbatch. It is split at blanks; no shell reads it.\n"
    "\n"
    "Ctrl-C ends the run and keeps the processes that are complete.\n"
    "\n"
    "Exit status: 0 written, all as planned; 1 written, but a process failed or the run was\n"
    "interrupted; 2 nothing written.\n";

struct Options {
  MeasureFlags measure;
  std::string output;
  std::string rank_directory;  // set by RunBenchOnRanks alone
  std::string env_padding;
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("o", &options.output, "FILE", "the run file to write; required");
  AddPlanFlags(flags, options.measure);
  flags.Add("target_ci", &options.measure.target_ci, "F",
            "stop a workload when its interval is this tight, such as 1%; at most 200 rounds");
  flags.Add("baseline_binary", &options.measure.baseline_binary, "FILE",
            "compare the program with this one, by the same flags");
  flags.Add("launcher", &options.measure.launcher, "CMD", "run on many hosts through mpirun, srun");
  return flags;
}

// In a rank that the launcher started.
int RunRank(const Options& options, const std::vector<std::string>& command, Streams streams) {
  BenchCommand bench{command};
  absl::Status status;
  if (const auto timeout = ParseSeconds("--process_timeout", options.measure.process_timeout);
      timeout.ok()) {
    bench.timeout_s = *timeout;
  } else {
    status = timeout.status();
  }
  if (!absl::SimpleAtoi(options.env_padding, &bench.env_padding_bytes)) {
    status = absl::InvalidArgumentError("--env_padding: no number");
  }
  if (status.ok()) {
    const InterruptGuard guard;
    status = RunBenchAsRank(bench, options.rank_directory);
  }
  return status.ok() ? kHolds : Refuse("run", status, streams);
}

int Report(const RunResult& result, const std::string& output, Streams streams) {
  const RunRecord& record = result.record;
  std::size_t failed = 0;
  for (const ProcessRecord& process : record.processes) {
    failed += process.status != ProcessStatus::kOk;
  }
  const std::string why = record.stopped_because == "rounds"      ? "all rounds run"
                          : record.stopped_because == "target_ci" ? "every interval is tight"
                          : record.stopped_because == "max_time"  ? "stopped at --max_time"
                                                                  : "interrupted";
  streams.err << "wrote " << OneLine(output) << ": " << Count(result.rows.size(), "row") << " of "
              << record.processes.size()
              << (record.processes.size() == 1 ? " process, " : " processes, ") << why;
  if (failed > 0) streams.err << ", " << failed << " failed";
  streams.err << "\n";
  return result.complete ? kHolds : kDoesNotHold;
}

}  // namespace

int Run(Arguments args, Streams streams) {
  Options options;
  FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  flags.Add("rank_directory", &options.rank_directory, "DIR", "");
  flags.Add("env_padding", &options.env_padding, "N", "");
  const std::string command_line = absl::StrCat("podium run ", absl::StrJoin(args, " "));
  const auto command = TakeCommand(args);
  if (!command.ok()) return Refuse("run", command.status(), streams);
  const auto positional = flags.Parse(args);
  absl::Status status = positional.status();
  if (status.ok() && !positional->empty()) {
    status = absl::InvalidArgumentError(
        absl::StrCat(positional->front(), ": unexpected: the program stands behind --"));
  }
  if (!status.ok()) return Refuse("run", status, streams);
  if (!options.rank_directory.empty()) return RunRank(options, *command, streams);

  status = CheckRunOutput(options.output);
  if (!status.ok()) return Refuse("run", status, streams);
  const auto request = MakeRequest(options.measure, *command, options.output);
  if (!request.ok()) return Refuse("run", request.status(), streams);
  auto blocks = FindBlocks(*request);
  if (!blocks.ok()) return Refuse("run", blocks.status(), streams);
  auto result = Measure(*request, *std::move(blocks), "run", streams);
  if (!result.ok()) return Refuse("run", result.status(), streams);
  status = WriteRun(*result, command_line, options.output);
  if (!status.ok()) return Refuse("run", status, streams);
  return Report(*result, options.output, streams);
}

}  // namespace podium::report
