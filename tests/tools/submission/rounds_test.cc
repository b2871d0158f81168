// The way of a file of `podium run` through a submission and back.
#include <functional>

#include "gmock/gmock.h"
#include "rounds_run.h"
#include "tools/submission/build.h"
#include "tools/submission/derive.h"
#include "tools/submission/entries.h"
#include "tools/submission/run_comparison.h"
#include "tools/submission/validate.h"

namespace podium::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

RunFile Read(const Json& run) {
  const absl::StatusOr<RunFile> file = ParseRunFile("run.json", run.dump());
  EXPECT_TRUE(file.ok()) << file.status();
  return file.value_or(RunFile());
}

absl::StatusOr<Inputs> Build(const Json& run, const SubmitOptions& options = {}) {
  return BuildInputs({{Read(run), std::string(64, '0'), 1}}, options);
}

Json Submission(const Json& run, const SubmitOptions& options = {}) {
  const absl::StatusOr<Inputs> inputs = Build(run, options);
  EXPECT_TRUE(inputs.ok()) << inputs.status();
  return Derive(*inputs).document;
}

TEST(RoundsEntries, KnowTheOriginOfEachValue) {
  const EntrySet set = CollectEntries(Read(VariantsRun(5, 2)));
  ASSERT_EQ(set.entries.size(), 4);
  EXPECT_THAT(set.warnings, IsEmpty());
  EXPECT_EQ(set.entries[1].Times()->n(), 10);
  EXPECT_EQ(set.entries[1].origins[0], (Origin{1, 0, "h"}));
  EXPECT_EQ(set.entries[1].origins[3], (Origin{5, 1, "h"}));
}

TEST(RoundsEntries, OfTwoFilesShareNoNumber) {
  EXPECT_EQ(CollectEntries(Read(VariantsRun(5)), 100).entries[1].origins[0],
            (Origin{101, 100, "h"}));
}

TEST(RoundsEntries, WithoutTheOriginOfAValueHaveNone) {
  Json run = VariantsRun(5);
  run["benchmarks"][4].erase("podium_process");
  EXPECT_THAT(CollectEntries(Read(run)).entries[0].origins, IsEmpty());
}

TEST(RoundsSubmission, IsJudgedByRounds) {
  const Json document = Submission(VariantsRun(12));
  EXPECT_EQ(document["protocol"]["design"], "rounds");
  EXPECT_EQ(document["protocol"]["plan"], "custom");
  EXPECT_EQ(document["protocol"]["rounds"], 12);
  const Json& faster = document["comparisons"][0];
  EXPECT_EQ(faster["design"], "rounds");
  EXPECT_EQ(faster["method"], "signed_rank");
  EXPECT_EQ(faster["baseline"]["n"], 12);
  EXPECT_EQ(faster["verdict"], "improved");
  EXPECT_TRUE(faster["a_a_floor"].is_number());
  EXPECT_EQ(document["comparisons"][1]["verdict"], "equivalent");
}

TEST(RoundsSubmission, IsValid) {
  EXPECT_THAT(ValidateDocument(Submission(VariantsRun(12))).problems, IsEmpty());
  EXPECT_THAT(ValidateDocument(Submission(VariantsRun(8, 3))).problems, IsEmpty());
}

Json TwoHosts() {
  return RoundsRun({{"old", "f/variant:old/M:1", 1}, {"new", "f/variant:new/M:1", 1.05}}, 8, 1,
                   {"p", "q"});
}

TEST(RoundsSubmission, ShowsTheHostsOfARunOnSeveral) {
  const Json document = Submission(TwoHosts());
  const Json& comparison = document["comparisons"][0];
  EXPECT_EQ(comparison["baseline"]["n"], 8);  // rounds, each the mean of its hosts
  ASSERT_EQ(comparison["hosts"]["speedups"].size(), 2);
  EXPECT_NEAR(comparison["hosts"]["speedups"][1], 1.05, .01);
  EXPECT_THAT(comparison["warnings"].dump(),
              HasSubstr("the geometric means of the 2 hosts lie between"));
  EXPECT_THAT(ValidateDocument(document).problems, IsEmpty());
}

TEST(RoundsSubmission, NamesNoHostWhereThereIsOne) {
  EXPECT_FALSE(Submission(VariantsRun(8))["entries"][0]["origins"].contains("host"));
}

TEST(RoundsSubmission, RejectsAForgedHost) {
  Json document = Submission(TwoHosts());
  document["comparisons"][0]["hosts"]["speedups"][0] = 2;
  EXPECT_THAT(ValidateDocument(document).problems,
              Contains(StartsWith("/comparisons/0/hosts/speedups/0")));
}

TEST(RoundsSubmission, RepetitionsAddNoIndependentValues) {
  EXPECT_EQ(Submission(VariantsRun(8, 3))["comparisons"][0]["baseline"]["n"], 8);
}

TEST(RoundsSubmission, IsOfOneProgram) {
  const Json run = RoundsRun({{"baseline", "f/M:1", 1}, {"contender", "f/M:1", 1.05}}, 6);
  EXPECT_THAT(std::string(Build(run).status().message()), HasSubstr("podium compare run.json"));
}

TEST(RoundsSubmission, HasAGeomeanWithAnIntervalOverWholeRounds) {
  const Json geomean = Submission(VariantsRun(16))["geomean"];
  EXPECT_EQ(geomean["rows"], 2);
  EXPECT_NEAR(geomean["speedup"], std::sqrt(1.05), .003);
  EXPECT_LT(geomean["ci"][0], geomean["speedup"]);
  EXPECT_GT(geomean["ci"][1], geomean["speedup"]);
  EXPECT_GT(geomean["ci"][0], 1.01);
}

struct RoundsForgery {
  std::string name;
  std::function<void(Json&)> apply;
  std::string at;
};
class RoundsForgeryTest : public testing::TestWithParam<RoundsForgery> {};

TEST_P(RoundsForgeryTest, IsRejectedByItsPath) {
  SubmitOptions options;
  options.rule.correction = Correction::kBenjaminiHochberg;
  Json document = Submission(VariantsRun(12), options);
  GetParam().apply(document);
  EXPECT_THAT(ValidateDocument(document).problems, Contains(StartsWith(GetParam().at)));
}

const RoundsForgery kRoundsForgeries[] = {
    {"Floor", [](Json& d) { d["comparisons"][0]["a_a_floor"] = 1e-6; }, "/comparisons/0/a_a_floor"},
    {"SignedRank", [](Json& d) { d["comparisons"][0]["signed_rank"]["p"] = 1e-9; },
     "/comparisons/0/signed_rank/p"},
    {"Method", [](Json& d) { d["comparisons"][0]["method"] = "welch_t"; }, "/comparisons/0/method"},
    {"AdjustedP", [](Json& d) { d["comparisons"][1]["p_adjusted"] = 0.5; },
     "/comparisons/1/p_adjusted"},
    {"Geomean", [](Json& d) { d["geomean"]["ci"][0] = 1.02; }, "/geomean/ci/0"},
    {"DroppedGeomean", [](Json& d) { d.erase("geomean"); }, "/geomean"},
    {"DroppedWarnings", [](Json& d) { d["comparisons"][0].erase("warnings"); },
     "/comparisons/0/warnings"},
    {"Correction", [](Json& d) { d["protocol"]["correction"] = "none"; },
     "/comparisons/0/p_adjusted"},
    // With other rounds, or none, the values are others.
    {"Origin", [](Json& d) { d["entries"][0]["origins"]["round"][3] = 0; }, "/comparisons/0/"},
    {"OneOriginTooFew", [](Json& d) { d["entries"][0]["origins"]["process"].erase(3); },
     "/entries/0/origins"},
    {"NoOrigins",
     [](Json& d) {
       for (Json& entry : d["entries"]) entry.erase("origins");
     },
     "/protocol/plan"},
};
INSTANTIATE_TEST_SUITE_P(Rounds, RoundsForgeryTest, testing::ValuesIn(kRoundsForgeries),
                         [](const auto& param) { return param.param.name; });

TEST(CompareRunsOfRounds, TakesTwoFilesAsSessions) {
  const Json run = RoundsRun({{"", "f/M:1", 1}}, 6), faster = RoundsRun({{"", "f/M:1", 2}}, 6);
  const EntrySet a = CollectEntries(Read(run)), b = CollectEntries(Read(faster), 6);
  const RunComparison comparison = CompareRuns(a.entries, b.entries, {});
  ASSERT_EQ(comparison.rows.size(), 1);
  EXPECT_EQ(comparison.rows[0].judgement.design, Design::kSessions);
  EXPECT_EQ(comparison.rows[0].judgement.verdict, Verdict::kImproved);
  EXPECT_FALSE(comparison.geomean->interval);
}

// The mean of (mean, stddev) as the repetitions have them; rows of one round in common are not
// needed for that.
TEST(CompareRuns, OfAggregatesIsDescriptive) {
  const auto aggregate = [](const std::string& name, double time) {
    Row row{};
    row.kind = RowKind::kAggregate;
    row.full_name = "f/M:1_" + name;
    row.run_name = "f/M:1";
    row.aggregate = name;
    row.repetitions = 10;
    row.real_time_s = time;
    return row;
  };
  RunFile a, b;
  a.rows = {aggregate("mean", 4), aggregate("median", 4), aggregate("stddev", .1)};
  b.rows = {aggregate("mean", 1), aggregate("median", 1), aggregate("stddev", .1)};
  const std::vector<Entry> old_run = CollectEntries(a).entries, new_run = CollectEntries(b).entries;
  const RunComparison comparison = CompareRuns(old_run, new_run, {});
  ASSERT_EQ(comparison.rows.size(), 1);
  EXPECT_EQ(comparison.rows[0].judgement.design, Design::kAggregates);
  EXPECT_EQ(comparison.rows[0].judgement.n_baseline, 10);
  EXPECT_EQ(comparison.rows[0].judgement.verdict, Verdict::kInconclusive);
  EXPECT_EQ(comparison.geomean->reason, "not all rows were measured in interleaved processes");
}

}  // namespace
}  // namespace podium::report
