// podium run, as its user sees it; what it measures is tested in tests/tools/runner.
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "gmock/gmock.h"
#include "run_podium.h"
#include "tools/gbench/reader.h"
#include "tools/runner/process.h"

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class RunCommandTest : public PodiumTest {
 protected:
  // podium run FLAGS -o run.json -- fake_bench MORE
  Outcome Run(std::vector<std::string> flags, const std::vector<std::string>& more) const {
    flags.insert(flags.begin(), "run");
    flags.insert(flags.end(), {"-o", Own("run.json"), "--", PODIUM_FAKE_BENCH});
    flags.insert(flags.end(), more.begin(), more.end());
    return Podium(flags);
  }
  RunFile Written() const {
    const absl::StatusOr<RunFile> file = ReadRunFile(Own("run.json"));
    EXPECT_TRUE(file.ok()) << file.status();
    return file.value_or(RunFile());
  }
  bool IsWritten() const { return std::filesystem::exists(Own("run.json")); }
};

TEST_F(RunCommandTest, WritesARunFileThatSaysHowItWasMade) {
  const Outcome outcome =
      Run({"--plan=quick", "--seed=7"}, {"--rows=w/variant:a/n:1,w/variant:b/n:1"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("12 rows of 12 processes, all rounds run"));
  const RunFile file = Written();
  ASSERT_TRUE(file.record);
  EXPECT_EQ(file.record->plan, "quick");
  EXPECT_EQ(file.record->seed, "7");
  EXPECT_EQ(file.record->rounds, 6);
  EXPECT_THAT(file.record->command, StartsWith("podium run --plan=quick --seed=7 -o "));
  EXPECT_FALSE(file.record->tool_version.empty());
}

TEST_F(RunCommandTest, ProgressOutsideATerminalIsPlainLines) {
  const Outcome outcome = Run({"--rounds=2"}, {"--rows=a"});
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("podium run: round 1 of 2, process 1 of 2, 0 s\n"),
                                 Not(HasSubstr("\r")), Not(HasSubstr("\033"))));
}

TEST_F(RunCommandTest, AFailedProcessIsStatus1AndTheFileIsWritten) {
  const Outcome outcome = Run({"--rounds=2"}, {"--rows=a,b", "--crash=a"});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("warning: a (, round 1): signal 6"), HasSubstr(", 2 failed\n")));
  EXPECT_THAT(Written().rows, SizeIs(2));
}

TEST_F(RunCommandTest, WrongUseIsOneLineAndWritesNothing) {
  for (const auto& [flags, more, what] :
       {std::tuple<std::vector<std::string>, std::vector<std::string>, std::string>{
            {"--plan=huge"}, {"--rows=a"}, "must be quick, standard or strict"},
        {{"--rounds=0"}, {"--rows=a"}, "must be a whole number"},
        {{"--target_ci=x"}, {"--rows=a"}, "such as 1%"},
        {{"--max_time=10"}, {"--rows=a"}, "write it like 90s"},
        {{"--process_timeout=-1s"}, {"--rows=a"}, "write it like 90s"},
        {{"--seed=1.5"}, {"--rows=a"}, "must be a whole number"},
        {{"--baseline_binary=./none"}, {"--rows=a"}, "./none: cannot be started"},
        {{"--launcher=./none"}, {"--rows=a"}, "./none: cannot be started"},
        {{"extra"}, {"--rows=a"}, "the program stands behind --"},
        {{}, {"--rows="}, "lists no benchmarks"},
        {{}, {"--rows=a", "--benchmark_out=x"}, "podium sets this itself"},
        {{"-o", "/"}, {"--rows=a"}, ""}}) {
    const Outcome outcome = Run(flags, more);
    if (what.empty()) continue;
    EXPECT_EQ(outcome.status, kBadUsage) << what;
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_FALSE(IsWritten()) << what;
  }
  EXPECT_THAT(Podium({"run", "-o", Own("run.json")}).err, HasSubstr("no program to measure"));
  EXPECT_THAT(Podium({"run", "--", PODIUM_FAKE_BENCH}).err, HasSubstr("give -o run.json"));
  EXPECT_THAT(Podium({"run", "-o", "/no/such/run.json", "--", PODIUM_FAKE_BENCH, "--rows=a"}).err,
              HasSubstr("cannot be written"));
}

// By a shell script that starts its arguments twice, as ranks 0 and 1: what any launcher does.
TEST_F(RunCommandTest, RanksOfALauncherLeaveOneResultEach) {
  Write("launch", "#!/bin/sh\nSLURM_PROCID=0 \"$@\" & SLURM_PROCID=1 \"$@\"; wait\n");
  std::filesystem::permissions(Own("launch"), std::filesystem::perms::owner_all);
  // podium as a process of its own: its ranks are its own program.
  const auto outcome =
      RunChild({{PODIUM_PROGRAM, "run", "--rounds=2", "--launcher=" + Own("launch"), "-o",
                 Own("run.json"), "--", PODIUM_FAKE_BENCH, "--rows=a"},
                {},
                60});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->message, "");
  const RunFile file = Written();
  EXPECT_THAT(file.rows, SizeIs(4));
  ASSERT_TRUE(file.record);
  EXPECT_EQ(file.record->processes.at(0).order, file.record->processes.at(1).order);
  EXPECT_NE(file.record->processes.at(0).order, file.record->processes.at(2).order);
}

TEST_F(RunCommandTest, OpenMpiRunsEveryRank) {
  if (RunChild({{"mpirun", "--version"}, {}, 60}).status().ok() == false) {
    GTEST_SKIP() << "no mpirun: apt-get install openmpi-bin";
  }
  const auto outcome =
      RunChild({{PODIUM_PROGRAM, "run", "--rounds=2", "--launcher=mpirun -n 3 --oversubscribe",
                 "-o", Own("run.json"), "--", PODIUM_FAKE_BENCH, "--rows=a"},
                {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"},
                300});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->message, "");
  const RunFile file = Written();
  EXPECT_THAT(file.rows, SizeIs(6));
  for (const Row& row : file.rows) EXPECT_FALSE(row.host.empty());
}

}  // namespace
}  // namespace podium::report
