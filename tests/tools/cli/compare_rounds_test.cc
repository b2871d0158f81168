// podium compare, plan and stat on files of podium run.
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "absl/strings/str_format.h"
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
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("1.00 ms -> 1.05 ms"), HasSubstr("regressed\n")));
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
              AllOf(StartsWith("baseline,optimized,metric,better,design,method,"),
                    HasSubstr("\nf/variant:old/M:1,f/variant:new/M:1,time_s,lower,rounds,"
                              "signed_rank,12,12,")));
}

TEST_F(RoundsTest, CompareWritesMarkdown) {
  EXPECT_THAT(Podium({"compare", File(VariantsRun(12)), "--format=markdown"}).out,
              AllOf(HasSubstr("| **improved** |\n"), HasSubstr("\n- rule: design rounds, alpha"),
                    HasSubstr("\ngeomean speedup 1.02")));
}

TEST_F(RoundsTest, CompareLetsNoNameEndACellOfMarkdown) {
  const std::string out =
      Podium(
          {"compare",
           File(RoundsRun(
               {{"baseline", "f\\|[a](b)&lt;/M:1", 1}, {"contender", "f\\|[a](b)&lt;/M:1", 1}}, 6)),
           "--format=markdown"})
          .out;
  EXPECT_THAT(out, HasSubstr("| f\\\\\\|\\[a\\](b)&amp;lt;/M:1 |"));
}

TEST_F(RoundsTest, CompareCountsInJson) {
  const Json counts =
      Json::parse(Podium({"compare", File(VariantsRun(12)), "--metric=hits:lower", "--format=json"})
                      .out)["counts"];
  EXPECT_EQ(counts["regressed"], 1);
  EXPECT_EQ(counts["inconclusive"], 0);
  EXPECT_EQ(counts["cut_short"], 0);
}

TEST_F(RoundsTest, CompareWarnsOfBothProgramsOfOneFile) {
  Json run = RoundsRun({{"baseline", "f/M:1", 1}, {"contender", "f/M:1", 1}}, 6);
  run["benchmarks"][2]["size_bytes"] = 5;
  run["benchmarks"][4]["size_bytes"] = 6;
  const std::string err = Podium({"compare", File(run)}).err;
  EXPECT_THAT(err, HasSubstr("warning: baseline: f/M:1: size_bytes differs between repetitions"));
}

TEST_F(RoundsTest, CompareReadsTwoProgramsFromAPipe) {
  const std::string pipe = Own("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {
    std::ofstream(pipe) << RoundsRun({{"baseline", "f/M:1", 1}, {"contender", "f/M:1", 1}}, 6);
  });
  const Outcome outcome = Podium({"compare", pipe});
  writer.join();
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
}

TEST_F(RoundsTest, CompareTakesAVariantThatIsCalledBaseline) {
  const Json run = RoundsRun(
      {{"baseline", "f/variant:baseline/M:1", 1}, {"new", "f/variant:new/M:1", 1.05}}, 12);
  EXPECT_THAT(Podium({"compare", File(run), "--baseline=baseline"}).out,
              HasSubstr("new vs baseline"));
}

TEST_F(RoundsTest, CompareWarnsOfOtherFlagsInsideTheRun) {
  Json run = RoundsRun({{"baseline", "f/M:1", 1}, {"contender", "f/M:1", 1}}, 6);
  run["context"]["podium.flags"] = "-O3";
  for (std::size_t i = 1; i < 12; i += 2) {
    run["context"]["podium.processes"][i]["context_differences"] = {{"podium.flags", "-O0"}};
  }
  EXPECT_THAT(Podium({"compare", File(run)}).err,
              HasSubstr("podium.flags differs inside the run: \"-O0\" in 6 of 12 processes "
                        "(contender), \"-O3\" at the start"));
}

class AggregatesTest : public RoundsTest {
 protected:
  // Two runs without a single repetition.
  std::vector<std::string> Compare(const std::string& format) {
    for (const auto& [name, mean] : {std::pair("a.json", 4.0), std::pair("b.json", 1.0)}) {
      Json rows = Json::array();
      for (const auto& [aggregate, time] : {std::pair("mean", mean), std::pair("stddev", 0.1)}) {
        rows.push_back({{"name", std::string("f/M:1_") + aggregate},
                        {"run_name", "f/M:1"},
                        {"run_type", "aggregate"},
                        {"repetitions", 10},
                        {"threads", 1},
                        {"aggregate_name", aggregate},
                        {"iterations", 10},
                        {"real_time", time},
                        {"cpu_time", time},
                        {"time_unit", "s"}});
      }
      File({{"context", Json::object()}, {"benchmarks", rows}}, name);
    }
    return {"compare", Own("a.json"), Own("b.json"), "--format=" + format};
  }
};

TEST_F(AggregatesTest, AreNullWithAReasonInJson) {
  const Json row = Json::parse(Podium(Compare("json")).out)["rows"][0];
  EXPECT_TRUE(row["fieller"].is_null());
  EXPECT_EQ(row["fieller_reason"], "not computed from aggregates");
  EXPECT_EQ(row["mann_whitney_reason"], "aggregates have no values to rank");
  EXPECT_EQ(row["a_a_floor_reason"],
            "needs rounds with both sides in each: the design is aggregates");
}

TEST_F(AggregatesTest, HaveALineInCsv) {
  EXPECT_THAT(Podium(Compare("csv")).out,
              HasSubstr("\nf/M:1,f/M:1,time_s,lower,aggregates,welch_t,10,10,4."));
}

TEST_F(AggregatesTest, HaveARowInMarkdown) {
  EXPECT_THAT(Podium(Compare("markdown")).out,
              HasSubstr("| f/M:1 | mean 4.00 s -> mean 1.00 s | 4.0x |"));
}

TEST_F(AggregatesTest, AreOfNoOtherMetric) {
  std::vector<std::string> args = Compare("table");
  args.push_back("--metric=cpu_time_s");
  const Outcome outcome = Podium(args);
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("no row has it: there are time_s"));
}

TEST_F(RoundsTest, CompareSorts) {
  const std::string out =
      Podium({"compare", File(VariantsRun(12)), "--format=csv", "--sort=speedup"}).out;
  EXPECT_LT(out.find("new/M:2"), out.find("new/M:1"));
}

TEST_F(RoundsTest, CompareTakesAnyCounterWithItsDirection) {
  const std::string file = File(VariantsRun(12));
  EXPECT_THAT(Podium({"compare", file, "--metric=hits:higher"}).out,
              AllOf(HasSubstr("; metric: hits, higher is better\n"), HasSubstr("ratio "),
                    HasSubstr("improved\n")));
  EXPECT_EQ(Podium({"compare", file, "--metric=hits:lower"}).status, kDoesNotHold);
  EXPECT_EQ(Podium({"compare", file, "--metric=hits"}).status, kBadUsage);
  EXPECT_EQ(Podium({"compare", file, "--metric=misses:lower"}).status, kBadUsage);
}

TEST_F(RoundsTest, CompareGivesDifferencesInTheUnitOfTheMetric) {
  const std::string file = File(VariantsRun(12));
  const Json document =
      Json::parse(Podium({"compare", file, "--metric=hits:higher", "--format=json"}).out);
  EXPECT_EQ(document["metric"], "hits");
  EXPECT_EQ(document["higher_is_better"], true);
  const Json& row = document["rows"][0];
  EXPECT_FALSE(row["welch_t"].contains("difference_s"));
  EXPECT_NEAR(row["welch_t"]["difference"], 47, 3);  // 5 % of 950 hits, as there are in round 6
  EXPECT_NEAR(row["fieller"]["ratio"], 1.05, 0.005);
  EXPECT_THAT(row["speedup"]["method"], HasSubstr("ln ratios of hits,"));
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

int PlannedRounds(const std::vector<std::string>& args) {
  const std::string out = Podium(args).out;
  return std::stoi(out.substr(out.find("--rounds=") + 9));
}

TEST_F(RoundsTest, PlanNeedsFewerRoundsForALargerEffect) {
  const std::string file = File(VariantsRun(12));
  const auto rounds = [&](const char* effect) {
    return PlannedRounds({"plan", file, effect, "--threshold=0", "--correction=none"});
  };
  EXPECT_GT(rounds("--effect=0.05%"), rounds("--effect=0.1%"));
  EXPECT_GT(rounds("--effect=0.1%"), 10);
  EXPECT_EQ(rounds("--effect=50%"), 10);
}

// The distance to be found is 0.1 %, either way.
TEST_F(RoundsTest, PlanIsForADifferenceBeyondTheThreshold) {
  const std::string file = File(VariantsRun(12));
  EXPECT_EQ(PlannedRounds({"plan", file, "--effect=0.1%", "--threshold=0"}),
            PlannedRounds({"plan", file, "--effect=1.101%"}));
}

TEST_F(RoundsTest, PlanRefusesAThresholdThatTheEffectDoesNotExceed) {
  const Outcome outcome = Podium({"plan", File(VariantsRun(12)), "--effect=1%"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--threshold=0.01: must be 0 or more and smaller than"));
}

TEST_F(RoundsTest, PlanSaysWhereNoNumberOfRoundsDoes) {
  const Outcome outcome =
      Podium({"plan", File(VariantsRun(12)), "--effect=1.0001%", "--threshold=1%"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("f/variant:new/M:1: no number of rounds up to 100000 finds"));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("   none   "), Not(HasSubstr("podium run --rounds"))));
}

// A process takes 0.25 s, of which its two repetitions take about 0.21.
TEST_F(RoundsTest, PlanShowsTheLevelsOfVarianceOfBothSides) {
  const std::string out = Podium({"plan", File(VariantsRun(12, 2)), "--effect=2%"}).out;
  EXPECT_THAT(out, AllOf(HasSubstr("   baseline       optimized      ICC    best\n"),
                         HasSubstr("1 repetition\n")));
}

TEST_F(RoundsTest, PlanRefusesWhatHasNoProcesses) {
  const Outcome outcome = Podium({"plan", Data("run.json"), "--effect=2%"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("make a pilot with podium run --plan=standard"));
  EXPECT_EQ(Podium({"plan", Data("run.json")}).status, kBadUsage);
}

TEST_F(RoundsTest, StatShowsProcessesAsTheIndependentValues) {
  EXPECT_THAT(Podium({"stat", File(VariantsRun(6, 3))}).out, HasSubstr("18 in 6 processes"));
}

TEST_F(RoundsTest, StatOfOneProcessHasItsRepetitions) {
  const Outcome outcome = Podium({"stat", Data("run.json"), "--format=csv"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, StartsWith("row,metric,n,processes,mean,"));
  EXPECT_THAT(outcome.out,
              HasSubstr("int8_matmul/variant:fp32/isa:avx2/M:64/N:4096/K:1024,time_s,10,,"));
}

TEST_F(RoundsTest, StatShowsTheSameFiguresInJsonAndCsv) {
  const std::string file = File(VariantsRun(6, 3));
  const Json row = Json::parse(Podium({"stat", file, "--format=json"}).out)[0];
  EXPECT_EQ(row["n"], 18);
  EXPECT_EQ(row["n_processes"], 6);
  const std::string csv = Podium({"stat", file, "--format=csv"}).out;
  EXPECT_THAT(
      csv, HasSubstr(absl::StrFormat(",%.17g,%.17g,%.17g,", row["mean"].get<double>(),
                                     row["ci95"][0].get<double>(), row["ci95"][1].get<double>())));
}

TEST_F(RoundsTest, StatCallsACounterByItsName) {
  const Json row =
      Json::parse(Podium({"stat", File(VariantsRun(6)), "--metric=hits", "--format=json"}).out)[0];
  EXPECT_EQ(row["metric"], "hits");
  EXPECT_NEAR(row["samples"][0], 1000, 10);
}

TEST_F(RoundsTest, StatTakesAFigureOfQuality) {
  const Outcome outcome = Podium({"stat", Data("run.json"), "--metric=size_bytes"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, HasSubstr("needs 2"));
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
