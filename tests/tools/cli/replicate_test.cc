// podium replicate and podium selfcheck, from their arguments to their exit status. The rule of
// replicate is tested in tests/tools/submission.
#include "gmock/gmock.h"
#include "run_podium.h"

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr char kRows[] =
    "--rows=w/variant:old/isa:x/n:1,w/variant:new/isa:x/n:1,w/variant:old/isa:x/n:2,"
    "w/variant:new/isa:x/n:2";

class ReplicateTest : public PodiumTest {
 protected:
  // A submission that claims, truly, that new is three times as fast as old, and a quarter of it.
  void SetUp() override {
    PodiumTest::SetUp();
    const Outcome run = Podium({"run", "--plan=quick", "--seed=1", "-o", Own("run.json"), "--",
                                PODIUM_FAKE_BENCH, kRows, "--slow=variant:old"});
    ASSERT_EQ(run.status, kHolds) << run.err;
    const Outcome submit =
        Podium({"submit", Own("run.json"), "--baseline=old", "-o", Own("submission.json")});
    ASSERT_EQ(submit.status, kHolds) << submit.err;
  }

  Outcome Replicate(const std::vector<std::string>& flags,
                    const std::vector<std::string>& command) const {
    std::vector<std::string> args = {"replicate", Own("submission.json"), "--rounds=10",
                                     "--seed=2"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"--", PODIUM_FAKE_BENCH});
    args.insert(args.end(), command.begin(), command.end());
    return Podium(args);
  }
};

TEST_F(ReplicateTest, TheSameProgramReplicatesEveryClaim) {
  const Outcome outcome = Replicate({"-o", Own("again.json")}, {kRows, "--slow=variant:old"});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      AllOf(ContainsRegex("replicated  w/n:1 new vs old  claimed (2.99|3.00).*here (2.99|3.0)"),
            HasSubstr("\n2 replicated, 0 refuted, 0 inconclusive\n")));
  EXPECT_TRUE(std::filesystem::exists(Own("again.json")));
}

TEST_F(ReplicateTest, ASlowedProgramIsRefutedWithStatus1) {
  const Outcome outcome = Replicate({}, {kRows, "--slow=variant"});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, HasSubstr("0 replicated, 2 refuted, 0 inconclusive\n"));
}

TEST_F(ReplicateTest, TheFilterChoosesClaims) {
  const Outcome outcome = Replicate({"--filter=n:2"}, {kRows, "--slow=variant:old"});
  EXPECT_THAT(outcome.out, HasSubstr("1 replicated, 0 refuted"));
  EXPECT_EQ(Replicate({"--filter=n:3"}, {kRows}).status, kBadUsage);
}

TEST_F(ReplicateTest, TheFilterIsThatOfCompare) {
  EXPECT_THAT(Replicate({"--filter=variant:new,n:2"}, {kRows, "--slow=variant:old"}).out,
              HasSubstr("1 replicated, 0 refuted"));
  EXPECT_EQ(Replicate({"--filter=n:1,n:2"}, {kRows}).status, kBadUsage);
}

TEST_F(ReplicateTest, AnotherInstructionSetIsMeasuredAndNamed) {
  const Outcome outcome =
      Replicate({"--filter=n:1"},
                {"--rows=w/variant:old/isa:y/n:1,w/variant:new/isa:y/n:1", "--slow=variant:old"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, HasSubstr("on y, claimed on x"));
}

TEST_F(ReplicateTest, WhatTheProgramDoesNotHaveIsNotMeasured) {
  const Outcome outcome = Replicate(
      {}, {"--rows=w/variant:old/isa:x/n:1,w/variant:new/isa:x/n:1", "--slow=variant:old"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("not measured"), HasSubstr("has no such rows")));
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_EQ(
      Replicate({"--require_conclusive"},
                {"--rows=w/variant:old/isa:x/n:1,w/variant:new/isa:x/n:1", "--slow=variant:old"})
          .status,
      kInconclusive);
  EXPECT_EQ(Replicate({}, {"--rows=other"}).status, kBadUsage);
}

TEST_F(ReplicateTest, ARowThatFailsItsVerificationIsRefuted) {
  const Outcome outcome = Replicate({"--filter=n:1"}, {kRows, "--fail=variant:new"});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, HasSubstr("new: differs\n0 replicated, 1 refuted"));
}

TEST_F(ReplicateTest, AProcessThatCrashesIsNotMeasured) {
  const Outcome outcome =
      Replicate({}, {kRows, "--slow=variant:old", "--crash=variant:new/isa:x/n:1"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("no process left a time"),
                                 HasSubstr("1 replicated, 0 refuted, 0 inconclusive, 1 not")));
}

TEST_F(ReplicateTest, AnInstructionSetThatThisCpuLacksIsNotMeasured) {
  const Outcome outcome =
      Replicate({"--filter=n:1"},
                {kRows, "--fail=variant:new", "--message=no x on this CPU or under PODIUM_ISA"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.out, HasSubstr("new: no x on this CPU"));
}

TEST_F(ReplicateTest, AForgedSubmissionIsRefused) {
  std::string text = *ReadText(Own("submission.json"));
  const std::size_t at = text.find("\"speedup\": {\n        \"value\": ");
  ASSERT_NE(at, std::string::npos);
  text.insert(text.find(": ", at + 14) + 2, 1, '1');
  Write("submission.json", text);
  const Outcome outcome = Replicate({}, {kRows});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("see podium validate"));
}

TEST_F(ReplicateTest, WrongUseIsOneLine) {
  EXPECT_THAT(Podium({"replicate", "--", PODIUM_FAKE_BENCH, kRows}).err,
              HasSubstr("name one submission"));
  EXPECT_THAT(Podium({"replicate", Own("submission.json")}).err,
              HasSubstr("no program to measure"));
  EXPECT_THAT(Podium({"replicate", Own("none.json"), "--", PODIUM_FAKE_BENCH, kRows}).err,
              HasSubstr("no such file"));
}

class SelfcheckTest : public PodiumTest {};

TEST_F(SelfcheckTest, SaysWhatTheMachineResolves) {
  const Outcome outcome = Podium({"selfcheck", "--seed=1", "--rounds=10", "-o", Own("aa.json"),
                                  "--", PODIUM_FAKE_BENCH, "--rows=a,b,c"});
  EXPECT_EQ(outcome.status, kHolds) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("of 3 rows at alpha 0.05, 0.15 expected"), HasSubstr("resolves  "),
                    HasSubstr("processes  "), HasSubstr("Mann-Whitney would call")));
  EXPECT_TRUE(std::filesystem::exists(Own("aa.json")));
}

TEST_F(SelfcheckTest, WrongUseIsOneLine) {
  EXPECT_THAT(Podium({"selfcheck"}).err, HasSubstr("no program to measure"));
  EXPECT_THAT(Podium({"selfcheck", "--alpha=2", "--", PODIUM_FAKE_BENCH, "--rows=a"}).err,
              HasSubstr("--alpha=2"));
}

}  // namespace
}  // namespace podium::report
