#include "tools/submission/tinytorch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "tools/submission/diff.h"
#include "tools/submission/embedded.h"
#include "tools/submission/environment.h"
#include "tools/submission/schema.h"

namespace podium::report {
namespace {

constexpr double kTinyTorchTolerance = 1e-6;
constexpr double kBytesPerMiB = 1024.0 * 1024.0;
constexpr double kMsPerS = 1e3;
constexpr double kLeastLatencyMs = 1e-6;
constexpr double kLeastSizeMiB = 1e-9;

absl::StatusOr<double> Need(const Entry& entry, const std::map<std::string, double>& figures,
                            const std::string& name) {
  const auto found = figures.find(name);
  if (found != figures.end() && found->second >= 0) return found->second;
  return absl::InvalidArgumentError(
      absl::StrCat(entry.name, ": the tinytorch format needs ", name,
                   ", which the row does not report: use --format=podium"));
}

absl::StatusOr<Json> Report(const Entry& entry, const std::string& accuracy_metric) {
  const Sample* times = entry.Times();
  if (!times) return absl::InvalidArgumentError(absl::StrCat(entry.name, ": it has no valid time"));
  const absl::StatusOr<double> params = Need(entry, entry.sizes, "params");
  const absl::StatusOr<double> size_bytes = Need(entry, entry.sizes, "size_bytes");
  const absl::StatusOr<double> accuracy = Need(entry, entry.quality, accuracy_metric);
  for (const auto* needed : {&params, &size_bytes, &accuracy}) {
    if (!needed->ok()) return needed->status();
  }
  Json metrics = {{"parameter_count", WholeNumber(*params)},
                  {"model_size_mb", *size_bytes / kBytesPerMiB},
                  {"accuracy", *accuracy},
                  {"latency_ms_mean", times->mean() * kMsPerS},
                  {"latency_ms_median", times->median() * kMsPerS}};
  if (const auto std = times->std()) metrics["latency_ms_std"] = *std * kMsPerS;
  return Json{{"model_name", entry.name}, {"metrics", std::move(metrics)}};
}

Json Improvements(const Json& baseline, const Json& optimized) {
  const bool medians =
      baseline.contains("latency_ms_median") && optimized.contains("latency_ms_median");
  const char* latency = medians ? "latency_ms_median" : "latency_ms_mean";
  const auto get = [](const Json& metrics, const char* key) {
    return metrics.at(key).get<double>();
  };
  return {{"speedup", get(baseline, latency) / std::max(get(optimized, latency), kLeastLatencyMs)},
          {"compression_ratio", get(baseline, "model_size_mb") /
                                    std::max(get(optimized, "model_size_mb"), kLeastSizeMiB)},
          {"accuracy_delta", get(optimized, "accuracy") - get(baseline, "accuracy")}};
}

// "2026-07-01T12:00:00Z" -> "2026-07-01 12:00:00".
std::string Timestamp(const std::string& utc) {
  return absl::StrReplaceAll(utc, {{"T", " "}, {"Z", ""}});
}

std::string Platform(const Json& system_info) {
  std::string platform;
  for (const char* key : {"kernel", "cpu_model", "host_name"}) {
    const Json value = system_info.value(key, Json());
    if (!value.is_string()) continue;
    absl::StrAppend(&platform, platform.empty() ? "" : ", ", value.get<std::string>());
  }
  return platform.empty() ? "unknown" : platform;
}

}  // namespace

absl::StatusOr<Json> ToTinyTorch(const Inputs& inputs, const Derived& derived) {
  const bool compares = derived.comparisons.size() == 1;
  if (!compares && !(derived.comparisons.empty() && inputs.entries.size() == 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tinytorch format holds one comparison, and there are ",
                     derived.comparisons.size(), ": choose one with --workload=",
                     derived.comparisons.empty() ? "..." : derived.comparisons.front().workload,
                     " and --optimized=V"));
  }
  if (!inputs.timestamp) {
    return absl::InvalidArgumentError(
        "the tinytorch format needs the date of the run, which the "
        "run file's context lacks: use --format=podium");
  }
  const Entry& baseline = compares ? *derived.comparisons[0].baseline : inputs.entries[0];
  const std::string accuracy_metric =
      baseline.quality.contains("accuracy") ? "accuracy" : "top1_agreement";
  absl::StatusOr<Json> baseline_report = Report(baseline, accuracy_metric);
  if (!baseline_report.ok()) return baseline_report.status();

  Json document = {
      {"tinytorch_version", "0.1.0"},
      {"submission_type", "capstone_benchmark"},
      {"timestamp", Timestamp(*inputs.timestamp)},
      {"system_info", {{"platform", Platform(inputs.system_info)}, {"python_version", "n/a"}}},
      {"baseline", *std::move(baseline_report)}};
  if (inputs.submitter) document["student_name"] = *inputs.submitter;
  if (compares) {
    const Entry& optimized = *derived.comparisons[0].optimized;
    absl::StatusOr<Json> report = Report(optimized, accuracy_metric);
    if (!report.ok()) return report.status();
    (*report)["techniques_applied"] = optimized.techniques;
    document["optimized"] = *std::move(report);
    document["improvements"] =
        Improvements(document["baseline"]["metrics"], document["optimized"]["metrics"]);
  }
  document["notes"] = absl::StrCat(
      kNotice, ". Written by podium ", kToolVersion, "; latency is per call of the row named",
      accuracy_metric == "accuracy" ? "."
                                    : "; accuracy is the top-1 agreement of the kernel's output "
                                      "with the FP64 reference.");
  return document;
}

std::vector<std::string> TinyTorchProblems(const Json& document) {
  std::vector<std::string> problems = SchemaViolations(kTinyTorchSchema, document);
  if (!problems.empty()) return problems;
  absl::Time ignored;
  std::string error;
  const std::string timestamp = document.at("timestamp");
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", timestamp, &ignored, &error)) {
    problems.push_back(absl::StrCat("/timestamp: \"", timestamp, "\" is no date: ", error));
  }
  if (!document.contains("improvements")) return problems;
  if (!document.contains("optimized")) {
    problems.push_back("/improvements: there is no optimized model that could improve");
    return problems;
  }
  const Json expected =
      Improvements(document.at("baseline").at("metrics"), document.at("optimized").at("metrics"));
  for (const std::string& line :
       Differences(document.at("improvements"), expected, kTinyTorchTolerance)) {
    problems.push_back(absl::StrCat("/improvements", line, " from the two reports"));
  }
  return problems;
}

}  // namespace podium::report
