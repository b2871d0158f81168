// What a submission says of `podium run`, forged: alone, and with the run files beside it.
#include <filesystem>
#include <functional>

#include "gmock/gmock.h"
#include "rounds_run.h"
#include "test_run.h"
#include "tools/submission/files.h"
#include "tools/submission/validate.h"

namespace podium::report {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Run files in a directory of the test's own, one of podium run and one made by hand.
class ValidateRoundsTest : public testing::Test {
 protected:
  ValidateRoundsTest() {
    std::filesystem::create_directories(directory_);
    EXPECT_TRUE(WriteWholeFile(Own("rounds.json"), VariantsRun(12).dump()).ok());
    std::filesystem::copy_file(TestRun("run.json"), Own("run.json"));
  }
  ~ValidateRoundsTest() override { std::filesystem::remove_all(directory_); }

  std::string Own(const std::string& name) const { return (directory_ / name).string(); }

  Inputs InputsOfFiles(const std::vector<std::string>& names) const {
    std::vector<Source> sources;
    for (const std::string& name : names) sources.push_back(*ReadSource(Own(name)));
    return *BuildInputs(sources, {});
  }

  std::vector<std::string> Problems(const Json& document) const {
    return ValidateDocument(document, directory_.string()).problems;
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ValidateRoundsTest, AcceptsTheFilesTogetherAndAlone) {
  for (const std::vector<std::string>& files : std::vector<std::vector<std::string>>{
           {"rounds.json"}, {"run.json"}, {"rounds.json", "run.json"}}) {
    EXPECT_THAT(Problems(Derive(InputsOfFiles(files)).document), IsEmpty()) << files.front();
  }
}

TEST_F(ValidateRoundsTest, RejectsOriginsThatTheRunFileDoesNotHave) {
  Inputs inputs = InputsOfFiles({"rounds.json", "run.json"});
  for (Entry& entry : inputs.entries) {
    if (!entry.origins.empty() || !entry.Times()) continue;
    const long first = entry.name.find("variant:fp32") == std::string::npos ? 1000 : 2000;
    for (std::size_t i = 0; i < entry.Times()->n(); ++i) {
      entry.origins.push_back({first + static_cast<long>(i), static_cast<long>(i)});
    }
  }
  const Json forged = Derive(inputs).document;
  EXPECT_THAT(ValidateDocument(forged).problems, IsEmpty());
  EXPECT_THAT(Problems(forged), Contains(HasSubstr("/origins: found an object, expected none")));
}

TEST_F(ValidateRoundsTest, RejectsARunThatTheRunFileDoesNotHave) {
  Json forged = Derive(InputsOfFiles({"rounds.json"})).document;
  forged["protocol"]["run"]["target_ci"] = 0.001;
  forged["protocol"]["run"].erase("target_ci_reason");
  EXPECT_THAT(ValidateDocument(forged).problems, IsEmpty());
  EXPECT_THAT(Problems(forged), Each(StartsWith("/protocol/run/target_ci")));
}

TEST_F(ValidateRoundsTest, SaysNothingOfARunWhereTheFilesDiffer) {
  const Json protocol = Derive(InputsOfFiles({"rounds.json", "run.json"})).document["protocol"];
  EXPECT_TRUE(protocol["plan"].is_null());
  EXPECT_EQ(protocol["plan_reason"], "the run files differ in it");
  EXPECT_TRUE(protocol["rounds"].is_null());
  EXPECT_FALSE(protocol.contains("run"));
}

TEST_F(ValidateRoundsTest, KeepsOfTwoRunsWhatIsTheSame) {
  Json other = RoundsRun({{"old", "g/variant:old/M:1", 1}, {"new", "g/variant:new/M:1", 2}}, 8);
  other["context"]["podium.run"]["seed"] = "8";
  ASSERT_TRUE(WriteWholeFile(Own("other.json"), other.dump()).ok());
  const Json document = Derive(InputsOfFiles({"rounds.json", "other.json"})).document;
  const Json& protocol = document["protocol"];
  EXPECT_EQ(protocol["plan"], "custom");
  EXPECT_EQ(protocol["rounds"], 12);
  EXPECT_EQ(protocol["run"]["order"], "abba");
  EXPECT_TRUE(protocol["run"]["seed"].is_null());
  EXPECT_THAT(Problems(document), IsEmpty());
}

TEST_F(ValidateRoundsTest, APlanThatWasCutShortIsNone) {
  Json run = VariantsRun(12);
  run["context"]["podium.run"]["plan"] = "strict";
  ASSERT_TRUE(WriteWholeFile(Own("rounds.json"), run.dump()).ok());
  const Json document = Derive(InputsOfFiles({"rounds.json"})).document;
  EXPECT_EQ(document["protocol"]["plan_reason"], "strict was cut short");
  EXPECT_THAT(Problems(document), IsEmpty());
}

struct RunForgery {
  std::string name;
  std::string run;  // the file that the submission was made of
  std::function<void(Json&)> apply;
  std::string problem;
};
class RunForgeryTest : public ValidateRoundsTest, public testing::WithParamInterface<RunForgery> {};

// Without the run file, too.
TEST_P(RunForgeryTest, IsRejected) {
  Json document = Derive(InputsOfFiles({GetParam().run})).document;
  GetParam().apply(document);
  EXPECT_THAT(ValidateDocument(document).problems, Contains(StartsWith(GetParam().problem)));
}

void SetPlan(Json& d, const std::string& plan) {
  d["protocol"]["plan"] = plan;
  d["protocol"].erase("plan_reason");
}

const RunForgery kRunForgeries[] = {
    {"RunOfAFileMadeByHand", "run.json",
     [](Json& d) {
       d["protocol"]["run"] = {
           {"order", "abba"}, {"seed", "1"}, {"stopped_because", "rounds"}, {"target_ci", 0.01}};
     },
     "/protocol/run: not all entries have origins"},
    {"PlanOfAFileMadeByHand", "run.json", [](Json& d) { SetPlan(d, "quick"); },
     "/protocol/plan: not all entries have origins"},
    {"RoundsOfAFileMadeByHand", "run.json", [](Json& d) { d["protocol"]["rounds"] = 6; },
     "/protocol/rounds: found 6, expected null"},
    {"MoreRounds", "rounds.json", [](Json& d) { d["protocol"]["rounds"] = 500; },
     "/protocol/rounds: found 500, expected 12"},
    {"AStricterPlan", "rounds.json", [](Json& d) { SetPlan(d, "strict"); },
     "/protocol/plan: strict has 50 rounds, and the entries at most 12"},
    {"APlanThatThereIsNot", "rounds.json", [](Json& d) { SetPlan(d, "exhaustive"); },
     "/protocol/plan: \"exhaustive\" is no plan"},
    {"FiguresOfRoundsWithoutRounds", "run.json",
     [](Json& d) {
       d["comparisons"][0]["signed_rank"] = {{"w", 0}, {"p", 1e-6}, {"exact", true}};
     },
     "/comparisons/0/signed_rank: found an object, expected none"},
    {"AnEarlierVersionWithRounds", "rounds.json",
     [](Json& d) {
       d["schema_version"] = "1.0.0";
       d.erase("geomean");
       for (Json& comparison : d["comparisons"]) {
         comparison.erase("warnings");
         comparison.erase("p_adjusted");
       }
     },
     "/entries/0/origins: found an object, expected none"},
    {"AnEarlierVersionWithAGeomean", "run.json", [](Json& d) { d["schema_version"] = "1.0.0"; },
     "/geomean: found an object, expected none"},
    {"AnEarlierVersionWithACorrection", "run.json",
     [](Json& d) {
       d["schema_version"] = "1.0.0";
       d["protocol"]["correction"] = "holm";
     },
     "/protocol/correction: found \"holm\", expected \"none\""},
};
INSTANTIATE_TEST_SUITE_P(ValidateRounds, RunForgeryTest, testing::ValuesIn(kRunForgeries),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace podium::report
