#include "tools/submission/derive.h"

#include <cmath>

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// f/variant:slow at 4 s and f/variant:fast at 1 s, 8 to 2 bytes, 0.9 to 0.8 accuracy.
Inputs TwoVariants() {
  Inputs inputs;
  inputs.division = "open";
  inputs.system_info = inputs.conditions = Json::object();
  inputs.same_run = SameRun::kYes;
  inputs.provenance = {{"sources", Json::array({{{"warnings", Json::array({"doubt"})}}})}};
  inputs.selection.baselines["f"] = "slow";
  inputs.entries = {TestEntry("f/variant:slow/isa:a/M:1", {4.0, 4.1, 3.9}),
                    TestEntry("f/variant:fast/isa:a/M:1", {1.0, 1.01, 0.99})};
  inputs.entries[0].sizes = {{"size_bytes", 8}};
  inputs.entries[1].sizes = {{"size_bytes", 2}};
  inputs.entries[0].quality = {{"accuracy", 0.9}};
  inputs.entries[1].quality = {{"accuracy", 0.8}};
  return inputs;
}

TEST(Derive, EfficiencyIsSpeedupTimesCompressionOverOnePlusTheAccuracyLost) {
  const Inputs inputs = TwoVariants();
  const Json improvement = Derive(inputs).document["improvements"][0];
  const double speedup = improvement["speedup"];
  EXPECT_EQ(improvement["compression_ratio"], 4);
  EXPECT_NEAR(improvement["accuracy_delta"], -0.1, 1e-15);
  EXPECT_NEAR(improvement["efficiency"], speedup * 4 / 1.1, 1e-12);
}

TEST(Derive, EfficiencyCarriesTheSpeedupsInterval) {
  const Inputs inputs = TwoVariants();
  const Json improvement = Derive(inputs).document["improvements"][0];
  const double lo = improvement["speedup_ci"][0];
  EXPECT_NEAR(improvement["efficiency_ci"][0], lo * 4 / 1.1, 1e-12);
}

TEST(Derive, AMissingSizeIsNullWithAReason) {
  Inputs inputs = TwoVariants();
  inputs.entries[0].sizes.clear();
  const Json improvement = Derive(inputs).document["improvements"][0];
  EXPECT_TRUE(improvement["efficiency"].is_null());
  EXPECT_EQ(improvement["compression_ratio_reason"],
            "a row does not report size_bytes, or it is 0");
}

void CountRight(Entry& entry, double right, double inputs) {
  entry.counters.push_back({"accuracy_right", *Sample::Create({right, right})});
  entry.counters.push_back({"accuracy_inputs", *Sample::Create({inputs, inputs})});
}

TEST(Derive, AnAccuracyOfCountedAnswersHasAnInterval) {
  Inputs inputs = TwoVariants();
  inputs.entries[0].quality = {{"accuracy", .6}};
  inputs.entries[1].quality = {{"accuracy", .8}};
  CountRight(inputs.entries[0], 48, 80);
  CountRight(inputs.entries[1], 56, 70);
  const Json improvement = Derive(inputs).document["improvements"][0];
  // Newcombe (1998), table II, method 10.
  EXPECT_NEAR(improvement["accuracy_delta_ci"][0], .0524, 5e-5);
  EXPECT_NEAR(improvement["accuracy_delta_ci"][1], .3339, 5e-5);
}

TEST(Derive, AnAccuracyThatIsNoCountedShareHasNoInterval) {
  Inputs inputs = TwoVariants();
  const auto reason = [&] {
    const Json improvement = Derive(inputs).document["improvements"][0];
    EXPECT_TRUE(improvement["accuracy_delta_ci"].is_null());
    return improvement["accuracy_delta_ci_reason"].get<std::string>();
  };
  EXPECT_THAT(reason(), HasSubstr("accuracy_right of accuracy_inputs"));
  CountRight(inputs.entries[0], 90, 100);
  CountRight(inputs.entries[1], 70, 100);  // not what its accuracy says
  EXPECT_THAT(reason(), HasSubstr("no share of right answers"));
}

TEST(Derive, TopOneAgreementHasNoMemberForAnInterval) {
  Inputs inputs = TwoVariants();
  for (Entry& entry : inputs.entries) entry.quality = {{"top1_agreement", 1}};
  EXPECT_FALSE(Derive(inputs).document["improvements"][0].contains("accuracy_delta_ci"));
}

// 3 and 5 in one process, 6 in the other.
Inputs OfTwoProcesses() {
  Inputs inputs = TwoVariants();
  inputs.entries[0] = TestEntry("f/variant:slow/isa:a/M:1", {3, 5, 6});
  inputs.entries[0].origins = {{0, 0}, {0, 0}, {1, 1}};
  return inputs;
}

TEST(Derive, AMeanOfSeveralProcessesIsThatOfTheirMeans) {
  const Inputs inputs = OfTwoProcesses();
  const Json time = Derive(inputs).document["entries"][0]["metrics"]["time_s"];
  EXPECT_EQ(time["n"], 3);
  EXPECT_EQ(time["n_processes"], 2);
  EXPECT_EQ(time["mean"], 5);
  EXPECT_EQ(time["ci95_of"], "process_means");
  EXPECT_NEAR(time["std"], std::sqrt(2), 1e-15);
  EXPECT_NEAR(time["ci95"][1], 5 + 12.7062047361747, 1e-10);  // R: 5 + qt(.975, 1)
}

TEST(Derive, AQuantileOfRepeatedProcessesHasNoInterval) {
  const Inputs inputs = OfTwoProcesses();
  EXPECT_EQ(Derive(inputs).document["entries"][0]["metrics"]["time_s"]["p50"]["ci95_reason"],
            "the values of one process are not independent");
}

TEST(Derive, ACounterThatNotEveryRepetitionHasGetsNoInterval) {
  Inputs inputs = OfTwoProcesses();
  inputs.entries[0].counters.push_back({"hits", *Sample::Create({1, 2})});
  const Json hits = Derive(inputs).document["entries"][0]["counters"]["hits"];
  EXPECT_TRUE(hits["ci95"].is_null());
  EXPECT_FALSE(hits.contains("n_processes"));
}

TEST(Derive, AQuantileWithoutAnIntervalSaysHowManyValuesItNeeds) {
  const Inputs inputs = TwoVariants();
  const Json p99 = Derive(inputs).document["entries"][0]["metrics"]["time_s"]["p99"];
  EXPECT_TRUE(p99["ci95"].is_null());
  EXPECT_THAT(p99["ci95_reason"].get<std::string>(), HasSubstr("needs at least"));
}

TEST(Derive, CarriesTheSourcesWarnings) {
  const Inputs inputs = TwoVariants();
  EXPECT_THAT(Derive(inputs).document["warnings"], Contains("doubt"));
}

TEST(Derive, WarnsOfAFailedRow) {
  Inputs inputs = TwoVariants();
  inputs.entries[1].errors = {"differs from reference"};
  EXPECT_THAT(Derive(inputs).document["warnings"],
              Contains("f/variant:fast/isa:a/M:1: failed: differs from reference"));
}

TEST(Derive, WarnsOfALoadAboveTheNumberOfCpus) {
  Inputs inputs = TwoVariants();
  inputs.system_info = {{"load_avg", {4.5, 1.0, 1.0}}, {"num_cpus", 4}};
  EXPECT_THAT(Derive(inputs).document["warnings"],
              Contains("the load average was above the number of CPUs: other work ran beside the "
                       "benchmark"));
}

TEST(Derive, WarnsOfChangesThatWereNotCommitted) {
  Inputs inputs = TwoVariants();
  inputs.provenance["sources"][0]["file"] = "run.json";
  inputs.provenance["sources"][0]["git_sha"] = "0123abc-dirty";
  EXPECT_THAT(Derive(inputs).document["warnings"],
              Contains("run.json: built from changes that were not committed: no one else can "
                       "build the same program"));
}

TEST(Derive, IsIdenticalForTheSameInputs) {
  const Inputs inputs = TwoVariants();
  EXPECT_EQ(Serialize(Derive(inputs).document), Serialize(Derive(inputs).document));
}

}  // namespace
}  // namespace podium::report
