#include "tools/submission/tinytorch.h"

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SubmitOptions Only(const std::string& workload) {
  SubmitOptions options;
  options.workloads = {workload};
  return options;
}

Json TinyTorch() {
  const Inputs inputs = InputsOf("run.json", Only("int8_matmul"));
  return *ToTinyTorch(inputs, Derive(inputs));
}

TEST(TinyTorch, IsValidAsWritten) { EXPECT_THAT(TinyTorchProblems(TinyTorch()), IsEmpty()); }

TEST(TinyTorch, SaysThatAKernelsAccuracyIsItsAgreement) {
  EXPECT_THAT(TinyTorch()["notes"].get<std::string>(), HasSubstr("top-1 agreement"));
}

TEST(TinyTorch, CountsSizesInMiB) {
  EXPECT_EQ(TinyTorch()["baseline"]["metrics"]["model_size_mb"], 16.0);
}

TEST(TinyTorch, NeedsOneComparison) {
  const Inputs inputs = InputsOf("run.json");
  EXPECT_THAT(std::string(ToTinyTorch(inputs, Derive(inputs)).status().message()),
              HasSubstr("choose one with --workload=int8_matmul/M:64/N:4096/K:1024"));
}

TEST(TinyTorch, NeedsTheFiguresThatItRequires) {
  const Inputs inputs = InputsOf("run.json", Only("machine"));
  EXPECT_THAT(std::string(ToTinyTorch(inputs, Derive(inputs)).status().message()),
              HasSubstr("needs params, which the row does not report"));
}

TEST(TinyTorch, RejectsAForgedSpeedup) {
  Json document = TinyTorch();
  document["improvements"]["speedup"] = 9.5;
  EXPECT_THAT(TinyTorchProblems(document),
              ElementsAre(HasSubstr("/improvements/speedup: found 9.5, expected 4.05")));
}

TEST(TinyTorch, UsesMeansWhereAMedianIsMissing) {
  Json document = TinyTorch();
  document["baseline"]["metrics"] = {
      {"parameter_count", 1}, {"model_size_mb", 2.0}, {"accuracy", 0.5}, {"latency_ms_mean", 10.0}};
  document["optimized"]["metrics"] = document["baseline"]["metrics"];
  document["optimized"]["metrics"]["latency_ms_mean"] = 4.0;
  document["improvements"] = {{"speedup", 2.5}, {"compression_ratio", 1.0}, {"accuracy_delta", 0}};
  EXPECT_THAT(TinyTorchProblems(document), IsEmpty());
}

TEST(TinyTorch, RejectsAnAccuracyInPercent) {
  Json document = TinyTorch();
  document["baseline"]["metrics"]["accuracy"] = 92.0;
  EXPECT_THAT(TinyTorchProblems(document), ElementsAre(HasSubstr("/baseline/metrics/accuracy")));
}

TEST(TinyTorch, RejectsATimestampThatIsNoDate) {
  Json document = TinyTorch();
  document["timestamp"] = "2026-13-01 00:00:00";
  EXPECT_THAT(TinyTorchProblems(document), ElementsAre(HasSubstr("/timestamp")));
}

}  // namespace
}  // namespace podium::report
