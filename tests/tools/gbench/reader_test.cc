#include "tools/gbench/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kContext[] = R"("context": {"library_version": "v1.9.5", "num_cpus": 2})";

std::string File(const std::string& rows) {
  return std::string("{\n") + kContext + ",\n\"benchmarks\": [\n" + rows + "\n]\n}\n";
}

// A row with `more` behind time_unit, where counters are.
std::string RowText(const std::string& name, const std::string& more = "") {
  return R"({"name": ")" + name +
         R"(", "run_type": "iteration", "iterations": 10, "real_time": 2, "cpu_time": 1, )" +
         R"("time_unit": "ns")" + more + "}";
}

RunFile Parse(std::string_view text) {
  absl::StatusOr<RunFile> file = ParseRunFile("run.json", text);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : RunFile();
}

std::string ErrorOf(std::string_view text) {
  const absl::StatusOr<RunFile> file = ParseRunFile("run.json", text);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(file.status().message());
}

// Whole files that are wrong.

TEST(ParseRunFileTest, EmptyFileNamesTheFilter) {
  EXPECT_THAT(ErrorOf(""),
              AllOf(StartsWith("run.json: is empty"), HasSubstr("--benchmark_filter")));
  EXPECT_THAT(ErrorOf(" \n\t\n"), StartsWith("run.json: is empty"));
}

TEST(ParseRunFileTest, OtherTextIsAnErrorThatSaysHowToWriteOne) {
  for (const char* text : {"name,iterations,real_time\n", "[1, 2]", "null", "\x7F\x45LF\x02", "{}",
                           "{", R"({"schema_version": 1})", R"({"context": {}})"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("--benchmark_out_format=json")) << text;
  }
}

TEST(ParseRunFileTest, Utf16IsNamed) {
  EXPECT_THAT(ErrorOf(std::string_view("\xFF\xFE{\0", 4)), HasSubstr("UTF-16"));
}

TEST(ParseRunFileTest, BenchmarksThatAreNoArrayAreAnErrorWithTheLine) {
  EXPECT_THAT(ErrorOf("{\n\"context\": {},\n\"benchmarks\": 7}"),
              StartsWith("run.json:3: \"benchmarks\" is no array"));
}

TEST(ParseRunFileTest, ListOfNamesIsAnError) {
  EXPECT_THAT(ErrorOf(R"({"benchmarks": [{"name": "a"}, {"name": "b"}]})"),
              HasSubstr("--benchmark_list_tests"));
}

TEST(ParseRunFileTest, ContextWithoutRowsIsValid) {
  const RunFile file = Parse(File(""));
  EXPECT_THAT(file.rows, IsEmpty());
  EXPECT_THAT(file.warnings, IsEmpty());
}

TEST(ParseRunFileTest, MissingContextIsAWarning) {
  const RunFile file = Parse("{\"benchmarks\": [" + RowText("a") + "]}");
  EXPECT_THAT(file.rows, SizeIs(1));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("no \"context\"")));
}

TEST(ParseRunFileTest, ByteOrderMarkIsSkipped) {
  EXPECT_THAT(Parse("\xEF\xBB\xBF" + File(RowText("a"))).warnings, IsEmpty());
}

TEST(ParseRunFileTest, TextAroundTheJsonIsSkippedWithAWarning) {
  const RunFile file = Parse("Running ./bench\n" + File(RowText("a")) + "done\n");
  EXPECT_THAT(file.rows, SizeIs(1));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("run.json:1: text before the JSON"),
                                         HasSubstr("text after the end of the JSON")));
}

TEST(ParseRunFileTest, TextBetweenRowsIsSkippedWithAWarning) {
  const RunFile file = Parse(File(RowText("a") + "progress: 50%\n,\n" + RowText("b")));
  EXPECT_THAT(file.rows, SizeIs(2));
  EXPECT_THAT(file.warnings, ElementsAre(StartsWith("run.json:4: text between rows")));
}

TEST(ParseRunFileTest, CutRowIsNamedAndTheOthersKept) {
  const std::string text = File(RowText("a") + ",\n" + RowText("b"));
  const RunFile file = Parse(text.substr(0, text.find("\"b\"") + 20));
  EXPECT_TRUE(file.truncated);
  EXPECT_THAT(file.rows, SizeIs(1));
  EXPECT_THAT(
      file.warnings,
      ElementsAre(StartsWith("run.json:5: the file ends inside benchmarks[1]: 1 complete")));
}

TEST(ParseRunFileTest, AnyPrefixOfAFileIsReadOrRefused) {
  const std::string text = File(RowText("a") + ",\n" + RowText("b", R"(, "ops": 1,5e+00)"));
  for (std::size_t n = 0; n < text.size(); ++n) {
    const absl::StatusOr<RunFile> file = ParseRunFile("run.json", text.substr(0, n));
    const bool is_whole = n + 2 > text.size();
    EXPECT_TRUE(!file.ok() || file->truncated != is_whole) << n;
  }
}

TEST(ParseRunFileTest, RunAppendedToACutOneDoesNotHideItsRows) {
  const std::string text = File(RowText("a") + ",\n" + RowText("b"));
  const RunFile file = Parse(text.substr(0, text.find("\"b\"") + 5) + "\n" + text);
  EXPECT_EQ(file.rows[0].kind, RowKind::kIteration);
  EXPECT_EQ(file.rows[1].kind, RowKind::kError);
  EXPECT_TRUE(file.truncated);
}

// Rows that are wrong.

TEST(ParseRunFileTest, RowsWithoutANameDoNotShareIt) {
  EXPECT_THAT(Parse(File("{\"family_index\": 0},\n{\"family_index\": 1}")).warnings,
              Each(EndsWith("no \"name\" in quotes: listed as an error")));
}

TEST(ParseRunFileTest, UnreadableContextKeepsWhatCameBeforeTheFault) {
  const RunFile file = Parse("{\"context\": {\"a\": 1, \"b\": }, \"benchmarks\": []}");
  EXPECT_THAT(file.context, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("\"context\" lacks a value")));
}

TEST(ParseRunFileTest, UnreadableRowIsAnErrorAndTheNextIsRead) {
  for (const char* bad : {R"({"name": "x" "y"})", R"({"name": "x", "real_time": })", "{}", "{{}",
                          R"({"name": "x", "a": [}, 1)", "{\"name\": \"x\n}", R"({"name": 12})",
                          R"({"name": ["x"]})", R"({7: 8})", R"({"name": "x", "a": truth})",
                          R"({"name": "x", "real_time": 1, "time_unit": "week"})",
                          R"({"name": "x", "real_time": 1, "time_unit": 1})",
                          R"({"name": "x", "real_time": "1", "time_unit": "ns"})",
                          R"({"name": "x", "run_type": "?", "real_time": 1, "time_unit": "ns"})"}) {
    const RunFile file = Parse(File(std::string(bad) + ",\n" + RowText("next")));
    ASSERT_THAT(file.rows, Not(IsEmpty())) << bad;
    EXPECT_EQ(file.rows[0].kind, RowKind::kError) << bad;
    EXPECT_NE(file.rows[0].error_message, "") << bad;
    EXPECT_EQ(file.rows.back().full_name, "next") << bad;
    EXPECT_THAT(file.warnings, Contains(AllOf(StartsWith("run.json:4: benchmarks[0]"),
                                              EndsWith(": listed as an error"))))
        << bad;
  }
}

TEST(ParseRunFileTest, DeepNestingIsSkipped) {
  const std::string deep(1'000'000, '[');
  const RunFile file = Parse(
      File(RowText("a", ", \"x\": " + deep + std::string(1'000'000, ']')) + "," + RowText("b")));
  EXPECT_THAT(file.rows, SizeIs(2));
}

TEST(ParseRunFileTest, DeepNestingThatIsNotClosedCostsItsRowOnly) {
  const std::string deep(1'000'000, '[');
  const RunFile file = Parse(File(RowText("a", ", \"x\": " + deep) + "," + RowText("b")));
  ASSERT_THAT(file.rows, SizeIs(2));
  EXPECT_EQ(file.rows[0].kind, RowKind::kError);
  EXPECT_EQ(file.rows[1].kind, RowKind::kIteration);
}

TEST(ParseRunFileTest, TimeThatIsNoNumberIsNullWithAWarning) {
  for (const char* time : {"NaN", "Infinity", "1e400", "null"}) {
    const RunFile file = Parse(File(std::string(R"({"name": "a", "real_time": )") + time +
                                    R"(, "cpu_time": 1, "time_unit": "us"})"));
    ASSERT_THAT(file.rows, SizeIs(1));
    EXPECT_EQ(file.rows[0].real_time_s, std::nullopt);
    EXPECT_THAT(file.rows[0].cpu_time_s, Optional(1e-6));
    EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("\"real_time\" is ")));
  }
}

TEST(ParseRunFileTest, ZeroTimeIsAWarning) {
  const RunFile file = Parse(File(R"({"name": "a", "real_time": 0.0, "time_unit": "us"})"));
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("\"real_time\" is not positive")));
}

TEST(ParseRunFileTest, IntegerBeyondRangeIsIgnoredWithAWarning) {
  const RunFile file = Parse(File(RowText("a", R"(, "threads": 99999999999999999999)")));
  EXPECT_EQ(file.rows[0].threads, std::nullopt);
  EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("\"threads\" is 99999999999999999999")));
}

TEST(ParseRunFileTest, KeysInAnotherOrderAreRead) {  // a file that jq or Python wrote again
  const RunFile file =
      Parse(std::string(R"({"benchmarks": [{"zeta": 3, "time_unit": "ms", "real_time": 2, )") +
            R"("iterations": 7, "name": "a"}], )" + kContext + "}");
  EXPECT_THAT(file.rows[0].real_time_s, Optional(2e-3));
  EXPECT_THAT(file.rows[0].counters, ElementsAre(Pair("zeta", 3)));
  EXPECT_THAT(file.context, Contains(Pair("num_cpus", "2")));
  EXPECT_THAT(file.warnings, IsEmpty());
}

TEST(ParseRunFileTest, RepeatedRepetitionIsANameThatIsNotUnique) {
  const std::string row = RowText("a", R"(, "repetition_index": 0)");
  EXPECT_THAT(Parse(File(row + ",\n" + row)).warnings,
              ElementsAre(HasSubstr("benchmarks[1] \"a\": the name is not unique, benchmarks[0]")));
}

TEST(ParseRunFileTest, FaultOfManyRowsIsToldThreeTimesAndCounted) {
  std::string rows;
  for (int i = 0; i < 10; ++i) rows += RowText("a", R"(, "x": NaN)") + ",\n";
  EXPECT_THAT(Parse(File(rows)).warnings,
              ElementsAre(HasSubstr("benchmarks[0]"), HasSubstr("benchmarks[1]"),
                          HasSubstr("benchmarks[2]"),
                          "run.json: counter \"x\" is NaN: dropped: the same in 7 more rows"));
}

TEST(ParseRunFileTest, LongNamesDoNotMakeLongWarnings) {
  const RunFile file = Parse(File(RowText(std::string(100'000, 'n'), R"(, "x": NaN)")));
  EXPECT_THAT(file.warnings[0], SizeIs(Lt(400u)));
}

}  // namespace
}  // namespace podium::report
