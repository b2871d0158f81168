#include <algorithm>

#include "gmock/gmock.h"
#include "run_podium.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;

class ValidateTest : public PodiumTest {
 protected:
  void Submit(const std::string& name) {
    ASSERT_EQ(Podium({"submit", Data("run.json"), "-o", Own(name)}).status, kHolds);
  }
};

TEST_F(ValidateTest, FindsEverySubmissionBelowADirectory) {
  std::filesystem::create_directory(directory_ / "deep");
  Submit("submission.json");
  Submit("deep/submission-2.json");
  Submit("deep/other.json");
  const Outcome outcome = Podium({"validate", directory_.string()});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, HasSubstr("deep/submission-2.json: valid"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
}

TEST_F(ValidateTest, RefusesADirectoryWithoutSubmissions) {
  EXPECT_EQ(Podium({"validate", directory_.string()}).status, kBadUsage);
}

TEST_F(ValidateTest, TakesNoSchemaForASubmission) {
  Submit("submission.json");
  Write("submission-1.schema.json", "{}\n");
  EXPECT_EQ(Podium({"validate", directory_.string()}).status, kHolds);
}

TEST_F(ValidateTest, SaysThatTheRunFileWasNotChecked) {
  Submit("submission.json");
  const Outcome outcome = Podium({"validate", Own("submission.json")});
  EXPECT_THAT(outcome.out,
              HasSubstr("valid against itself; run file not checked (podium, 3 comparisons)"));
  EXPECT_THAT(outcome.err, HasSubstr("note: run.json is not beside it"));
}

TEST_F(ValidateTest, SaysValidWhereTheRunFileWasChecked) {
  Submit("submission.json");
  Write("run.json", *ReadText(Data("run.json")));
  EXPECT_THAT(Podium({"validate", Own("submission.json")}).out,
              HasSubstr(": valid (podium, 3 comparisons)"));
}

TEST_F(ValidateTest, SurvivesHostileNesting) {
  Write("submission.json", "{\"a\": " + std::string(1000000, '['));
  const Outcome outcome = Podium({"validate", Own("submission.json")});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.err, HasSubstr("nested deeper than 64 levels"));
}

TEST_F(ValidateTest, PrintsNoControlCharactersOfTheDocument) {
  Submit("submission.json");
  Json document = Json::parse(*ReadText(Own("submission.json")));
  document["provenance"]["sources"][0]["file"] = "a\n\x1b[31m";
  Write("submission.json", document.dump());
  const Outcome outcome = Podium({"validate", Own("submission.json")});
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
}

TEST_F(ValidateTest, RejectsARunFileThatWasChangedAfterwards) {
  Submit("submission.json");
  Write("run.json", *ReadText(Data("run.json")) + "\n");
  const Outcome outcome = Podium({"validate", Own("submission.json")});
  EXPECT_EQ(outcome.status, kDoesNotHold);
  EXPECT_THAT(outcome.err, HasSubstr("/provenance/sources/0/sha256"));
}

TEST_F(ValidateTest, ReportsTheWorstOfAllFiles) {
  Submit("submission.json");
  EXPECT_EQ(Podium({"validate", Own("submission.json"), Own("none.json")}).status, kBadUsage);
}

TEST_F(ValidateTest, RefusesNoFile) { EXPECT_EQ(Podium({"validate"}).status, kBadUsage); }

}  // namespace
}  // namespace podium::report
