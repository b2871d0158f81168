#include "tools/submission/validate.h"

#include <algorithm>
#include <functional>

#include "gmock/gmock.h"
#include "test_run.h"
#include "tools/submission/versions.h"

namespace podium::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Json& Honest() {
  static const auto* const kDocument = new Json(SubmissionOf("run.json"));
  return *kDocument;
}

std::vector<std::string> Problems(const Json& document) {
  return ValidateDocument(document).problems;
}

TEST(Validate, AcceptsWhatSubmitWrites) { EXPECT_THAT(Problems(Honest()), IsEmpty()); }

TEST(Validate, AcceptsABaselineAlone) {
  EXPECT_THAT(Problems(SubmissionOf("foreign.json")), IsEmpty());
}

TEST(Validate, AcceptsUnknownOptionalFields) {
  Json document = Honest();
  document["mine"] = 1;
  document["entries"][0]["mine"] = "x";
  EXPECT_THAT(Problems(document), IsEmpty());
}

TEST(Validate, AcceptsANewerMinorVersion) {
  Json document = Honest();
  document["schema_version"] = "1.7.0";
  EXPECT_THAT(Problems(document), IsEmpty());
}

TEST(Validate, ReadsBackWhatWasSerialized) {
  EXPECT_THAT(Problems(Json::parse(Serialize(Honest()))), IsEmpty());
}

struct Forgery {
  std::string name;
  std::function<void(Json&)> apply;
  std::string at;  // where the problem is reported
};

class ForgeryTest : public testing::TestWithParam<Forgery> {};

TEST_P(ForgeryTest, IsRejectedByItsPath) {
  Json document = Honest();
  GetParam().apply(document);
  EXPECT_THAT(Problems(document), Contains(StartsWith(GetParam().at)));
}

const Forgery kForgeries[] = {
    {"Speedup", [](Json& d) { d["improvements"][0]["speedup"] = 9.9; }, "/improvements/0/speedup:"},
    {"Interval", [](Json& d) { d["comparisons"][0]["speedup"]["ci"][0] = 4.05; },
     "/comparisons/0/speedup/ci/0:"},
    {"Mean", [](Json& d) { d["entries"][1]["metrics"]["time_s"]["mean"] = 1e-3; },
     "/entries/1/metrics/time_s/mean:"},
    {"PValue", [](Json& d) { d["comparisons"][2]["welch_t_log"]["p"] = 1e-30; },
     "/comparisons/2/welch_t_log/p:"},
    {"Verdict", [](Json& d) { d["comparisons"][2]["verdict"] = "improved"; },
     "/comparisons/2/verdict:"},
    {"DeletedComparison", [](Json& d) { d["comparisons"].erase(2); }, "/comparisons:"},
    {"DeletedEntry", [](Json& d) { d["entries"].erase(5); }, "/comparisons:"},
    {"DeletedWarning", [](Json& d) { d["warnings"] = Json::array(); }, "/warnings:"},
    {"Threshold", [](Json& d) { d["protocol"]["process_allowance"] = 0; },
     "/comparisons/0/verdict_reason:"},
    {"OneSample", [](Json& d) { d["entries"][1]["metrics"]["time_s"]["samples"][3] = 1e-3; },
     "/entries/1/metrics/time_s/"},
    {"SampleCount", [](Json& d) { d["entries"][1]["metrics"]["time_s"]["n"] = 100; },
     "/entries/1/metrics/time_s/n:"},
    {"Efficiency", [](Json& d) { d["improvements"][1]["efficiency"] = 1000; },
     "/improvements/1/efficiency:"},
    {"Variant", [](Json& d) { d["entries"][0]["variant"] = "fp16"; }, "/entries/0/variant:"},
    {"Accuracy", [](Json& d) { d["entries"][1]["quality"]["top1_agreement"] = 1.0; },
     "/improvements/0/accuracy_delta:"},
    {"Notice", [](Json& d) { d["notice"] = "MLPerf"; }, "/notice:"},
    {"ClosedDivision", [](Json& d) { d["division"] = "closed"; }, "sparse_gemm/variant:csr"},
};

// The same run, whose rows count right answers.
Json AccuracyOfCountedAnswers() {
  Inputs inputs = InputsOf("run.json");
  for (Entry& entry : inputs.entries) {
    const double right = entry.parts.variant == "int8" ? 80 : 90;
    entry.quality["accuracy"] = right / 100;
    entry.counters.push_back({"accuracy_right", *Sample::Create({right, right})});
    entry.counters.push_back({"accuracy_inputs", *Sample::Create({100, 100})});
  }
  return Derive(inputs).document;
}

TEST(Validate, RejectsAForgedIntervalOfAccuracy) {
  Json document = AccuracyOfCountedAnswers();
  ASSERT_THAT(Problems(document), IsEmpty());
  document["improvements"][0]["accuracy_delta_ci"][1] = 0.5;
  EXPECT_THAT(Problems(document), ElementsAre(StartsWith("/improvements/0/accuracy_delta_ci/1:")));
}

TEST(Validate, RejectsAnIntervalOfAccuracyThatIsMissing) {
  Json document = AccuracyOfCountedAnswers();
  document["improvements"][0]["accuracy_delta_ci"] = nullptr;
  document["improvements"][0]["accuracy_delta_ci_reason"] = "not wanted";
  EXPECT_THAT(Problems(document), Contains(StartsWith("/improvements/0/accuracy_delta_ci:")));
}

INSTANTIATE_TEST_SUITE_P(Validate, ForgeryTest, testing::ValuesIn(kForgeries),
                         [](const auto& param) { return param.param.name; });

const Forgery kIllFormed[] = {
    {"NullSample", [](Json& d) { d["entries"][0]["metrics"]["time_s"]["samples"][0] = nullptr; },
     "/entries/0/metrics/time_s/samples/0:"},
    {"NegativeTime", [](Json& d) { d["entries"][0]["metrics"]["time_s"]["samples"][0] = -1; },
     "/entries/0/metrics/time_s/samples/0:"},
    {"NumberAsText", [](Json& d) { d["improvements"][0]["speedup"] = "4x"; },
     "/improvements/0/speedup:"},
    {"MissingEntries", [](Json& d) { d.erase("entries"); }, "/:"},
    {"MissingReason", [](Json& d) { d.erase("submitter_reason"); }, "/submitter:"},
    {"AgreementAboveOne", [](Json& d) { d["entries"][0]["quality"]["top1_agreement"] = 1.5; },
     "/entries/0/quality/top1_agreement:"},
    {"NextMajorVersion", [](Json& d) { d["schema_version"] = "2.0.0"; }, "/schema_version:"},
    {"LocalTimestamp", [](Json& d) { d["timestamp"] = "2026-07-01 12:00"; }, "/timestamp:"},
    {"ImpossibleTimestamp", [](Json& d) { d["timestamp"] = "2026-02-30T12:00:00Z"; },
     "/timestamp:"},
    {"Plan",
     [](Json& d) {
       d["protocol"]["plan"] = "strict";
       d["protocol"].erase("plan_reason");
     },
     "/protocol/plan:"},
    {"Rounds",
     [](Json& d) {
       d["protocol"]["rounds"] = 50;
       d["protocol"].erase("rounds_reason");
     },
     "/protocol/rounds:"},
    {"EntryTwice", [](Json& d) { d["entries"].push_back(Json(d["entries"][0])); },
     "/entries/7/name:"},
    {"AddedSize", [](Json& d) { d["entries"][0]["sizes"]["on_disk_bytes"] = 1; },
     "/entries/0/sizes/on_disk_bytes:"},
    {"AddedQuality", [](Json& d) { d["entries"][0]["quality"]["imagenet"] = 1; },
     "/entries/0/quality/imagenet:"},
    {"NotAnObject", [](Json& d) { d = Json::array(); }, "/:"},
};

INSTANTIATE_TEST_SUITE_P(Schema, ForgeryTest, testing::ValuesIn(kIllFormed),
                         [](const auto& param) { return param.param.name; });

TEST(Validate, RejectsARunFileThatWasChanged) {
  Json document = Honest();
  document["provenance"]["sources"][0]["sha256"] = std::string(64, '0');
  EXPECT_THAT(ValidateDocument(document, PODIUM_TESTDATA "/cli").problems,
              ElementsAre(StartsWith("/provenance/sources/0/sha256:")));
}

TEST(Validate, NotesARunFileThatIsAbsent) {
  const Validation result = ValidateDocument(Honest(), testing::TempDir());
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("run.json")));
  EXPECT_TRUE(result.run_files_missing);
}

// A document of its own needs no directory, so what lies in one must not matter.
TEST(Validate, LooksForRunFilesOnlyWhereItIsTold) {
  EXPECT_THAT(ValidateDocument(Honest()).notes, IsEmpty());
}

TEST(Validate, AcceptsWhatFollowsFromTheRunFileBesideIt) {
  const Validation result = ValidateDocument(Honest(), PODIUM_TESTDATA "/cli");
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_THAT(result.notes, IsEmpty());
}

// Every figure derived anew from forged samples: only the run file tells.
TEST(Validate, RejectsSamplesThatAreNotInTheRunFileBesideIt) {
  Inputs inputs = InputsOf("run.json");
  for (Metric& metric : inputs.entries[1].metrics) {
    std::vector<double> halved;
    for (const double value : metric.samples.values()) halved.push_back(value / 2);
    metric.samples = *Sample::Create(halved);
  }
  const Json forged = Derive(inputs).document;
  EXPECT_THAT(Problems(forged), IsEmpty());
  EXPECT_THAT(ValidateDocument(forged, PODIUM_TESTDATA "/cli").problems,
              Contains(StartsWith("/entries/1/metrics/time_s/samples/0:")));
}

// One that is absent must not switch off the check of those that are there.
TEST(Validate, RejectsAMissingRunFileWhereAnotherIsPresent) {
  Inputs inputs = InputsOf("run.json");
  Json phantom = inputs.provenance["sources"][0];
  phantom["file"] = "calibration.json";
  inputs.provenance["sources"].push_back(phantom);
  inputs.same_run = SameRun::kNo;
  const Json forged = Derive(inputs).document;
  EXPECT_THAT(Problems(forged), IsEmpty());
  EXPECT_THAT(ValidateDocument(forged, PODIUM_TESTDATA "/cli").problems,
              ElementsAre(StartsWith("/provenance/sources/1/file: calibration.json")));
}

// What only the run file refutes: the document is consistent in itself.
class RunFileTest : public testing::TestWithParam<Forgery> {};

TEST_P(RunFileTest, RefutesIt) {
  Json document = Honest();
  GetParam().apply(document);
  EXPECT_THAT(Problems(document), IsEmpty());
  EXPECT_THAT(ValidateDocument(document, PODIUM_TESTDATA "/cli").problems,
              Contains(StartsWith(GetParam().at)));
}

void AddTo(Json& d, const std::string& group, const std::string& name) {
  const Json times = d["entries"][1]["metrics"]["time_s"];
  d["entries"][1][group][name] = times;
}

const Forgery kRefuted[] = {
    {"GitSha", [](Json& d) { d["provenance"]["sources"][0]["git_sha"] = "deadbeef"; },
     "/provenance/sources/0/git_sha:"},
    {"SizeOfTheRunFile", [](Json& d) { d["provenance"]["sources"][0]["size_bytes"] = 1; },
     "/provenance/sources/0/size_bytes:"},
    {"SourceWarning",
     [](Json& d) {
       d["provenance"]["sources"][0]["warnings"].push_back("x");
       d["warnings"].insert(d["warnings"].begin(), "x");
     },
     "/provenance/sources/0/warnings:"},
    {"AddedMetric", [](Json& d) { AddTo(d, "metrics", "energy_j_per_s"); },
     "/entries/1/metrics/energy_j_per_s:"},
    {"AddedCounter", [](Json& d) { AddTo(d, "counters", "accuracy_on_imagenet"); },
     "/entries/1/counters/accuracy_on_imagenet:"},
    {"AddedLibrary", [](Json& d) { d["system_info"]["libraries"]["onednn"] = "3"; },
     "/system_info/libraries/onednn:"},
    {"AddedBaseline", [](Json& d) { d["protocol"]["selection"]["baselines"]["x"] = "y"; },
     "/protocol/selection/baselines/x:"},
};

INSTANTIATE_TEST_SUITE_P(Validate, RunFileTest, testing::ValuesIn(kRefuted),
                         [](const auto& param) { return param.param.name; });

TEST(Validate, AcceptsAnotherOrderOfEntries) {
  Inputs inputs = InputsOf("run.json");
  std::reverse(inputs.entries.begin(), inputs.entries.end());
  EXPECT_THAT(ValidateDocument(Derive(inputs).document, PODIUM_TESTDATA "/cli").problems,
              IsEmpty());
}

// As a release of that minor version of the schema wrote it.
Json Earlier(int minor = 0) {
  Json document = AsOf(minor, Honest());
  document["schema_version"] = absl::StrCat("1.", minor, ".0");
  document["provenance"]["tool_version"] = "0.0.9";
  return document;
}

TEST(Validate, AcceptsOtherWordsOfAnEarlierSchema) {
  Json document = Earlier();
  document["comparisons"][0]["verdict_reason"] = "as it used to be put";
  const Validation result = ValidateDocument(document, PODIUM_TESTDATA "/cli");
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("written by podium 0.0.9")));
}

TEST(Validate, AFileOfSchemaOneOneHasNoIntervalOfAccuracy) {
  Json document = AccuracyOfCountedAnswers();
  ASSERT_TRUE(document["improvements"][0].contains("accuracy_delta_ci"));
  document = AsOf(1, document);
  EXPECT_FALSE(document["improvements"][0].contains("accuracy_delta_ci"));
  document["schema_version"] = "1.1.0";
  EXPECT_THAT(Problems(document), IsEmpty());
}

// Anybody can write down a release that never was.
TEST(Validate, RejectsOtherWordsOfThisSchema) {
  Json document = Honest();
  document["provenance"]["tool_version"] = "9.9.0";
  document["comparisons"][0]["verdict_reason"] = "reviewed";
  EXPECT_THAT(Problems(document), Contains(StartsWith("/comparisons/0/verdict_reason:")));
}

TEST(Validate, RejectsOtherFiguresOfAnEarlierSchema) {
  Json document = Earlier();
  document["improvements"][0]["speedup"] = 9.9;
  EXPECT_THAT(Problems(document), Contains(StartsWith("/improvements/0/speedup:")));
}

TEST(Validate, RejectsMissingWarningsOfAnEarlierSchema) {
  Json document = Earlier();
  document["warnings"] = Json::array();
  EXPECT_THAT(Problems(document), Contains(StartsWith("/warnings:")));
}

TEST(ValidateFile, RefusesWhatIsNoJson) {
  EXPECT_FALSE(ValidateFile(TestRun("truncated.json")).ok());
}

TEST(ValidateFile, RefusesARunFile) {
  EXPECT_THAT(std::string(ValidateFile(TestRun("run.json")).status().message()),
              HasSubstr("a Google Benchmark file, not a submission"));
}

}  // namespace
}  // namespace podium::report
