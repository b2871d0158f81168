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
  for (const char* row : {"a", "b", "c"}) {  // padding of 0 to 0.4 % scatters by 0.12 %
    EXPECT_THAT(outcome.out,
                ContainsRegex(std::string(row) + "  1\\.00. .0\\.99., 1\\.00..  p = "
                                                 "[0-9.]+  resolves 0\\.[12][0-9]*%  processes "
                                                 "0\\.1[0-9]*%\n"));
  }
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("false positives   0 of 3 rows at alpha 0.05, 0.15 expected"),
                    HasSubstr("in the median row, by 10 rounds\n"),
                    HasSubstr("processes         differ by 0.1"),
                    HasSubstr("drift             significant in 0 rows\n"),
                    HasSubstr("Mann-Whitney would call 0 of 3 rows different\n")));
  EXPECT_TRUE(std::filesystem::exists(Own("aa.json")));
}

// Three of them, 1 % apart, scatter by 0.9 %: their means as little as single ones.
TEST_F(SelfcheckTest, RepetitionsAreNoProcesses) {
  const Outcome outcome = Podium({"selfcheck", "--seed=1", "--rounds=10", "--", PODIUM_FAKE_BENCH,
                                  "--rows=a", "--benchmark_repetitions=3"});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("processes         differ by 0.1"));
}

// With this seed the rounds keep one order, and so does what slows every second pair of processes.
TEST_F(SelfcheckTest, TooManyFalsePositivesAreStatus1) {
  const Outcome outcome =
      Podium({"selfcheck", "--seed=6", "--rounds=4", "--workloads_per_process=3", "--",
              PODIUM_FAKE_BENCH, "--rows=a,b,c", "--turns=" + Own("turns")});
  EXPECT_EQ(outcome.status, kDoesNotHold) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("p = 0.029 FALSE"), HasSubstr("3 of 3 rows"),
                                 HasSubstr("\ntoo many false positives: ")));
}

// Chance alone has it in every twentieth run.
TEST_F(SelfcheckTest, OneRowAloneIsNotTooMany) {
  const Outcome outcome = Podium({"selfcheck", "--seed=6", "--rounds=4", "--", PODIUM_FAKE_BENCH,
                                  "--rows=a", "--turns=" + Own("turns")});
  EXPECT_THAT(outcome.out, HasSubstr("1 of 1 row at"));
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
}

TEST_F(SelfcheckTest, WrongUseIsOneLine) {
  EXPECT_THAT(Podium({"selfcheck"}).err, HasSubstr("no program to measure"));
  EXPECT_THAT(Podium({"selfcheck", "--alpha=2", "--", PODIUM_FAKE_BENCH, "--rows=a"}).err,
              HasSubstr("--alpha=2"));
}

}  // namespace
}  // namespace podium::report
