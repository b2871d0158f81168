#include "tools/submission/compliance.h"

#include <gmock/gmock.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/tools/submission/test_run.h"

namespace podium::report {
namespace {

using testing::HasSubstr;

// One inference of a network, its time around `ms` with an interval of some percent.
Entry Model(const std::string& net, double ms, std::optional<double> accuracy,
            const std::string& variant = "int8", const std::string& isa = "avx2") {
  Entry entry =
      TestEntry(absl::StrCat("model/variant:", variant, "/isa:", isa, "/net:", net, "/batch:1"),
                {ms * 1e-3, ms * 1.01e-3, ms * 0.99e-3, ms * 1e-3});
  entry.techniques = {"quantization"};
  if (accuracy) entry.quality["accuracy"] = *accuracy;
  return entry;
}

TaskResult ResultOf(const Entry& entry) {
  const std::vector<Entry> entries = {entry};
  Compliance compliance = JudgeCompliance(entries, "f32").at(0);
  for (TaskResult& task : compliance.tasks) {
    if (task.row != nullptr || absl::StrContains(task.reason, "failed")) {
      task.row = nullptr;  // it goes with `entries`
      return task;
    }
  }
  ADD_FAILURE() << "no task";
  return {.task = &kTinyTasks[0]};
}

TEST(ComplianceTest, AccuracyAndLatencyDecide) {
  EXPECT_EQ(ResultOf(Model("kws", 1, 0.90)).compliant, true);
  EXPECT_EQ(ResultOf(Model("kws", 1, 0.899)).compliant, false);
  EXPECT_EQ(ResultOf(Model("kws", 200, 0.95)).compliant, false);
  EXPECT_EQ(ResultOf(Model("vww", 150, 0.80)).compliant, true);
  EXPECT_EQ(ResultOf(Model("ad", 60, 0.90)).compliant, false);
}

TEST(ComplianceTest, MlperfTinyAsksForMoreOfImageClassification) {
  const TaskResult ic = ResultOf(Model("ic", 1, 0.80));
  EXPECT_EQ(ic.compliant, true);
  EXPECT_EQ(ic.mlperf_accuracy_met, false);
}

TEST(ComplianceTest, ALimitWithinTheIntervalIsNotJudged) {
  const TaskResult kws = ResultOf(Model("kws", 100, 0.95));
  EXPECT_EQ(kws.latency_met, std::nullopt);
  EXPECT_EQ(kws.compliant, std::nullopt);
  EXPECT_THAT(kws.reason, HasSubstr("the interval of its latency holds the limit"));
  // One that misses its accuracy does not comply, however long it takes.
  EXPECT_EQ(ResultOf(Model("kws", 100, 0.5)).compliant, false);
}

TEST(ComplianceTest, WhatWasNotMeasuredIsNullWithTheReason) {
  Entry unlabelled = Model("ad", 1, std::nullopt);
  unlabelled.label = "no labelled inputs: compared on random ones";
  const TaskResult ad = ResultOf(unlabelled);
  EXPECT_EQ(ad.accuracy_met, std::nullopt);
  EXPECT_EQ(ad.latency_met, true);
  EXPECT_EQ(ad.compliant, std::nullopt);
  EXPECT_EQ(ad.reason, unlabelled.label);

  Entry failed = Model("vww", 1, 0.9);
  failed.errors = {"needs the MLPerf Tiny networks"};
  EXPECT_EQ(ResultOf(failed).reason, "failed: needs the MLPerf Tiny networks");
}

TEST(ComplianceTest, TheRateIsOfTheTasksThatWereJudged) {
  const std::vector<Entry> entries = {Model("kws", 1, 0.91), Model("ic", 1, 0.5),
                                      Model("ad", 1, std::nullopt)};
  const Compliance compliance = JudgeCompliance(entries, "f32").at(0);
  ASSERT_EQ(compliance.tasks.size(), 4u);
  EXPECT_EQ(compliance.judged, 2u);
  EXPECT_EQ(compliance.rate(), 0.5);
  EXPECT_FALSE(compliance.all());
  EXPECT_EQ(compliance.tasks[1].reason, "the run has no row of it");
}

TEST(ComplianceTest, VariantsAndIsasAreApart) {
  Entry pruned = Model("kws", 1, 0.91, "prune50");
  pruned.techniques = {"pruning"};
  const std::vector<Entry> entries = {Model("kws", 1, 0.91), Model("kws", 1, 0.91, "int8", "sse2"),
                                      pruned};
  const std::vector<Compliance> all = JudgeCompliance(entries, "f32");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].isa, "sse2");
  EXPECT_TRUE(all[0].division.closed);
  EXPECT_FALSE(all[2].division.closed);
}

TEST(ComplianceTest, OtherRowsAreOfNoTask) {
  Entry batch = Model("kws", 1, 0.91);
  batch.parts = ParseBenchmarkName("model/variant:int8/isa:avx2/net:kws/batch:16");
  EXPECT_TRUE(JudgeCompliance({batch, Model("digits_cnn", 1, 0.9)}, "f32").empty());
}

}  // namespace
}  // namespace podium::report
