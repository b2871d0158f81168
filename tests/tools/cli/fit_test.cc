// podium fit on rows that lie on a line.
#include <gmock/gmock.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/tools/cli/run_podium.h"

namespace podium::report {
namespace {

using testing::HasSubstr;

class FitTest : public PodiumTest {
 protected:
  // Rows of a network at some contexts, of so many microseconds.
  static std::string Run(const std::string& variant,
                         const std::vector<std::pair<int, double>>& points) {
    std::vector<std::string> rows;
    for (const auto& [context, us] : points) {
      const std::string name =
          absl::StrCat("llm_decode/variant:", variant, "/isa:avx2/net:gpt/context:", context);
      rows.push_back(absl::StrCat(
          "{\"name\": \"", name, "\", \"run_name\": \"", name,
          "\", \"run_type\": \"iteration\", \"repetitions\": 1, \"repetition_index\": 0, "
          "\"threads\": 1, \"iterations\": 9, \"real_time\": ",
          us, ", \"cpu_time\": ", us, ", \"time_unit\": \"us\"}"));
    }
    return absl::StrCat("{\"context\": {}, \"benchmarks\": [\n", absl::StrJoin(rows, ",\n"),
                        "\n]}\n");
  }
};

TEST_F(FitTest, TheTableHasSlopeAndInterceptOfEachVariant) {
  Write("cached.json", Run("cached", {{100, 12}, {200, 14}, {400, 18}}));
  Write("recompute.json", Run("recompute", {{100, 50}, {200, 100}, {400, 200}}));
  const Outcome outcome =
      Podium({"fit", Own("cached.json"), Own("recompute.json"), "--over=context"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("time_s over context"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("llm_decode/net:gpt +cached +avx2 +3 +20.0 ns "
                                                  ".*10.0 us .*1.0000\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("llm_decode/net:gpt +recompute .*500 ns "));
}

TEST_F(FitTest, CsvHasALinePerPointInTheKeysOrder) {
  Write("run.json", Run("cached", {{400, 18}, {100, 12}, {200, 14}}));
  const Outcome outcome = Podium({"fit", Own("run.json"), "--over=context", "--format=csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("^workload,variant,isa,context,time_s,n,fitted,"
                                                  "slope,.*,r2\n"));
  EXPECT_THAT(outcome.out,
              testing::ContainsRegex(
                  "\nllm_decode/net:gpt,cached,avx2,100,1.2e-05,1,1.2e-05,2e-08,.*,1\n"
                  "llm_decode/net:gpt,cached,avx2,200,.*\nllm_decode/net:gpt,cached,avx2,400,"));
}

TEST_F(FitTest, RowsMustDifferInTheKeyAlone) {
  Write("run.json", Run("cached", {{100, 12}}));
  const Outcome outcome = Podium({"fit", Own("run.json"), "--over=context"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no two rows with time_s differ in context alone"));
}

TEST_F(FitTest, NeedsAKey) {
  EXPECT_THAT(Podium({"fit", "run.json"}).err, HasSubstr("needs --over=KEY"));
  EXPECT_THAT(Podium({"fit", "--over=context"}).err, HasSubstr("needs a run file"));
}

}  // namespace
}  // namespace podium::report
