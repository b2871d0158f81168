#include <algorithm>

#include "gmock/gmock.h"
#include "run_podium.h"

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
  EXPECT_THAT(outcome.out, HasSubstr("deep/submission-2.json: valid (podium, 3 comparisons)"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
}

TEST_F(ValidateTest, RefusesADirectoryWithoutSubmissions) {
  EXPECT_EQ(Podium({"validate", directory_.string()}).status, kBadUsage);
}

TEST_F(ValidateTest, NotesThatTheRunFileIsNotThere) {
  Submit("submission.json");
  EXPECT_THAT(Podium({"validate", Own("submission.json")}).err,
              HasSubstr("note: run.json is not beside it"));
}

TEST_F(ValidateTest, RejectsARunFileThatWasChangedAfterwards) {
  Submit("submission.json");
  Write("run.json", *ReadWholeFile(Data("run.json")) + "\n");
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
