#include "gmock/gmock.h"
#include "run_podium.h"
#include "tools/gbench/read_text.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Compare, PrintsTwoRunsRowByRowAndFailsOnARegression) {
  const Outcome outcome = Podium({"compare", Data("run.json"), Data("new.json")});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_EQ(outcome.out, Golden("compare_runs.golden.txt"));
}

TEST(Compare, PrintsTheVariantsOfOneRun) {
  const Outcome outcome = Podium({"compare", Data("run.json")});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_EQ(outcome.out, Golden("compare_variants.golden.txt"));
}

TEST(Compare, WarnsWhereTheEnvironmentsDiffer) {
  EXPECT_THAT(Podium({"compare", Data("run.json"), Data("new.json")}).err,
              HasSubstr("differ in flags, library xsimd"));
}

TEST(Compare, IsInconclusiveOnlyWhenAskedFor) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), "--require_conclusive"}).status, kInconclusive);
}

TEST(Compare, ReportsARegressionBeforeAnOpenVerdict) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), Data("new.json"), "--require_conclusive"}).status,
            kDoesNotHold);
}

TEST(Compare, HoldsForARunAgainstItself) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), Data("run.json")}).status, kHolds);
}

TEST(Compare, ShowsOnlyRowsThatMatchTheFilter) {
  const Outcome outcome = Podium({"compare", Data("run.json"), Data("new.json"), "--filter=csr"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, Not(HasSubstr("int8")));
  EXPECT_THAT(outcome.out, HasSubstr("over 1 row,"));
}

TEST(Compare, LetsTheAllowanceBeChanged) {
  const Outcome outcome =
      Podium({"compare", Data("run.json"), "--filter=fused", "--process_allowance=0"});
  EXPECT_THAT(outcome.out, Not(HasSubstr("inconclusive:")));
}

TEST(Compare, SalvagesARunThatWasCutShortWithAWarning) {
  const Outcome outcome = Podium({"compare", Data("truncated.json")});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.err, HasSubstr("20 complete rows are kept"));
}

TEST(Compare, TakesOtherSuitesFiles) {
  EXPECT_EQ(Podium({"compare", Data("foreign.json"), Data("foreign.json")}).status, kHolds);
}

TEST(Compare, PairsOtherSuitesFamilies) {
  const Outcome outcome =
      Podium({"compare", Data("foreign.json"), "--baseline=BM_Old", "--optimized=BM_New"});
  EXPECT_THAT(outcome.out, HasSubstr("over 2 rows,"));
}

TEST(Compare, RejectsVariantsForTwoRuns) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), Data("new.json"), "--baseline=fp32"}).status,
            kBadUsage);
}

TEST(Compare, RejectsAnAllowanceOfSeveralTimes) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), "--process_allowance=25"}).status, kBadUsage);
}

TEST(Compare, RejectsAnAlphaThatNoIntervalCanShow) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), "--alpha=1e-300"}).status, kBadUsage);
}

TEST(Compare, RejectsVariantsWithoutACommonWorkload) {
  const Outcome outcome =
      Podium({"compare", Data("run.json"), "--baseline=fp32", "--optimized=csr"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--baseline=fp32 is in int8_matmul and --optimized=csr is in "
                                     "sparse_gemm"));
}

TEST(Compare, ShowsTheRuleOfItsVerdicts) {
  EXPECT_THAT(Podium({"compare", Data("run.json")}).out,
              HasSubstr("process allowance 25%, holm over 3 rows: improved above 1.262"));
}

TEST(Compare, QuotesAnArgumentOnOneLine) {
  const Outcome outcome = Podium({"compare", "a\n\x1b[31mb.json"});
  EXPECT_THAT(outcome.err, Not(HasSubstr("\x1b")));
  EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1);
}

// A new run that differs from run.json in one way.
class CompareChangedTest : public PodiumTest {
 protected:
  CompareChangedTest() : run_(Json::parse(*ReadText(Data("run.json")))) {}

  template <typename Change>
  void ForRows(const std::string& part, const Change& change) {
    for (Json& row : run_["benchmarks"]) {
      if (row["name"].get<std::string>().find(part) != std::string::npos) change(row);
    }
  }

  // Under this rule, every row is equivalent to itself.
  Outcome CompareWith(std::vector<std::string> more = {}) {
    Write("new.json", run_.dump());
    std::vector<std::string> args = {"compare", Data("run.json"), Own("new.json"),
                                     "--process_allowance=0", "--threshold=20%"};
    args.insert(args.end(), more.begin(), more.end());
    return Podium(args);
  }

  Json run_;
};

TEST_F(CompareChangedTest, HoldsWithoutAChange) {
  EXPECT_EQ(CompareWith({"--require_conclusive"}).status, kHolds);
}

TEST_F(CompareChangedTest, ARowThatFailsDoesNotHold) {
  ForRows("variant:csr", [](Json& row) {
    row["error_occurred"] = true;
    row["error_message"] = "differs from reference";
  });
  const Outcome outcome = CompareWith();
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, HasSubstr(", 1 failed"));
}

TEST_F(CompareChangedTest, ALossOfQualityDoesNotHold) {
  ForRows("variant:int8", [](Json& row) { row["top1_agreement"] = 0.05; });
  const Outcome outcome = CompareWith();
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, HasSubstr("top1_agreement 0.998 -> 0.05, a fall by more than 0.01"));
}

TEST_F(CompareChangedTest, ALossOfQualityWithinTheToleranceHolds) {
  ForRows("variant:int8", [](Json& row) { row["top1_agreement"] = 0.05; });
  EXPECT_EQ(CompareWith({"--quality_tolerance=1"}).status, kHolds);
}

TEST_F(CompareChangedTest, ARowThatIsGoneIsNotConclusive) {
  ForRows("variant:csr", [](Json& row) { row["run_name"] = row["name"] = "other"; });
  const Outcome outcome = CompareWith({"--require_conclusive"});
  EXPECT_EQ(outcome.status, kInconclusive);
  EXPECT_THAT(outcome.out, HasSubstr(", 1 not compared"));
}

TEST_F(CompareChangedTest, TimesWithoutSpreadAreNotConclusive) {
  Json old_run = run_;
  for (Json& row : old_run["benchmarks"]) row["real_time"] = 1.0;
  Write("old.json", old_run.dump());
  ForRows("", [](Json& row) { row["real_time"] = 10.0; });
  Write("new.json", run_.dump());
  const Outcome outcome = Podium({"compare", Own("old.json"), Own("new.json")});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.out, HasSubstr("its times have no spread"));
}

TEST_F(CompareChangedTest, WarnsOfAnotherAmountOfWork) {
  ForRows("variant:csr", [](Json& row) { row["ops"] = 2 * row["ops"].get<double>(); });
  EXPECT_THAT(
      CompareWith().out,
      HasSubstr("doubt: sparse_gemm/variant:csr/isa:avx2/sparsity:90/M:64/N:1024/K:1024: "));
  EXPECT_THAT(
      CompareWith().out,
      HasSubstr("not the same work: 1.34218e+07 ops an iteration in OLD, 2.68435e+07 in NEW"));
}

TEST_F(CompareChangedTest, ComparesAConstantWithoutATest) {
  ForRows("variant:int8", [](Json& row) { row["size_bytes"] = 1e6; });
  const Outcome outcome = CompareWith({"--metric=size_bytes", "--filter=int8_matmul"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_EQ(outcome.out,
            "constant: int8_matmul/variant:fp32/isa:avx2/M:64/N:4096/K:1024: size_bytes "
            "1.67772e+07 -> 1.67772e+07\n"
            "constant: int8_matmul/variant:int8/isa:avx2/M:64/N:4096/K:1024: size_bytes 4.1943e+06 "
            "-> 1e+06\n"
            "0 regressed, 0 inconclusive, 2 constant\n");
}

TEST_F(CompareChangedTest, AConstantThatIsWorseDoesNotHold) {
  ForRows("variant:int8", [](Json& row) { row["max_rel_err"] = 0.9; });
  const Outcome outcome = CompareWith({"--metric=max_rel_err", "--filter=variant:int8"});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.out, HasSubstr("worse: int8_matmul/variant:int8"));
}

TEST(Compare, ComparesTheConstantsOfVariants) {
  const Outcome outcome =
      Podium({"compare", Data("run.json"), "--metric=size_bytes", "--filter=int8_matmul"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, HasSubstr(", from int8_matmul/variant:fp32/isa:avx2/M:64"));
}

TEST_F(CompareChangedTest, WarnsOfAnotherSeed) {
  run_["context"]["podium.seed"] = "another";
  EXPECT_THAT(CompareWith().err, HasSubstr("differ in seed"));
}

TEST(Compare, CountsAFileThatWasCutShort) {
  const Outcome outcome =
      Podium({"compare", Data("run.json"), Data("truncated.json"), "--require_conclusive"});
  EXPECT_EQ(outcome.status, kInconclusive);
  EXPECT_THAT(outcome.out, HasSubstr(", 1 file cut short"));
}

TEST(Compare, RejectsAnAlphaThatIsNoProbability) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), "--alpha=2"}).status, kBadUsage);
}

}  // namespace
}  // namespace podium::report
