// Wrong uses: each gets one line that says where, what and what to do, and its exit status.
#include <algorithm>

#include "gmock/gmock.h"
#include "run_podium.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;

class WrongUseTest : public PodiumTest {
 protected:
  void ExpectOneLine(const Outcome& outcome, int status, const std::string& part) {
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
  }

  Outcome Submit(const std::string& run, std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"submit", run, "-o", Own("submission.json")};
    args.insert(args.end(), more.begin(), more.end());
    return Podium(args);
  }
};

TEST_F(WrongUseTest, MissingFile) {
  ExpectOneLine(Submit(Own("none.json")), kBadUsage, "none.json: no such file");
}

TEST_F(WrongUseTest, TruncatedJson) {
  ExpectOneLine(Submit(Data("truncated.json")), kBadUsage,
                "cut short after 20 complete rows; a submission rests on a complete run");
}

TEST_F(WrongUseTest, EmptyFile) {
  Write("empty.json", "");
  ExpectOneLine(Submit(Own("empty.json")), kBadUsage, "empty.json: is empty");
}

TEST_F(WrongUseTest, UnknownFlag) {
  ExpectOneLine(Submit(Data("run.json"), {"--basline=fp32"}), kBadUsage,
                "--basline: unknown flag: did you mean --baseline?");
}

TEST_F(WrongUseTest, UnknownVariant) {
  ExpectOneLine(Submit(Data("run.json"), {"--baseline=fp64"}), kBadUsage,
                "no such variant: the file has csr, dense, fp32, fused, int8, separate");
}

TEST_F(WrongUseTest, NoBaseline) {
  ExpectOneLine(Podium({"compare", Data("no_baseline.json")}), kBadUsage,
                "give --baseline=V, one of fp32, int8");
}

TEST_F(WrongUseTest, OneRepetition) {
  ExpectOneLine(Submit(Data("one_repetition.json")), kBadUsage,
                "1 repetition; a confidence interval needs at least 2: run with "
                "--benchmark_repetitions=10");
}

TEST_F(WrongUseTest, ForgedSpeedup) {
  ASSERT_EQ(Submit(Data("run.json")).status, kHolds);
  Write("run.json", *ReadText(Data("run.json")));
  Json document = Json::parse(*ReadText(Own("submission.json")));
  document["improvements"][0]["speedup"] = 40.0;
  Write("submission.json", document.dump());
  ExpectOneLine(Podium({"validate", Own("submission.json")}), kDoesNotHold,
                "/improvements/0/speedup: found 40.0, expected 4.08");
}

TEST_F(WrongUseTest, NanMetric) {
  ExpectOneLine(Submit(Data("nan.json")), kBadUsage, "real_time is not a positive number");
}

TEST_F(WrongUseTest, DirectoryGivenForAFile) {
  ExpectOneLine(Submit(directory_.string()), kBadUsage, "is a directory");
}

TEST_F(WrongUseTest, AFormatThatACommandDoesNotHave) {
  for (const char* command : {"stat", "ablate", "pareto", "rank", "comply", "profile", "compare"}) {
    SCOPED_TRACE(command);
    ExpectOneLine(Podium({command, Data("run.json"), "--format=xml"}), kBadUsage,
                  "--format=xml: must be table, ");
  }
}

TEST_F(WrongUseTest, TwoRunFilesWhereOneIsShown) {
  for (const char* command : {"stat", "ablate", "pareto", "comply", "profile", "plan"}) {
    SCOPED_TRACE(command);
    ExpectOneLine(Podium({command, Data("run.json"), Data("new.json")}), kBadUsage,
                  "needs one run file, such as run.json");
  }
}

}  // namespace
}  // namespace podium::report
