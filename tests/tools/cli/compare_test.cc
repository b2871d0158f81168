#include "gmock/gmock.h"
#include "run_podium.h"

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

TEST(Compare, RejectsAnAlphaThatIsNoProbability) {
  EXPECT_EQ(Podium({"compare", Data("run.json"), "--alpha=2"}).status, kBadUsage);
}

}  // namespace
}  // namespace podium::report
