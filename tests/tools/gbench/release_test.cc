// Real output of Google Benchmark, by release: tests/testdata/gbench.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/gbench/name.h"
#include "tools/gbench/reader.h"

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

RunFile ReadTestData(const std::string& name) {
  absl::StatusOr<RunFile> file = ReadRunFile(PODIUM_TESTDATA "/gbench/" + name);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : RunFile();
}

const Row& Find(const RunFile& file, const std::string& full_name) {
  for (const Row& row : file.rows) {
    if (row.full_name == full_name) return row;
  }
  ADD_FAILURE() << "no row " << full_name;
  static const Row none{};
  return none;
}

class ReleaseTest : public testing::TestWithParam<const char*> {
 protected:
  const RunFile file_ = ReadTestData(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, ReleaseTest, testing::Values("v1.7.1.json", "v1.9.5.json"));

TEST_P(ReleaseTest, IsWhole) { EXPECT_FALSE(file_.truncated); }

TEST_P(ReleaseTest, ContextIsFlat) {
  EXPECT_THAT(file_.context, Contains(Pair("num_cpus", "2")));
  EXPECT_THAT(file_.context, Contains(Pair("cpu_scaling_enabled", "false")));
  EXPECT_THAT(file_.context, Contains(Pair("podium.baseline.int8_matmul", "fp32")));
  EXPECT_THAT(file_.context, Contains(Pair("caches", StartsWith(R"([{"type":"Data","level":1,)"))));
}

TEST_P(ReleaseTest, TimesAreInSecondsWhateverTheUnit) {
  for (const char* unit : {"ns", "us", "ms", "s"}) {
    const Row& row = Find(file_, std::string("units/") + unit + "/min_time:0.001");
    EXPECT_THAT(row.real_time_s, Optional(AllOf(Gt(1e-10), Lt(1e-7)))) << unit;
    EXPECT_THAT(row.cpu_time_s, Optional(AllOf(Gt(1e-10), Lt(1e-7)))) << unit;
  }
  EXPECT_THAT(Find(file_, "manual/iterations:3/process_time/manual_time").real_time_s,
              Optional(testing::DoubleEq(1e-3)));
}

TEST_P(ReleaseTest, RepetitionsAreNumbered) {
  std::vector<long> indices;
  for (const Row& row : file_.rows) {
    if (row.full_name == "agg/iterations:1000/repeats:3") {
      EXPECT_THAT(row.repetitions, Optional(3));
      indices.push_back(row.repetition_index.value_or(-1));
    }
  }
  EXPECT_THAT(indices, ElementsAre(0, 1, 2));
}

TEST_P(ReleaseTest, AggregatesShareTheRunNameOfTheirRepetitions) {
  const Row& mean = Find(file_, "agg/iterations:1000/repeats:3_mean");
  EXPECT_EQ(mean.kind, RowKind::kAggregate);
  EXPECT_EQ(mean.aggregate, "mean");
  EXPECT_EQ(mean.run_name, "agg/iterations:1000/repeats:3");
  EXPECT_EQ(ParseBenchmarkName(mean.run_name).workload, "agg");
  EXPECT_THAT(mean.real_time_s, Optional(Lt(1e-7)));
}

TEST_P(ReleaseTest, CoefficientOfVariationIsNoTime) {
  const Row& cv = Find(file_, "agg/iterations:1000/repeats:3_cv");
  EXPECT_EQ(cv.real_time_s, std::nullopt);
  EXPECT_EQ(cv.cpu_time_s, std::nullopt);
}

TEST_P(ReleaseTest, ComplexityRowsHaveNoTimes) {
  for (const char* name : {"big_o/iterations:100_BigO", "big_o/iterations:100_RMS"}) {
    EXPECT_EQ(Find(file_, name).kind, RowKind::kAggregate);
    EXPECT_EQ(Find(file_, name).real_time_s, std::nullopt);
  }
}

TEST_P(ReleaseTest, ErrorRowHasAMessageAndNoTime) {
  const Row& row = Find(file_, "error");
  EXPECT_EQ(row.kind, RowKind::kError);
  EXPECT_EQ(row.error_message, "differs from reference");
  EXPECT_EQ(row.real_time_s, std::nullopt);
}

TEST_P(ReleaseTest, NonFiniteCountersAreDroppedWithAWarning) {
  EXPECT_THAT(Find(file_, "nan/iterations:10").counters, ElementsAre(Pair("ok", 1.5)));
  for (const char* what : {"\"nan\" is NaN", "\"inf\" is Infinity", "\"minus_inf\" is -Infinity"}) {
    EXPECT_THAT(file_.warnings, Contains(AllOf(HasSubstr("\"nan/iterations:10\": counter"),
                                               HasSubstr(what), EndsWith(": dropped"))));
  }
}

TEST_P(ReleaseTest, CounterNamedLikeAFieldLeavesTheFieldAlone) {
  const Row& row = Find(file_, "duplicate_keys/iterations:10");
  EXPECT_THAT(row.real_time_s, Optional(Lt(1e-6)));
  EXPECT_EQ(row.label, "text");
  EXPECT_THAT(row.counters, ElementsAre(Pair("label", 3), Pair("name", 7), Pair("real_time", 42)));
  EXPECT_THAT(file_.warnings, Contains(HasSubstr("\"real_time\" is the name of a counter")));
}

TEST_P(ReleaseTest, ThreadsAreReadAndStayInTheWorkload) {
  const Row& row = Find(file_, "threaded/iterations:100/real_time/threads:2");
  EXPECT_THAT(row.threads, Optional(2));
  EXPECT_EQ(ParseBenchmarkName(row.run_name).workload, "threaded/threads:2");
}

TEST_P(ReleaseTest, RawBytesInALabelAreReplacedAndToldOnce) {
  EXPECT_EQ(Find(file_, "bytes/iterations:10").label,
            "ctl \uFFFD \uFFFD[31m latin1 \uFFFD utf8 \u00E9");
  EXPECT_THAT(file_.warnings, Contains(HasSubstr("shown as U+FFFD")).Times(1));
}

TEST_P(ReleaseTest, BenchmarksOfOneNameAreAllKeptWithAWarning) {
  std::vector<long> families;
  for (const Row& row : file_.rows) {
    if (row.run_name == "twice/iterations:10") families.push_back(row.family_index.value_or(-1));
  }
  ASSERT_THAT(families, SizeIs(2));
  EXPECT_EQ(families[1], families[0] + 1);
  EXPECT_THAT(file_.warnings, Contains(HasSubstr("the name is not unique")).Times(1));
}

TEST(ReadRunFileTest, SkippedRowOfNewReleasesIsAnErrorWithItsMessage) {
  const RunFile file = ReadTestData("v1.9.5.json");
  EXPECT_EQ(Find(file, "skip").kind, RowKind::kError);
  EXPECT_EQ(Find(file, "skip").error_message, "this CPU has no avx512vnni");
}

TEST(ReadRunFileTest, LibraryVersionIsThereOnlyInNewReleases) {
  EXPECT_THAT(ReadTestData("v1.9.5.json").context, Contains(Pair("library_version", "v1.9.5")));
  EXPECT_EQ(ReadTestData("v1.7.1.json").context.count("library_version"), 0u);
}

TEST(ReadRunFileTest, RowsKnowTheirLine) {
  const RunFile file = ReadTestData("v1.7.1.json");
  EXPECT_EQ(file.rows[0].line, 41u);
  EXPECT_EQ(file.rows[1].line, 59u);
  EXPECT_EQ(file.rows[1].index, 1u);
}

TEST(ReadRunFileTest, AbortedRunKeepsItsRows) {
  const RunFile file = ReadTestData("v1.7.1_aborted.json");
  EXPECT_TRUE(file.truncated);
  EXPECT_THAT(file.rows, SizeIs(8));
  EXPECT_THAT(file.warnings,
              ElementsAre(AllOf(HasSubstr("_aborted.json:188: "), HasSubstr("8 complete rows"))));
}

TEST(ReadRunFileTest, GlobalLocaleIsUndone) {
  const RunFile file = ReadTestData("v1.7.1_german_locale.json");
  const Row& row = Find(file, "units/ns/min_time:0.001");
  EXPECT_THAT(row.iterations, Optional(2283507.0));
  EXPECT_THAT(row.real_time_s, Optional(Lt(1e-7)));
  EXPECT_THAT(row.counters, Contains(Pair("size_bytes", 4096)));
  EXPECT_THAT(row.counters, Contains(Pair("max_bytes_used", 42000)));
  EXPECT_THAT(file.context, Contains(Pair("mhz_per_cpu", "2596")));
  EXPECT_THAT(file.warnings, Contains(HasSubstr("decimal commas")).Times(1));
}

TEST(ReadRunFileTest, SinkGetsTheRowsInstead) {
  std::vector<std::size_t> indices;
  const absl::StatusOr<RunFile> file = ReadRunFile(PODIUM_TESTDATA "/gbench/v1.7.1_aborted.json",
                                                   [&](Row row) { indices.push_back(row.index); });
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->rows, IsEmpty());
  EXPECT_THAT(indices, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(ReadRunFileTest, MissingFileIsNotFound) {
  const absl::Status status = ReadRunFile("no/such/run.json").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no/such/run.json: no such file; check the path");
}

TEST(ReadRunFileTest, DirectoryIsAnError) {
  const absl::Status status = ReadRunFile(PODIUM_TESTDATA).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(": is a directory; "));
}

}  // namespace
}  // namespace podium::report
