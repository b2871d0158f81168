// A small synthetic run, as rows and as a submission.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/submission/build.h"
#include "tools/submission/derive.h"

namespace podium::report {

inline std::string TestRun(const std::string& name) {
  return absl::StrCat(PODIUM_TESTDATA "/cli/", name);
}

inline Inputs InputsOf(const std::string& run, SubmitOptions options = {}) {
  const absl::StatusOr<Source> source = ReadSource(TestRun(run));
  EXPECT_TRUE(source.ok()) << source.status();
  absl::StatusOr<Inputs> inputs = BuildInputs({*source}, options);
  EXPECT_TRUE(inputs.ok()) << inputs.status();
  return *std::move(inputs);
}

inline Json SubmissionOf(const std::string& run, SubmitOptions options = {}) {
  const Inputs inputs = InputsOf(run, std::move(options));
  return Derive(inputs).document;
}

// A row as an entry, with `times` in seconds.
inline Entry TestEntry(const std::string& name, std::vector<double> times) {
  Entry entry;
  entry.name = name;
  entry.parts = ParseBenchmarkName(name);
  if (auto sample = Sample::Create(std::move(times))) {
    entry.metrics.push_back({std::string(kTimeMetric), *std::move(sample)});
  }
  return entry;
}

}  // namespace podium::report
