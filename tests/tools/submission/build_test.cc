#include "tools/submission/build.h"

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;

std::string Refusal(const std::vector<std::string>& runs, const SubmitOptions& options = {}) {
  std::vector<Source> sources;
  for (const std::string& run : runs) sources.push_back(*ReadSource(TestRun(run)));
  return std::string(BuildInputs(sources, options).status().message());
}

TEST(BuildInputs, RefusesARunThatWasCutShort) {
  EXPECT_THAT(Refusal({"truncated.json"}), HasSubstr("cut short after 20 complete rows"));
}

TEST(BuildInputs, RefusesOneRepetition) {
  EXPECT_THAT(Refusal({"one_repetition.json"}),
              HasSubstr("1 repetition; a confidence interval needs at least 2: run with "
                        "--benchmark_repetitions=10"));
}

TEST(BuildInputs, RefusesATimeThatIsNoNumber) {
  EXPECT_THAT(Refusal({"nan.json"}), HasSubstr("benchmarks[3]"));
}

TEST(BuildInputs, RefusesVariantsWithoutABaseline) {
  EXPECT_THAT(Refusal({"no_baseline.json"}), HasSubstr("give --baseline=V, one of fp32, int8"));
}

TEST(BuildInputs, RefusesAnUnknownVariantAndListsThoseThereAre) {
  SubmitOptions options;
  options.optimized = "int3";
  EXPECT_THAT(Refusal({"run.json"}, options),
              HasSubstr("--optimized=int3: no such variant: the file has csr, dense, fp32"));
}

TEST(BuildInputs, RefusesPruningInTheClosedDivision) {
  SubmitOptions options;
  options.division = "closed";
  EXPECT_THAT(Refusal({"run.json"}, options), HasSubstr("use --division=open"));
}

TEST(BuildInputs, RefusesARowInTwoFiles) {
  EXPECT_THAT(Refusal({"run.json", "no_baseline.json"}), HasSubstr("is in an earlier file too"));
}

TEST(BuildInputs, RefusesWorkloadsThatAreNotThere) {
  SubmitOptions options;
  options.workloads = {"lstm"};
  EXPECT_THAT(Refusal({"run.json"}, options), HasSubstr("no row matches --workload=lstm"));
}

TEST(BuildInputs, TakesRowsWithoutVariantsAsABaselineAlone) {
  EXPECT_EQ(SubmissionOf("foreign.json")["submission_type"], "baseline");
}

TEST(BuildInputs, WarnsOfFilesThatWereMadeWithOtherSeeds) {
  Source first = *ReadSource(TestRun("run.json")), second = *ReadSource(TestRun("foreign.json"));
  first.run.context["podium.seed"] = "1";
  second.run.context["podium.seed"] = "2";
  const absl::StatusOr<Inputs> inputs = BuildInputs({first, second}, {});
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(inputs->provenance["sources"][1]["warnings"].dump(),
              HasSubstr("podium.seed is 2, but 1 in run.json"));
}

TEST(BuildInputs, NamesSourcesWithoutTheirDirectory) {
  EXPECT_EQ(SubmissionOf("run.json")["provenance"]["sources"][0]["file"], "run.json");
}

}  // namespace
}  // namespace podium::report
