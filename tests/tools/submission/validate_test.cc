#include "tools/submission/validate.h"

#include <filesystem>
#include <functional>

#include "gmock/gmock.h"
#include "test_run.h"
#include "tools/submission/files.h"

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
  return ValidateDocument(document, "").problems;
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
  EXPECT_THAT(ValidateDocument(Honest(), "").notes, ElementsAre(HasSubstr("run.json")));
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

TEST(ValidateFile, RefusesWhatIsNoJson) {
  EXPECT_FALSE(ValidateFile(TestRun("truncated.json")).ok());
}

TEST(ValidateFile, RefusesARunFile) {
  EXPECT_THAT(std::string(ValidateFile(TestRun("run.json")).status().message()),
              HasSubstr("a Google Benchmark file, not a submission"));
}

}  // namespace
}  // namespace podium::report
