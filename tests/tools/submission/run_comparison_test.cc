#include "tools/submission/run_comparison.h"

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::vector<double> kSomeTimes = {1.0, 1.1};

std::vector<std::string> Pairs(const RunComparison& comparison) {
  std::vector<std::string> pairs;
  for (const Comparison& row : comparison.rows) {
    pairs.push_back(absl::StrCat(row.baseline->name, " -> ", row.optimized->name));
  }
  return pairs;
}

TEST(CompareRuns, PairsRowsThatDifferInTheSuffixByTheirNames) {
  const std::vector<Entry> a = {TestEntry("BM/8", kSomeTimes),
                                TestEntry("BM/8/real_time", kSomeTimes)};
  const std::vector<Entry> b = {TestEntry("BM/8/real_time", kSomeTimes),
                                TestEntry("BM/8", kSomeTimes)};
  EXPECT_THAT(Pairs(CompareRuns(a, b, {})),
              ElementsAre("BM/8/real_time -> BM/8/real_time", "BM/8 -> BM/8"));
}

TEST(CompareRuns, PairsARowAcrossSuffixesWhereThereIsOnlyOne) {
  const std::vector<Entry> a = {TestEntry("BM/8/min_time:0.100", kSomeTimes)};
  const std::vector<Entry> b = {TestEntry("BM/8/min_time:0.500", kSomeTimes)};
  EXPECT_THAT(Pairs(CompareRuns(a, b, {})),
              ElementsAre("BM/8/min_time:0.100 -> BM/8/min_time:0.500"));
}

TEST(CompareRuns, PairsNoRowThatHasSeveralCounterparts) {
  const std::vector<Entry> a = {TestEntry("BM/8", kSomeTimes),
                                TestEntry("BM/8/real_time", kSomeTimes)};
  const std::vector<Entry> b = {TestEntry("BM/8/min_time:0.500", kSomeTimes)};
  const RunComparison comparison = CompareRuns(a, b, {});
  EXPECT_THAT(Pairs(comparison), ElementsAre());
  EXPECT_THAT(comparison.notes, Each(HasSubstr("differ from it only in how they were measured")));
  EXPECT_EQ(comparison.not_compared, 3);
}

TEST(CompareRuns, PairsNoManualTimeWithTimeOnTheClock) {
  const std::vector<Entry> a = {TestEntry("BM/8", kSomeTimes)};
  const std::vector<Entry> b = {TestEntry("BM/8/manual_time", kSomeTimes)};
  EXPECT_THAT(CompareRuns(a, b, {}).notes,
              UnorderedElementsAre("added: BM/8/manual_time", "removed: BM/8"));
}

TEST(CompareRuns, LeavesThreadsOutWhereTheirTimesMeanAnotherThing) {
  const std::vector<Entry> run = {TestEntry("BM/threads:1", kSomeTimes),
                                  TestEntry("BM/threads:2", kSomeTimes)};
  RunRule rule;
  rule.threads_comparable = false;
  const RunComparison comparison = CompareRuns(run, run, rule);
  EXPECT_THAT(Pairs(comparison), ElementsAre("BM/threads:1 -> BM/threads:1"));
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("use one release for both")));
}

TEST(CompareRuns, CountsAQualityThatIsNoLongerReported) {
  std::vector<Entry> a = {TestEntry("BM/8", kSomeTimes)};
  const std::vector<Entry> b = a;
  a[0].quality["accuracy"] = 0.9;
  EXPECT_EQ(CompareRuns(a, b, {}).not_compared, 1);
}

std::vector<Entry> WithRate(double rate, const std::string& clock = std::string(kTimeMetric)) {
  std::vector<Entry> run = {TestEntry("BM/8", {1.0, 1.25})};
  run[0].metrics.push_back({std::string(kCpuTimeMetric), *Sample::Create({0.5, 1.0})});
  const auto times = run[0].Find(clock)->values();
  run[0].metrics.push_back({"ops_per_s", *Sample::Create({rate / times[0], rate / times[1]})});
  return run;
}

TEST(CompareRuns, WarnsOfAnotherAmountOfWork) {
  const std::vector<Entry> a = WithRate(1000), b = WithRate(1002);
  EXPECT_THAT(CompareRuns(a, b, {}).rows[0].judgement.warnings,
              ElementsAre("not the same work: 1000 ops an iteration in OLD, 1002 in NEW"));
}

TEST(CompareRuns, TakesRatesPerSecondOfCpuTime) {
  const std::string cpu(kCpuTimeMetric);
  const std::vector<Entry> a = WithRate(1000, cpu), b = WithRate(1002, cpu);
  EXPECT_THAT(CompareRuns(a, b, {}).rows[0].judgement.warnings, SizeIs(1));
}

TEST(CompareRuns, TakesNoRoundingForAnotherAmountOfWork) {
  const std::vector<Entry> a = WithRate(1000), b = WithRate(1000.5);
  EXPECT_THAT(CompareRuns(a, b, {}).rows[0].judgement.warnings, IsEmpty());
}

TEST(CompareRuns, TakesNoRateOfAnotherClockForWork) {
  const std::vector<Entry> a = WithRate(1000), b = WithRate(2000, std::string(kCpuTimeMetric));
  EXPECT_THAT(CompareRuns(a, b, {}).rows[0].judgement.warnings, IsEmpty());
}

TEST(CompareRuns, WarnsOfOtherParameters) {
  std::vector<Entry> a = {TestEntry("BM/8", kSomeTimes)}, b = a;
  a[0].sizes["params"] = 7;
  b[0].sizes["params"] = 8;
  EXPECT_THAT(CompareRuns(a, b, {}).rows[0].judgement.warnings,
              ElementsAre("not the same work: 7 params in OLD, 8 in NEW"));
}

TEST(CompareVariants, CountsAnOptimizedRowThatFailed) {
  std::vector<Entry> run = {TestEntry("f/variant:slow", kSomeTimes),
                            TestEntry("f/variant:fast", kSomeTimes)};
  run[1].errors = {"differs from reference"};
  Selection selection;
  selection.baselines["f"] = "slow";
  EXPECT_EQ(CompareVariants(run, selection, {}).failed, 1);
}

TEST(ThreadsComparable, IsFalseAcrossTheReleaseThatChangedThem) {
  const Context before, since = {{"library_version", "v1.9.1"}};
  EXPECT_FALSE(ThreadsComparable(before, since));
  EXPECT_FALSE(ThreadsComparable({{"library_version", "v1.8.5"}}, since));
  EXPECT_TRUE(ThreadsComparable(since, since));
}

}  // namespace
}  // namespace podium::report
