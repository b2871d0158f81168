#include "gmock/gmock.h"
#include "run_podium.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SubmitTest : public PodiumTest {};

TEST_F(SubmitTest, PrintsTheVerdictTable) {
  const Outcome outcome = Podium({"submit", Data("run.json"), "-o", Own("submission.json")});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_EQ(outcome.out, Golden("submit.golden.txt"));
}

TEST_F(SubmitTest, WritesWhatValidates) {
  Podium({"submit", Data("run.json"), "-o", Own("submission.json")});
  EXPECT_EQ(Podium({"validate", Own("submission.json")}).status, kHolds);
}

TEST_F(SubmitTest, WritesTheSameBytesForTheSameInput) {
  const std::vector<std::string> args = {"submit", Data("run.json"), "-o", Own("submission.json")};
  Podium(args);
  const std::string first = *ReadText(Own("submission.json"));
  Podium(args);
  EXPECT_EQ(*ReadText(Own("submission.json")), first);
}

TEST_F(SubmitTest, WritesTinyTorchThatValidates) {
  const Outcome outcome = Podium({"submit", Data("run.json"), "--format=tinytorch",
                                  "--workload=int8_matmul", "-o", Own("submission.json")});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(Podium({"validate", Own("submission.json")}).out,
              HasSubstr("valid (tinytorch, 1 comparison)"));
}

TEST_F(SubmitTest, TakesOtherSuitesFiles) {
  const Outcome outcome = Podium({"submit", Data("foreign.json"), "--baseline=BM_Old",
                                  "--optimized=BM_New", "-o", Own("submission.json")});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("BM_New vs BM_Old"));
}

TEST_F(SubmitTest, KeepsWarningsOffStdout) {
  const Outcome outcome = Podium({"submit", Data("foreign.json"), "-o", Own("submission.json")});
  EXPECT_THAT(outcome.out, Not(HasSubstr("warning")));
  EXPECT_THAT(outcome.err, HasSubstr("warning: CPU frequency scaling was on"));
}

TEST_F(SubmitTest, WritesNothingWhenItRefuses) {
  Podium({"submit", Data("truncated.json"), "-o", Own("submission.json")});
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SubmitTest, RefusesToReplaceTheRunFile) {
  const std::string run = *ReadText(Data("run.json"));
  Write("run.json", run);
  std::filesystem::create_symlink("run.json", Own("link.json"));
  for (const std::string& output : {Own("run.json"), Own("link.json")}) {
    const Outcome outcome = Podium({"submit", Own("run.json"), "-o", output});
    EXPECT_EQ(outcome.status, kBadUsage);
    EXPECT_THAT(outcome.err, HasSubstr("is the run file itself"));
  }
  EXPECT_EQ(*ReadText(Own("run.json")), run);
}

// Only the files named count, not what happens to lie in the working directory.
TEST_F(SubmitTest, IgnoresAnotherRunFileInTheWorkingDirectory) {
  Write("run.json", *ReadText(Data("no_baseline.json")));
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  const Outcome outcome = Podium({"submit", Data("run.json"), "-o", Own("submission.json")});
  std::filesystem::current_path(before);
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
}

}  // namespace
}  // namespace podium::report
