#include "tools/runner/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>
#include <set>

#include "tools/gbench/name.h"
#include "tools/gbench/reader.h"

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kTwoVariants[] = "--rows=work/variant:old/n:1,work/variant:new/n:1";

RunRequest Request(std::vector<std::string> flags, long rounds = 2) {
  RunRequest request;
  request.command = {PODIUM_FAKE_BENCH};
  request.command.insert(request.command.end(), flags.begin(), flags.end());
  request.plan = {"custom", rounds, 0.01};
  request.seed = 1;
  request.process_timeout_s = 60;
  return request;
}

// A run of the fake program, and what it told its observer.
struct Ran {
  absl::StatusOr<RunResult> result;
  std::vector<std::string> troubles;
  RunFile file;  // what the reader makes of the file that it would write
};

Ran Execute(
    const RunRequest& request,
    const std::function<void(const Progress&)>& on_progress = [](const Progress&) {}) {
  Ran ran{absl::UnknownError("not run"), {}, {}};
  auto blocks = FindBlocks(request);
  EXPECT_TRUE(blocks.ok()) << blocks.status();
  if (!blocks.ok()) return ran;
  const auto note = [&](const std::string& trouble) { ran.troubles.push_back(trouble); };
  ran.result = RunBlocks(request, *blocks, {on_progress, note});
  if (!ran.result.ok()) return ran;
  auto file = ParseRunFile("run.json", RunFileText(*ran.result));
  EXPECT_TRUE(file.ok()) << file.status();
  if (file.ok()) ran.file = *std::move(file);
  EXPECT_THAT(ran.file.warnings, IsEmpty());
  return ran;
}

std::vector<std::string> Names(const Block& block) {
  std::vector<std::string> names;
  for (const RunSide& side : block.sides) {
    for (const std::string& row : side.rows) names.push_back(side.name + "=" + row);
  }
  return names;
}

TEST(FindBlocksTest, VariantsOfAWorkloadAreItsSides) {
  const auto blocks = FindBlocks(Request(
      {"--rows=w/variant:a/isa:x/n:1,w/variant:b/isa:x/n:1,w/variant:a/isa:y/n:1,other/8"}));
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  ASSERT_THAT(*blocks, SizeIs(3));
  EXPECT_THAT(Names((*blocks)[0]),
              ElementsAre("a=w/variant:a/isa:x/n:1", "b=w/variant:b/isa:x/n:1"));
  EXPECT_THAT(Names((*blocks)[1]), ElementsAre("a=w/variant:a/isa:y/n:1"));
  EXPECT_THAT(Names((*blocks)[2]), ElementsAre("=other/8"));
}

TEST(FindBlocksTest, OfTwoProgramsTheSidesAreTheProgramsWhateverTheVariants) {
  RunRequest request = Request({kTwoVariants});
  request.baseline_binary = PODIUM_FAKE_BENCH;
  const auto blocks = FindBlocks(request);
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  EXPECT_THAT(Names((*blocks)[0]),
              ElementsAre("baseline=work/variant:old/n:1", "contender=work/variant:old/n:1"));
  EXPECT_THAT(*blocks, SizeIs(2));
}

TEST(FindBlocksTest, WorkloadsOfTheSameSidesShareAProcessOnDemand) {
  RunRequest request = Request(
      {"--rows=w/variant:a/n:1,w/variant:b/n:1,w/variant:a/n:2,w/variant:b/n:2,w/variant:a/n:3"});
  request.workloads_per_process = 2;
  const auto blocks = FindBlocks(request);
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  EXPECT_THAT(Names((*blocks)[0]), ElementsAre("a=w/variant:a/n:1", "a=w/variant:a/n:2",
                                               "b=w/variant:b/n:1", "b=w/variant:b/n:2"));
  EXPECT_THAT(Names((*blocks)[1]), ElementsAre("a=w/variant:a/n:3"));
}

TEST(FindBlocksTest, TheFilterOfTheCommandChoosesRows) {
  const auto blocks = FindBlocks(Request({"--rows=a,b,c", "--benchmark_filter=b|c"}));
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  EXPECT_THAT(*blocks, SizeIs(2));
}

TEST(FindBlocksTest, NoRowIsAnErrorThatSaysHowToLook) {
  const auto blocks = FindBlocks(Request({"--rows=a", "--benchmark_filter=b"}));
  EXPECT_THAT(std::string(blocks.status().message()),
              AllOf(HasSubstr("lists no benchmarks"), HasSubstr("--benchmark_list_tests=true")));
}

TEST(RunBlocksTest, EveryRowSaysWhereItComesFrom) {
  const Ran ran = Execute(Request({kTwoVariants}, 4));
  ASSERT_TRUE(ran.file.record);
  EXPECT_THAT(ran.file.rows, SizeIs(8));
  EXPECT_THAT(ran.file.record->processes, SizeIs(8));
  EXPECT_EQ(ran.file.record->design, "abba");
  EXPECT_EQ(ran.file.record->stopped_because, "rounds");
  EXPECT_TRUE(ran.result->complete);
  std::map<long, std::set<std::string>> sides;
  for (const Row& row : ran.file.rows) {
    ASSERT_TRUE(row.process);
    const ProcessRecord& process = ran.file.record->processes[*row.process];
    EXPECT_EQ(process.side, ParseBenchmarkName(row.run_name).variant);
    EXPECT_EQ(process.order, static_cast<long>(*row.process));
    EXPECT_EQ(process.host, row.host);
    EXPECT_EQ(process.status, ProcessStatus::kOk);
    EXPECT_EQ(process.binary_sha256->size(), 64u);
    EXPECT_TRUE(process.load_average && process.start_time && process.wall_s);
    sides[process.round].insert(process.side);
  }
  EXPECT_THAT(sides, SizeIs(4));
  for (const auto& [round, names] : sides) {
    EXPECT_THAT(names, UnorderedElementsAre("old", "new")) << round;
  }
}

TEST(RunBlocksTest, EachProcessGetsThePaddingThatItsRecordNames) {
  const Ran ran = Execute(Request({kTwoVariants}, 2));
  ASSERT_TRUE(ran.file.record);
  const std::vector<ProcessRecord>& processes = ran.file.record->processes;
  EXPECT_EQ(ran.file.context.at("padding"), std::to_string(*processes[0].env_padding_bytes));
  EXPECT_EQ(processes[1].context_differences.at("padding"),
            std::to_string(*processes[1].env_padding_bytes));
}

TEST(RunBlocksTest, RowNamesAreNoPatterns) {
  const Ran ran = Execute(Request({"--rows=BM<a+b>(x)[1]{2}^$|*?.,BM<a>"}));
  EXPECT_THAT(ran.troubles, IsEmpty());
  EXPECT_THAT(ran.file.rows, SizeIs(4));
}

TEST(RunBlocksTest, BothProgramsRunInTurn) {
  RunRequest request = Request({"--rows=a"});
  request.baseline_binary = PODIUM_FAKE_BENCH;
  const Ran ran = Execute(request);
  std::vector<std::string> sides;
  for (const ProcessRecord& process : ran.file.record->processes) sides.push_back(process.side);
  EXPECT_THAT(sides, UnorderedElementsAre("baseline", "contender", "contender", "baseline"));
  EXPECT_EQ(sides[0], sides[3]);
}

TEST(RunBlocksTest, ThreeVariantsRunWholeSquares) {
  const Ran ran = Execute(Request({"--rows=w/variant:a/n:1,w/variant:b/n:1,w/variant:c/n:1"}, 2));
  EXPECT_THAT(ran.file.rows, SizeIs(18));  // six orders of three
  EXPECT_EQ(ran.file.record->design, "latin_square");
}

TEST(RunBlocksTest, ACrashIsToldAndTheRestGoesOn) {
  const Ran ran = Execute(Request({"--rows=a,b", "--crash=a"}, 4));
  EXPECT_FALSE(ran.result->complete);
  EXPECT_THAT(ran.file.rows, SizeIs(4));
  EXPECT_THAT(ran.troubles,
              Contains(AllOf(HasSubstr("a (, round 1): signal 6"), HasSubstr("about to crash"))));
  EXPECT_THAT(ran.troubles, Contains(HasSubstr("no time in two rounds: not run again")));
  int crashed = 0;
  for (const ProcessRecord& process : ran.file.record->processes) {
    crashed += process.status == ProcessStatus::kCrashed;
  }
  EXPECT_EQ(crashed, 2);
}

TEST(RunBlocksTest, WhatWasCompleteBeforeACrashIsKept) {
  RunRequest request = Request({"--rows=a,b", "--crash=b"}, 1);
  request.workloads_per_process = 2;
  const Ran ran = Execute(request);
  ASSERT_THAT(ran.file.rows, SizeIs(1));
  EXPECT_EQ(ran.file.rows[0].run_name, "a");
}

TEST(RunBlocksTest, AHungProcessIsToldAndTheRestGoesOn) {
  RunRequest request = Request({"--rows=a,b", "--hang=a"});
  request.process_timeout_s = 0.5;
  const Ran ran = Execute(request);
  EXPECT_THAT(ran.troubles, Contains(HasSubstr("still running after 0.5 s")));
  EXPECT_THAT(ran.file.rows, SizeIs(2));
}

TEST(RunBlocksTest, AProcessThatWritesNothingIsToldAndTheRestGoesOn) {
  const Ran ran = Execute(Request({"--rows=a,b", "--silent=a"}));
  EXPECT_THAT(ran.file.rows, SizeIs(2));
  EXPECT_FALSE(ran.troubles.empty());
}

TEST(RunBlocksTest, ARowThatFailsIsKeptAsAnErrorAndNotTriedForEver) {
  const Ran ran = Execute(Request({"--rows=a,b", "--fail=a"}, 6));
  int errors = 0;
  for (const Row& row : ran.file.rows) errors += row.kind == RowKind::kError;
  EXPECT_EQ(errors, 2);
  EXPECT_THAT(ran.file.rows, SizeIs(8));
}

TEST(RunBlocksTest, ABareNanBecomesNullSoThatTheFileIsJson) {
  const auto blocks = FindBlocks(Request({"--rows=a"}));
  const RunRequest request = Request({"--rows=a", "--nan=a"});
  const auto nothing = [](const auto&) {};
  const auto result = RunBlocks(request, *blocks, {nothing, nothing});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(RunFileText(*result), AllOf(HasSubstr("\"ops\": null"), Not(HasSubstr("NaN"))));
}

TEST(RunFileTextTest, TheCommandOfASingleProcessIsLeftOut) {
  RunResult result;
  result.context =
      R"({"host_name": "h", "podium.command": "./bench --benchmark_out=/tmp/1/out.json"})";
  EXPECT_THAT(RunFileText(result), AllOf(HasSubstr("host_name"), Not(HasSubstr("out.json"))));
}

TEST(RunBlocksTest, NothingMeasuredIsAnError) {
  const RunRequest request = Request({"--rows=a", "--crash=a"});
  const Ran ran = Execute(request);
  EXPECT_THAT(std::string(ran.result.status().message()),
              HasSubstr("no process left a result: signal 6"));
}

TEST(RunBlocksTest, AnInterruptKeepsWhatIsComplete) {
  const Ran ran = Execute(Request({kTwoVariants}, 100), [](const Progress& progress) {
    if (progress.done == 5) kill(getpid(), SIGINT);
  });
  EXPECT_FALSE(ran.result->complete);
  EXPECT_EQ(ran.file.record->stopped_because, "interrupted");
  EXPECT_THAT(ran.file.rows, SizeIs(5));
}

// Within 0.4 % of each other, the times are tight soon after the fewest rounds that the rule looks
// at.
TEST(RunBlocksTest, ATargetEndsEachWorkloadInItsOwnTime) {
  RunRequest request = Request({"--rows=work/variant:old/n:1,work/variant:new/n:1"}, 200);
  request.target_ci = 0.01;
  const Ran ran = Execute(request);
  EXPECT_EQ(ran.file.record->stopped_because, "target_ci");
  EXPECT_THAT(ran.file.rows.size(), testing::AllOf(testing::Ge(10u), testing::Le(16u)));
  EXPECT_EQ(ran.file.record->target_ci, 0.01);
}

TEST(RunBlocksTest, MaxTimeEndsARun) {
  RunRequest request = Request({kTwoVariants}, 100000);
  request.max_time_s = 0.5;
  const Ran ran = Execute(request);
  EXPECT_EQ(ran.file.record->stopped_because, "max_time");
  EXPECT_TRUE(ran.result->complete);
}

}  // namespace
}  // namespace podium::report
