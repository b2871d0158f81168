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
  const std::string first = *ReadWholeFile(Own("submission.json"));
  Podium(args);
  EXPECT_EQ(*ReadWholeFile(Own("submission.json")), first);
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

}  // namespace
}  // namespace podium::report
