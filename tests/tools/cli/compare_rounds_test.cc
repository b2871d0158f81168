// podium compare, plan and stat on files of podium run.
#include "gmock/gmock.h"
#include "run_podium.h"
#include "tests/tools/submission/rounds_run.h"
#include "tools/cli/row_filter.h"

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RoundsTest : public PodiumTest {
 protected:
  std::string File(const Json& run, const std::string& name = "run.json") {
    Write(name, run.dump());
    return Own(name);
  }
};

TEST_F(RoundsTest, CompareShowsMethodAndFloorBesideTheVerdict) {
  const Outcome outcome = Podium({"compare", File(VariantsRun(12))});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("p < 0.001 (signed ranks, n = 12)   A/A 0."),
                                 HasSubstr("   improved\n"), HasSubstr("   equivalent\n"),
                                 HasSubstr("rule: design rounds, alpha 0.05, threshold 1%, holm "
                                           "over 2 rows: improved above 1.01")));
}

TEST_F(RoundsTest, CompareTakesTheTwoProgramsOfOneFile) {
  const std::string file =
      File(RoundsRun({{"baseline", "f/M:1", 1.05}, {"contender", "f/M:1", 1}}, 12));
  const Outcome outcome = Podium({"compare", file});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("952 us -> 1.00 ms"), HasSubstr("regressed\n")));
  EXPECT_THAT(Podium({"compare", file, file}).err, HasSubstr("holds two programs already"));
}

TEST_F(RoundsTest, CompareHasAnIntervalForTheGeomean) {
  EXPECT_THAT(Podium({"compare", File(VariantsRun(16))}).out, HasSubstr("geomean speedup 1.02"));
  EXPECT_THAT(Podium({"compare", File(VariantsRun(16))}).out, HasSubstr(" over 2 rows, "));
  EXPECT_THAT(Podium({"compare", File(VariantsRun(16))}).out, Not(HasSubstr("descriptive")));
}

TEST_F(RoundsTest, CompareWritesTheSameBytesForTheSameInput) {
  const std::string file = File(VariantsRun(16));
  for (const char* format : {"table", "markdown", "csv", "json"}) {
    const std::vector<std::string> args = {"compare", file, std::string("--format=") + format};
    EXPECT_EQ(Podium(args).out, Podium(args).out);
  }
}

TEST_F(RoundsTest, CompareWritesJsonThatParses) {
  const Json document =
      Json::parse(Podium({"compare", File(VariantsRun(12)), "--format=json"}).out);
  EXPECT_EQ(document["rows"][0]["verdict"], "improved");
  EXPECT_EQ(document["rule"]["correction"], "holm");
  EXPECT_EQ(document["geomean"]["rows"], 2);
}

TEST_F(RoundsTest, CompareWritesCsv) {
  EXPECT_THAT(Podium({"compare", File(VariantsRun(12)), "--format=csv"}).out,
              AllOf(StartsWith("baseline,optimized,design,method,"),
                    HasSubstr("\nf/variant:old/M:1,f/variant:new/M:1,rounds,signed_rank,12,12,")));
}

TEST_F(RoundsTest, CompareWritesMarkdown) {
  EXPECT_THAT(Podium({"compare", File(VariantsRun(12)), "--format=markdown"}).out,
              HasSubstr("| **improved** |\n"));
}

TEST_F(RoundsTest, CompareSorts) {
  const std::string out =
      Podium({"compare", File(VariantsRun(12)), "--format=csv", "--sort=speedup"}).out;
  EXPECT_LT(out.find("new/M:2"), out.find("new/M:1"));
}

TEST_F(RoundsTest, CompareTakesAnyCounterWithItsDirection) {
  const std::string file = File(VariantsRun(12));
  EXPECT_THAT(Podium({"compare", file, "--metric=hits:higher"}).out,
              AllOf(HasSubstr("; metric: hits"), HasSubstr("improved\n")));
  EXPECT_EQ(Podium({"compare", file, "--metric=hits:lower"}).status, kDoesNotHold);
  EXPECT_EQ(Podium({"compare", file, "--metric=hits"}).status, kBadUsage);
  EXPECT_EQ(Podium({"compare", file, "--metric=misses:lower"}).status, kBadUsage);
}

TEST_F(RoundsTest, CompareRejectsUnknownWords) {
  const std::string file = File(VariantsRun(12));
  for (const char* flag : {"--sort=size", "--format=xml", "--correction=bonferroni"}) {
    EXPECT_EQ(Podium({"compare", file, flag}).status, kBadUsage) << flag;
  }
}

Outcome OnTerminal(const std::vector<std::string>& args, std::size_t columns, bool color) {
  std::ostringstream out, err;
  const int status = RunPodium(args, {out, err, columns, color});
  return {status, out.str(), err.str()};
}

TEST_F(RoundsTest, TableFitsTheTerminal) {
  const std::string file = File(VariantsRun(12));
  for (const std::size_t columns : {60u, 80u, 120u}) {
    std::istringstream lines(OnTerminal({"compare", file}, columns, false).out);
    std::string line;
    std::getline(lines, line);  // the notice
    for (int row = 0; row < 2; ++row) {
      std::getline(lines, line);
      EXPECT_LE(line.size(), columns) << line;
      EXPECT_THAT(line, AllOf(HasSubstr("x"), HasSubstr(row == 0 ? "improved" : "equivalent")));
    }
  }
}

TEST_F(RoundsTest, ColorIsForTerminalsAndNeverAlone) {
  const std::string file = File(VariantsRun(12));
  EXPECT_THAT(OnTerminal({"compare", file}, 200, true).out, HasSubstr("\x1b[32mimproved\x1b[0m\n"));
  EXPECT_THAT(OnTerminal({"compare", file}, 200, false).out, Not(HasSubstr("\x1b")));
}

TEST_F(RoundsTest, PlanSaysHowManyRoundsAndHowLong) {
  const Outcome outcome = Podium({"plan", File(VariantsRun(12)), "--effect=2%"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("rounds find a difference of 2% in every row with 80% power"),
                    HasSubstr("1 s a round as in this run: "), HasSubstr("podium run --rounds=")));
}

TEST_F(RoundsTest, PlanNeedsFewerRoundsForALargerEffect) {
  const std::string file = File(VariantsRun(12));
  const auto rounds = [&](const char* effect) {
    const std::string out = Podium({"plan", file, effect, "--correction=none"}).out;
    return std::stoi(out.substr(out.find("--rounds=") + 9));
  };
  EXPECT_GT(rounds("--effect=0.2%"), 3 * rounds("--effect=1%"));
}

TEST_F(RoundsTest, PlanRefusesWhatHasNoProcesses) {
  const Outcome outcome = Podium({"plan", Data("run.json"), "--effect=2%"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("make a pilot with podium run --plan=quick"));
  EXPECT_EQ(Podium({"plan", Data("run.json")}).status, kBadUsage);
}

TEST_F(RoundsTest, StatShowsProcessesAsTheIndependentValues) {
  EXPECT_THAT(Podium({"stat", File(VariantsRun(6, 3))}).out, HasSubstr("18 in 6 processes"));
}

TEST_F(RoundsTest, StatOfOneProcessHasItsRepetitions) {
  const Outcome outcome = Podium({"stat", Data("run.json"), "--format=csv"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, StartsWith("row,n,processes,mean,"));
  EXPECT_THAT(outcome.out, HasSubstr("int8_matmul/variant:fp32/isa:avx2/M:64/N:4096/K:1024,10,,"));
}

TEST_F(RoundsTest, StatTakesACounter) {
  EXPECT_EQ(Podium({"stat", File(VariantsRun(6)), "--metric=hits"}).status, kHolds);
  EXPECT_EQ(Podium({"stat", File(VariantsRun(6)), "--metric=misses"}).status, kBadUsage);
}

TEST_F(RoundsTest, SubmitWritesWhatValidatesBesideItsRun) {
  File(VariantsRun(12));
  ASSERT_EQ(Podium({"submit", Own("run.json"), "-o", Own("submission.json")}).status, kHolds);
  const Outcome outcome = Podium({"validate", Own("submission.json")});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(": valid (podium, 2 comparisons)"));
}

TEST(RowFilter, TermWithAColonIsAWholeComponent) {
  EXPECT_TRUE(RowFilter({"M:64"}).Matches("f/M:64/N:2"));
  EXPECT_FALSE(RowFilter({"M:64"}).Matches("f/M:640/N:2"));
  EXPECT_FALSE(RowFilter({"M:64"}).Matches("f/KM:64"));
}

TEST(RowFilter, AnyOtherTermIsAPartOfTheName) {
  EXPECT_TRUE(RowFilter({"matmul"}).Matches("int8_matmul/M:64"));
}

TEST(RowFilter, EveryTermMustMatch) {
  EXPECT_TRUE(RowFilter({"f", "M:2"}).Matches("f/M:2"));
  EXPECT_FALSE(RowFilter({"f", "M:3"}).Matches("f/M:2"));
  EXPECT_TRUE(RowFilter({}).Matches("f/M:2"));
}

}  // namespace
}  // namespace podium::report
