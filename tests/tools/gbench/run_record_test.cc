// What `podium run` added to a file is believed whole or not at all.
#include "tools/gbench/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tools/gbench/reader.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr char kRun[] =
    R"({"plan": "quick", "design": "abba", "seed": "18446744073709551615", "rounds": 6,)"
    R"( "target_ci": null, "stopped_because": "rounds", "tool_version": "0.1.0", "command": "x"})";

std::string Process(int number, int round, const std::string& more = "") {
  return std::string("{\"process\": ") + std::to_string(number) +
         ", \"round\": " + std::to_string(round) + ", \"order\": " + std::to_string(number) +
         R"(, "side": "int8", "host": "vm", "binary": "./bench", "status": "ok")" + more + "}";
}

std::string Row(const std::string& name, const std::string& more) {
  return R"({"name": ")" + name +
         R"(", "run_type": "iteration", "repetition_index": 0, "family_index": 0, "real_time": 2,)"
         R"( "cpu_time": 1, "time_unit": "ns")" +
         more + "}";
}

std::string Place(int process, int round) {
  return std::string(", \"podium_process\": ") + std::to_string(process) +
         ", \"podium_round\": " + std::to_string(round) + ", \"podium_host\": \"vm\"";
}

RunFile Parse(const std::string& run, const std::string& processes, const std::string& rows) {
  const absl::StatusOr<RunFile> file =
      ParseRunFile("run.json", std::string("{\"context\": {\"podium.run\": ") + run +
                                   ", \"podium.processes\": " + processes +
                                   "},\n\"benchmarks\": [\n" + rows + "]}");
  EXPECT_TRUE(file.ok()) << file.status();
  return file.value_or(RunFile());
}

TEST(RunRecordTest, ProcessesAndRowsAreRead) {
  const RunFile file =
      Parse(kRun,
            std::string("[") + Process(0, 0) + "," +
                Process(1, 3,
                        R"(, "binary_sha256": "ab", "start_time": "2026-07-01T12:00:00.5Z",)"
                        R"( "load_average": 0.5, "env_padding_bytes": 7, "wall_s": 1.25,)"
                        R"( "context_differences": {"num_cpus": "4"})") +
                "]",
            Row("a", Place(0, 0)) + ",\n" + Row("a", Place(1, 3)));
  EXPECT_THAT(file.warnings, IsEmpty());
  EXPECT_THAT(file.context, IsEmpty());
  ASSERT_TRUE(file.record);
  EXPECT_EQ(file.record->seed, "18446744073709551615");
  EXPECT_EQ(file.record->rounds, 6);
  EXPECT_EQ(file.record->target_ci, std::nullopt);
  const ProcessRecord& process = file.record->processes.at(1);
  EXPECT_EQ(process.round, 3);
  EXPECT_EQ(process.side, "int8");
  EXPECT_THAT(process.binary_sha256, Optional(std::string("ab")));
  EXPECT_THAT(process.load_average, Optional(0.5));
  EXPECT_THAT(process.env_padding_bytes, Optional(7));
  EXPECT_THAT(process.wall_s, Optional(1.25));
  EXPECT_EQ(process.context_differences.at("num_cpus"), "4");
  EXPECT_EQ(file.record->processes.at(0).wall_s, std::nullopt);
  ASSERT_THAT(file.rows, SizeIs(2));
  EXPECT_THAT(file.rows[1].process, Optional(1u));
  EXPECT_THAT(file.rows[1].round, Optional(3));
  EXPECT_EQ(file.rows[1].host, "vm");
  EXPECT_THAT(file.rows[1].counters, IsEmpty());
}

TEST(RunRecordTest, AFileOfGoogleBenchmarkHasNone) {
  const auto file = ParseRunFile(
      "run.json", std::string("{\"context\": {}, \"benchmarks\": [") + Row("a", "") + "]}");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->record);
  EXPECT_EQ(file->rows[0].process, std::nullopt);
  EXPECT_THAT(file->warnings, IsEmpty());
}

TEST(RunRecordTest, ARecordThatIsWrongAnywhereIsNoRecord) {
  const std::string good = Process(0, 0);
  for (const auto& [run, processes, what] :
       {std::tuple<std::string, std::string, std::string>{"7", std::string("[") + good + "]",
                                                          "is no object"},
        {kRun, "{}", "is no array"},
        {kRun, "\"x\"", "is no array"},
        {kRun, std::string("[") + good + ", 7]", "[1] is no object"},
        {kRun, std::string("[") + Process(1, 0) + "]", "[0] has another number"},
        {kRun, std::string("[") + Process(0, -1) + "]", "no round"},
        {kRun, R"([{"process": 0, "round": 0, "order": 0, "status": "ok"}])", "no side"},
        {kRun, R"([{"process": 0, "round": 0, "order": 0, "side": "a", "status": "fine"}])",
         "has a status"},
        {kRun, R"([{"process": 0, "round": 1e300, "order": 0, "side": "a"}])", "no round"}}) {
    const RunFile file = Parse(run, processes, Row("a", Place(0, 0)));
    EXPECT_FALSE(file.record) << what;
    EXPECT_THAT(file.warnings, ElementsAre(HasSubstr(what), HasSubstr("fits no entry"))) << what;
    EXPECT_EQ(file.rows.at(0).process, std::nullopt);
    EXPECT_EQ(file.rows[0].host, "");
  }
}

TEST(RunRecordTest, ARowThatContradictsItsProcessHasNone) {
  for (const std::string& place :
       {Place(1, 0), Place(0, 1), std::string(", \"podium_process\": 0"),
        std::string(R"(, "podium_process": 0, "podium_round": 0, "podium_host": "other")"),
        std::string(", \"podium_round\": 0"),
        std::string(R"(, "podium_process": -1, "podium_round": 0, "podium_host": "vm")")}) {
    const RunFile file = Parse(kRun, std::string("[") + Process(0, 0) + "]", Row("a", place));
    EXPECT_TRUE(file.record);
    EXPECT_EQ(file.rows.at(0).process, std::nullopt) << place;
    EXPECT_EQ(file.rows[0].round, std::nullopt);
    EXPECT_EQ(file.rows[0].kind, RowKind::kIteration);
    EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("fits no entry of podium.processes")));
  }
}

TEST(RunRecordTest, RowsBeforeTheContextHaveNoProcess) {
  const auto file =
      ParseRunFile("run.json", std::string("{\"benchmarks\": [") + Row("a", Place(0, 0)) +
                                   "], \"context\": {\"podium.run\": " + kRun +
                                   ", \"podium.processes\": [" + Process(0, 0) + "]}}");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->rows[0].process, std::nullopt);
}

TEST(RunRecordTest, TheSameRowOfSeveralProcessesIsOneBenchmark) {
  const RunFile file =
      Parse(kRun, std::string("[") + Process(0, 0) + "," + Process(1, 1) + "]",
            Row("a", Place(0, 0)) + "," + Row("a", Place(1, 1) + ", \"family_index\": 1"));
  for (const std::string& warning : file.warnings) {
    EXPECT_THAT(warning, Not(HasSubstr("not unique")));
  }
}

}  // namespace
}  // namespace podium::report
