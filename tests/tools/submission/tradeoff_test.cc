// What weighs several figures against each other: ablation, the Pareto frontier, events.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/tools/submission/test_run.h"
#include "tools/submission/ablation.h"
#include "tools/submission/events.h"
#include "tools/submission/pareto.h"

namespace podium::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A variant of one network; times in ms around `ms`, so that intervals have a width of some
// percent.
Entry Variant(const std::string& variant, double ms, double size_bytes, double accuracy) {
  Entry entry = TestEntry("model/variant:" + variant + "/isa:avx2/net:kws/batch:1",
                          {ms * 1e-3, ms * 1.01e-3, ms * 0.99e-3, ms * 1e-3});
  entry.sizes["size_bytes"] = size_bytes;
  entry.quality["accuracy"] = accuracy;
  return entry;
}

const std::vector<MetricChoice> kMetrics = {
    {"time_s", false}, {"accuracy", true}, {"size_bytes", false}};

TEST(ParetoTest, OnlyWhatIsWorseForCertainIsDominated) {
  const std::vector<Entry> entries = {
      Variant("f32", 10, 4000, 0.90), Variant("slow", 20, 4000, 0.90),
      Variant("close", 10.02, 4000, 0.89), Variant("small", 30, 1000, 0.80)};
  const std::vector<ParetoPoint> points = ParetoFrontier(entries, kMetrics);
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[0].dominated_by, nullptr);
  EXPECT_EQ(points[1].dominated_by, &entries[0]);
  EXPECT_EQ(points[2].dominated_by, nullptr);  // its time may be less than f32's
  EXPECT_EQ(points[3].dominated_by, nullptr);
}

TEST(ParetoTest, OneRepetitionDominatesNothing) {
  Entry once = Variant("once", 1, 1000, 0.95);
  once.metrics[0].samples = *Sample::Create({1e-3});
  const std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90), once};
  EXPECT_EQ(ParetoFrontier(entries, kMetrics)[0].dominated_by, nullptr);
}

TEST(ParetoTest, RowsWithoutAMetricAreLeftOut) {
  Entry row = Variant("f32", 10, 4000, 0.90);
  row.quality.clear();
  EXPECT_TRUE(ParetoFrontier({row}, kMetrics).empty());
}

TEST(ParetoTest, RecommendationsDependOnTheUse) {
  const std::vector<Entry> entries = {
      Variant("f32", 10, 4000, 0.90), Variant("fuse", 9, 4000, 0.90),
      Variant("int8", 5, 1000, 0.895), Variant("tiny", 6, 500, 0.885),
      Variant("wrong", 1, 100, 0.2)};
  const std::vector<Recommendation> r = Recommend(entries, "f32");
  ASSERT_EQ(r.size(), 4u);
  EXPECT_EQ(r[0].use, "latency-critical");
  EXPECT_EQ(r[0].row, &entries[2]);
  EXPECT_EQ(r[1].use, "memory-constrained");
  EXPECT_EQ(r[1].row, &entries[3]);
  EXPECT_EQ(r[2].use, "accuracy-preserving");
  EXPECT_EQ(r[2].row, &entries[1]);
  EXPECT_EQ(r[3].use, "balanced");
  EXPECT_EQ(r[3].row, &entries[3]);  // 10/6 * 8 / 1.015 against 2 * 4 / 1.005
}

TEST(ParetoTest, RecommendationsAreWithheldWithoutMeasuredAccuracy) {
  Entry row = Variant("f32", 10, 4000, 0.90);
  row.quality.clear();
  row.quality["top1_agreement"] = 1;
  for (const Recommendation& r : Recommend({row}, "f32")) {
    EXPECT_EQ(r.row, nullptr);
    EXPECT_THAT(r.reason, HasSubstr("accuracy on labelled inputs"));
  }
}

TEST(ParetoTest, RecommendationsAreWithheldWhereAFigureIsEstimated) {
  std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90), Variant("int8", 5, 1000, 0.895)};
  entries[1].estimated = {"energy_j"};  // which no recommendation rests on
  EXPECT_EQ(Recommend(entries, "f32")[0].row, &entries[1]);
  entries[1].estimated = {"accuracy"};
  for (const Recommendation& r : Recommend(entries, "f32")) {
    EXPECT_EQ(r.row, nullptr);
    EXPECT_EQ(r.reason, "accuracy of int8 is estimated, not measured");
  }
}

TEST(AblationTest, SpeedupCompressionAndAccuracyAreAgainstTheBaseline) {
  const std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90),
                                      Variant("quantize", 5, 1000, 0.88)};
  const std::vector<Ablation> ablations = Ablate(entries, "f32");
  ASSERT_EQ(ablations.size(), 1u);
  ASSERT_EQ(ablations[0].rows.size(), 1u);
  const AblationRow& row = ablations[0].rows[0];
  EXPECT_NEAR(row.speedup->ratio, 2, 1e-9);
  EXPECT_DOUBLE_EQ(*row.compression, 4);
  EXPECT_NEAR(*row.accuracy_delta, -0.02, 1e-12);
  EXPECT_FALSE(row.accuracy_interval.value);  // 0.88 of how many?
  EXPECT_FALSE(row.interaction);
}

TEST(AblationTest, InteractionIsTheStackOverTheProductOfItsParts) {
  // Parts of 2x and 1.25x; stacked 3x rather than 2.5x.
  const std::vector<Entry> entries = {Variant("f32", 12, 1, 1), Variant("fuse+quantize", 4, 1, 1),
                                      Variant("fuse", 9.6, 1, 1), Variant("quantize", 6, 1, 1),
                                      Variant("fuse+prune", 9, 1, 1)};
  const std::vector<Ablation> ablations = Ablate(entries, "f32");
  ASSERT_EQ(ablations.size(), 1u);
  const std::vector<AblationRow>& rows = ablations[0].rows;
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].entry->parts.variant, "fuse");  // single ones first
  const AblationRow& stacked = rows[2];
  EXPECT_THAT(stacked.techniques, ElementsAre("fuse", "quantize"));
  ASSERT_TRUE(stacked.interaction);
  EXPECT_NEAR(stacked.interaction->ratio, 1.2, 1e-9);
  // Four rows with the same spread, each with weight 1: twice the error of one, on 4 times the
  // degrees of freedom of one. Python: statistics.stdev(map(math.log, [1, 1.01, .99, 1])); t of
  // tables.
  EXPECT_NEAR(stacked.interaction->log_standard_error, 0.008165289, 1e-9);
  EXPECT_NEAR(stacked.interaction->df, 12, 1e-9);
  EXPECT_NEAR(std::log(stacked.interaction->interval.hi / 1.2), 2.178812830 * 0.008165289, 1e-8);
  EXPECT_EQ(rows[3].interaction_reason, "no row of prune alone");
}

TEST(AblationTest, OtherWorkloadsAndIsasAreApart) {
  Entry other = Variant("quantize", 5, 1, 1);
  other.name = "model/variant:quantize/isa:sse2/net:kws/batch:1";
  other.parts = ParseBenchmarkName(other.name);
  EXPECT_TRUE(Ablate({Variant("f32", 10, 1, 1), other}, "f32").empty());
}

std::vector<std::size_t> Ranks(const EventResult& result) {
  std::vector<std::size_t> ranks;
  for (const Standing& s : result.standings) ranks.push_back(s.rank);
  return ranks;
}

TEST(EventsTest, RowsThatAreNotEligibleHaveAReasonAndNoRank) {
  const std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90),
                                      Variant("fast", 1, 4000, 0.84),
                                      Variant("int8", 5, 1000, 0.89)};
  const absl::StatusOr<EventResult> result = RankEvent("latency_sprint", entries, "f32", false);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(Ranks(*result), ElementsAre(1, 2, 0));
  EXPECT_EQ(result->standings[0].entry, &entries[2]);
  EXPECT_EQ(result->standings[2].reason, "accuracy 0.840 is below 0.85");
}

TEST(EventsTest, RowsThatCannotBeToldApartShareARank) {
  const std::vector<Entry> entries = {Variant("a", 10, 1, 0.9), Variant("b", 10.02, 1, 0.9),
                                      Variant("c", 12, 1, 0.9)};
  EXPECT_THAT(Ranks(*RankEvent("latency_sprint", entries, "a", false)), ElementsAre(1, 1, 3));
}

TEST(EventsTest, EachEventHasItsMeasure) {
  const std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90),
                                      Variant("fast", 2, 4000, 0.88),
                                      Variant("small", 9, 100, 0.86)};
  const auto winner = [&](const std::string& event) {
    return RankEvent(event, entries, "f32", false)->standings[0].entry->parts.variant;
  };
  EXPECT_EQ(winner("latency_sprint"), "fast");
  EXPECT_EQ(winner("memory_challenge"), "small");
  EXPECT_EQ(winner("accuracy_contest"), "f32");
  EXPECT_EQ(winner("extreme_push"), "small");  // 1.1 * 40 against 5
  EXPECT_EQ(winner("all_around"), "small");
}

TEST(EventsTest, AccuracyContestLimitsTimeAndSize) {
  const std::vector<Entry> entries = {Variant("slow", 150, 100, 0.99),
                                      Variant("large", 1, 11 * 1024 * 1024, 0.98),
                                      Variant("fits", 1, 100, 0.5)};
  const EventResult result = *RankEvent("accuracy_contest", entries, "f32", false);
  EXPECT_THAT(Ranks(result), ElementsAre(1, 0, 0));
  EXPECT_EQ(result.standings[1].reason, "is not for certain below 100 ms");
  EXPECT_EQ(result.standings[2].reason, "is not below 10 MiB");
}

TEST(EventsTest, TheClosedDivisionKeepsPrunedNetworksOut) {
  std::vector<Entry> entries = {Variant("f32", 10, 4000, 0.90), Variant("int8", 5, 1000, 0.89),
                                Variant("prune50+int8", 2, 900, 0.88),
                                Variant("mystery", 1, 900, 0.9)};
  entries[1].techniques = {"quantization"};
  entries[2].techniques = {"pruning", "quantization"};
  const EventResult closed = *RankEvent("latency_sprint", entries, "f32", true);
  EXPECT_THAT(Ranks(closed), ElementsAre(1, 2, 0, 0));
  EXPECT_EQ(closed.standings[0].entry, &entries[1]);
  EXPECT_EQ(closed.standings[2].reason, "pruning changes the reference network");
  EXPECT_EQ(closed.standings[3].reason, "the file does not say what mystery does");
  const EventResult open = *RankEvent("latency_sprint", entries, "f32", false);
  EXPECT_THAT(Ranks(open), ElementsAre(1, 2, 3, 4));
  EXPECT_FALSE(open.standings[0].division.closed);
  EXPECT_TRUE(open.standings[2].division.closed);
}

TEST(EventsTest, UnknownEventsAreNamed) {
  EXPECT_THAT(std::string(RankEvent("sprint", {}, "f32", false).status().message()),
              HasSubstr("--event=sprint: no such event; there are latency_sprint,"));
}

}  // namespace
}  // namespace podium::report
