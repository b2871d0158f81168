// podium ablate, pareto, rank and comply on a small run.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/tools/cli/run_podium.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

using testing::HasSubstr;

class TradeoffTest : public PodiumTest {
 protected:
  void SetUp() override {
    PodiumTest::SetUp();
    std::vector<std::string> rows;
    const auto add = [&](const std::string& variant, double us, double size, double accuracy,
                         const std::string& counted = "") {
      const std::string name = absl::StrCat("model/variant:", variant, "/isa:avx2/net:kws/batch:1");
      for (int i = 0; i < 4; ++i) {
        rows.push_back(absl::StrCat("{\"name\": \"", name, "\", \"run_name\": \"", name,
                                    "\", \"run_type\": \"iteration\", \"repetitions\": 4, "
                                    "\"repetition_index\": ",
                                    i,
                                    ", \"threads\": 1, \"iterations\": 9, "
                                    "\"real_time\": ",
                                    us * (1 + 0.01 * (i % 3)), ", \"cpu_time\": ", us,
                                    ", \"time_unit\": \"us\", \"size_bytes\": ", size,
                                    ", \"accuracy\": ", accuracy, counted, "}"));
      }
    };
    add("f32", 100, 4000, 0.9, ", \"accuracy_right\": 90, \"accuracy_inputs\": 100");
    add("fuse", 90, 4000, 0.9, ", \"accuracy_right\": 90, \"accuracy_inputs\": 100");
    add("quantize", 50, 1000, 0.89);  // of how many inputs it does not say
    add("fuse+quantize", 40, 1000, 0.8);
    Write("run.json", absl::StrCat("{\"context\": {}, \"benchmarks\": [\n",
                                   absl::StrJoin(rows, ",\n"), "\n]}\n"));
  }
};

TEST_F(TradeoffTest, AblateShowsPartsAndStacks) {
  const Outcome outcome = Podium({"ablate", Own("run.json")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("model/net:kws/batch:1 on avx2, against f32"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("quantize +2.00x \\[.*4.00x +-0.0100"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("fuse.quantize +2.5.*1.1"));
  EXPECT_THAT(Podium({"ablate", Own("run.json"), "--format=markdown"}).out,
              HasSubstr("| variant | speedup \\[95% CI\\] |"));
  EXPECT_THAT(Podium({"ablate", Own("run.json"), "--format=json"}).out,
              HasSubstr("\"techniques\": ["));
}

TEST_F(TradeoffTest, AblateShowsHowFarAnAccuracyMayBeOff) {
  // Newcombe's interval of 90 of 100 less 90 of 100: see proportions_test.cc.
  EXPECT_THAT(Podium({"ablate", Own("run.json")}).out,
              testing::ContainsRegex("fuse +1.1.* \\+0.0000 \\[-0.0869, \\+0.0869\\]"));
  const Json rows =
      Json::parse(Podium({"ablate", Own("run.json"), "--format=json"}).out)[0]["rows"];
  ASSERT_EQ(rows[0]["variant"], "fuse");
  EXPECT_NEAR(rows[0]["accuracy_delta_ci"][1], 0.0868025, 1e-7);
  EXPECT_TRUE(rows[0]["accuracy_delta_ci_reason"].is_null());
  ASSERT_EQ(rows[1]["variant"], "quantize");
  EXPECT_TRUE(rows[1]["accuracy_delta_ci"].is_null());
  EXPECT_THAT(rows[1]["accuracy_delta_ci_reason"].get<std::string>(),
              HasSubstr("accuracy_right of accuracy_inputs"));
}

TEST_F(TradeoffTest, CompareShowsHowFarAnAccuracyMayBeOff) {
  const std::string table = Podium({"compare", Own("run.json"), "--baseline=f32"}).out;
  EXPECT_THAT(table, HasSubstr("accuracy 0.900 (+0.0000 [-0.0869, +0.0869])"));
  EXPECT_THAT(table, testing::ContainsRegex("accuracy 0.890 +[a-z]")) << "no interval";
}

TEST_F(TradeoffTest, AblateNamesAMissingBaseline) {
  const Outcome outcome = Podium({"ablate", Own("run.json"), "--baseline=f64"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no workload has a row of variant f64 and another"));
}

TEST_F(TradeoffTest, ParetoMarksTheFrontierAndRecommends) {
  const Outcome outcome = Podium({"pareto", Own("run.json")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("\n  f32 .* fuse\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("\n\\* quantize "));
  EXPECT_THAT(outcome.out, HasSubstr("accuracy-preserving: fuse, "));
  EXPECT_THAT(Podium({"pareto", Own("run.json"), "--format=json"}).out,
              HasSubstr("\"on_frontier\": true"));
  EXPECT_THAT(Podium({"pareto", Own("run.json"), "--format=markdown"}).out,
              HasSubstr("| \\* | quantize | "));
}

TEST_F(TradeoffTest, ParetoNeedsTwoMetrics) {
  const Outcome outcome = Podium({"pareto", Own("run.json"), "--metrics=time_s"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--metrics: needs two or more"));
  EXPECT_THAT(Podium({"pareto", Own("run.json"), "--metrics=time_s,top1_agreement"}).err,
              HasSubstr("no row has all of time_s, top1_agreement"));
}

TEST_F(TradeoffTest, RankListsWhoMayNotTakePart) {
  const Outcome outcome = Podium({"rank", Own("run.json"), "--event=latency_sprint"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("1 +model/variant:quantize/"));
  EXPECT_THAT(outcome.out, HasSubstr("accuracy 0.800 is below 0.85"));
  EXPECT_THAT(Podium({"rank", Own("run.json"), "--event=all_around", "--format=json"}).out,
              HasSubstr("\"rank\": 1"));
}

TEST_F(TradeoffTest, RankKnowsDivisions) {
  const std::vector<std::string> args = {"rank", Own("run.json"), "--event=latency_sprint"};
  const auto in = [&](const std::string& flag) {
    std::vector<std::string> more = args;
    more.push_back(flag);
    return Podium(more);
  };
  // The run does not say what its variants do: closed is the baseline alone.
  EXPECT_THAT(in("--division=closed").out, testing::ContainsRegex("1 +model/variant:f32/"));
  EXPECT_THAT(in("--division=closed").out, HasSubstr("does not say what quantize does"));
  EXPECT_THAT(in("--format=markdown").out, HasSubstr("| 1 | model/variant:quantize/"));
  EXPECT_EQ(in("--division=shut").status, 2);
}

TEST_F(TradeoffTest, ComplyJudgesEachVariantByTheTargets) {
  const Outcome outcome = Podium({"comply", Own("run.json")});
  EXPECT_EQ(outcome.status, 1) << outcome.err;  // the last ones miss 0.90
  EXPECT_THAT(outcome.out, HasSubstr("f32 on avx2, closed division: compliance rate 100%, 1 of 1"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("keyword_spotting +no +0.8000 top-1 +0.90"));
  EXPECT_THAT(outcome.out, HasSubstr("anomaly_detection: the run has no row of it"));
  EXPECT_THAT(outcome.out, HasSubstr("energy: the run file's context has no"));
  EXPECT_EQ(Podium({"comply", Own("run.json"), "--filter=variant:fuse"}).status, 0);
  EXPECT_EQ(
      Podium({"comply", Own("run.json"), "--filter=variant:f32", "--require_conclusive"}).status,
      3);
}

TEST_F(TradeoffTest, ComplyWritesJsonAndMarkdown) {
  const Json report = Json::parse(Podium({"comply", Own("run.json"), "--format=json"}).out);
  const Json& f32 = report["configurations"][0];
  EXPECT_EQ(f32["tasks"]["keyword_spotting"]["compliant"], true);
  EXPECT_EQ(f32["tasks"]["keyword_spotting"]["target_latency_s"], 0.1);
  EXPECT_TRUE(f32["tasks"]["keyword_spotting"]["energy_j"].is_null());
  EXPECT_TRUE(f32["tasks"]["visual_wake_words"].is_null());
  EXPECT_EQ(f32["tasks"]["visual_wake_words_reason"], "the run has no row of it");
  EXPECT_EQ(f32["summary"]["compliance_rate"], 1);
  EXPECT_EQ(f32["summary"]["overall_compliant"], false);
  EXPECT_THAT(Podium({"comply", Own("run.json"), "--format=markdown"}).out,
              HasSubstr("# TinyMLPerf compliance\n\n_MLPerf-style, unverified_"));
}

TEST_F(TradeoffTest, ComplyNeedsARowOfATask) {
  const Outcome outcome = Podium({"comply", Data("run.json")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("no row model/.../net:N/batch:1 with N of kws, vww, ad or ic"));
}

TEST_F(TradeoffTest, RankNeedsAnEvent) {
  EXPECT_THAT(Podium({"rank", Own("run.json")}).err, HasSubstr("needs --event: one of"));
  EXPECT_EQ(Podium({"rank", Own("run.json"), "--event=sprint"}).status, 2);
}

}  // namespace
}  // namespace podium::report
