#include "tools/submission/metric.h"

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Entry> OneEntry() {
  std::vector<Entry> entries = {TestEntry("a", {4, 5})};
  entries[0].metrics.push_back({"ops_per_s", *Sample::Create({2, 8})});
  entries[0].counters.push_back({"hits", *Sample::Create({10, 20})});
  entries[0].counters.push_back({"zeros", *Sample::Create({0, 1})});
  return entries;
}

TEST(ParseMetric, KnowsTheDirectionOfTimesAndRates) {
  EXPECT_FALSE(ParseMetric("cpu_time_s")->higher_is_better);
  EXPECT_TRUE(ParseMetric("ops_per_s")->higher_is_better);
}

TEST(ParseMetric, TakesTheDirectionOfACounter) {
  EXPECT_TRUE(ParseMetric("hits:higher")->higher_is_better);
  EXPECT_FALSE(ParseMetric("misses:lower")->higher_is_better);
  EXPECT_EQ(ParseMetric("misses:lower")->name, "misses");
  EXPECT_THAT(std::string(ParseMetric("hits").status().message()),
              HasSubstr("--metric=hits:higher or :lower"));
}

TEST(ParseMetric, KnowsTheDirectionOfSizesAndQuality) {
  EXPECT_FALSE(ParseMetric("size_bytes")->higher_is_better);
  EXPECT_TRUE(ParseMetric("accuracy")->higher_is_better);
}

TEST(ParseMetric, RejectsTheWrongDirection) {
  EXPECT_EQ(ParseMetric("time_s:higher").status().message(),
            "--metric=time_s:higher: less of it is better: say --metric=time_s");
}

TEST(ParseMetric, RejectsADirectionOfNothing) { EXPECT_FALSE(ParseMetric(":higher").ok()); }

TEST(MetricOf, IsAsMeasured) {
  std::vector<Entry> entries = OneEntry();
  ASSERT_TRUE(UseMetric("run.json", {"ops_per_s", true}, entries).ok());
  EXPECT_THAT(MetricOf(entries[0], "ops_per_s")->values(), ElementsAre(2, 8));
}

TEST(MetricOf, TakesAFigureAsOneValue) {
  std::vector<Entry> entries = OneEntry();
  entries[0].sizes["params"] = 7;
  EXPECT_THAT(MetricOf(entries[0], "params")->values(), ElementsAre(7));
}

TEST(MetricOf, IsNullForARowThatFailed) {
  std::vector<Entry> entries = OneEntry();
  entries[0].errors = {"wrong result"};
  EXPECT_FALSE(MetricOf(entries[0], "hits"));
}

// Otherwise the times of such a row would be compared in the place of the metric.
TEST(UseMetric, LeavesARowOfAggregatesWithoutASummary) {
  std::vector<Entry> entries = OneEntry();
  entries.push_back(TestEntry("b", {}));
  entries[1].summary = Summary{1, 0.1, 10};
  ASSERT_TRUE(UseMetric("run.json", {"hits", false}, entries).ok());
  EXPECT_FALSE(entries[1].IsComparable());
}

TEST(UseMetric, PutsItInThePlaceOfTheTimes) {
  std::vector<Entry> entries = OneEntry();
  ASSERT_TRUE(UseMetric("run.json", {"hits", false}, entries).ok());
  EXPECT_THAT(entries[0].Times()->values(), ElementsAre(10, 20));
}

TEST(UseMetric, InvertsWhatIsBetterHigher) {
  std::vector<Entry> entries = OneEntry();
  ASSERT_TRUE(UseMetric("run.json", {"ops_per_s", true}, entries).ok());
  EXPECT_THAT(entries[0].Times()->values(), ElementsAre(0.5, 0.125));
}

TEST(UseMetric, LeavesARowWithoutPositiveValuesWithoutTimes) {
  std::vector<Entry> entries = OneEntry();
  ASSERT_TRUE(UseMetric("run.json", {"zeros", false}, entries).ok());
  EXPECT_EQ(entries[0].Times(), nullptr);
}

TEST(UseMetric, ListsWhatThereIs) {
  std::vector<Entry> entries = OneEntry();
  EXPECT_EQ(UseMetric("run.json", {"misses", false}, entries).message(),
            "run.json: --metric=misses: no row has it: there are hits, ops_per_s, time_s, zeros");
}

}  // namespace
}  // namespace podium::report
