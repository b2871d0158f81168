// podium profile on a small run.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/tools/cli/run_podium.h"
#include "tools/submission/model.h"

namespace podium::report {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class ProfileTest : public PodiumTest {
 protected:
  void SetUp() override {
    PodiumTest::SetUp();
    std::vector<std::string> rows;
    const auto add = [&](const std::string& name, double us, const std::string& counters) {
      for (int i = 0; i < 2; ++i) {
        rows.push_back(absl::StrCat(
            "{\"name\": \"", name, "\", \"run_name\": \"", name,
            "\", \"run_type\": \"iteration\", \"repetitions\": 2, \"repetition_index\": ", i,
            ", \"threads\": 1, \"iterations\": 9, \"real_time\": ", us, ", \"cpu_time\": ", us,
            ", \"time_unit\": \"us\"", counters, "}"));
      }
    };
    const std::string net = "/isa:avx2/net:kws/";
    add("model/variant:f32" + net + "batch:1", 55, ", \"params\": 22604, \"macs\": 2656768");
    // 1e6 operations and 20000 bytes each, but for the last.
    add("model_layer/variant:f32" + net + "layer:00_conv2d", 20,
        ", \"flops\": 5e10, \"bytes\": 1e9");
    add("model_layer/variant:f32" + net + "layer:01_conv2d", 30,
        ", \"flops\": 3.333e10, \"bytes\": 6.667e8");
    add("model_layer/variant:f32" + net + "layer:02_softmax", 10, ", \"bytes\": 1e8");
    add("machine/variant:peak/isa:avx2/limit:fma_f32", 1, ", \"flops\": 1e11");
    add("machine/variant:peak/isa:avx2/limit:read_L1/buffer_bytes:16384", 1, ", \"bytes\": 1e10");
    Write("run.json", absl::StrCat("{\"context\": {}, \"benchmarks\": [\n",
                                   absl::StrJoin(rows, ",\n"), "\n]}\n"));
  }

  Outcome Profile(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"profile", Own("run.json")});
    return Podium(flags);
  }
};

TEST_F(ProfileTest, ShowsSharesAndBounds) {
  const Outcome outcome = Profile({});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("model/net:kws f32 on avx2: 60.0 us in layers, 55.0 us as a "
                                     "whole, 2.66 M multiply-adds, 22.6 k parameters\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("\n01_conv2d +50.0%.* 50 +compute +0.33\n00_conv2d"));
  EXPECT_THAT(outcome.out, ContainsRegex("02_softmax .*memory: L1 +0.01"));
}

TEST_F(ProfileTest, TopAndKindShorten) {
  const std::string top = Profile({"--top=1"}).out;
  EXPECT_THAT(top, ContainsRegex("\n2 others +50.0% +30.0 us\n"));
  EXPECT_THAT(top, Not(HasSubstr("00_conv2d")));
  EXPECT_THAT(Profile({"--by=kind"}).out, ContainsRegex("\nconv2d +83.3%.*compute +0.40\n"));
}

TEST_F(ProfileTest, HasFormatsForProgramsAndPages) {
  const Json json = Json::parse(Profile({"--format=json"}).out);
  EXPECT_EQ(json[0]["layers"][0]["bound"], "compute");
  EXPECT_TRUE(json[0]["layers"][2]["operations"].is_null());
  EXPECT_EQ(json[0]["layers"][2]["operations_reason"], "the row reports none");
  EXPECT_THAT(Profile({"--format=csv"}).out,
              ContainsRegex("\nmodel/net:kws,f32,avx2,01_conv2d,.*,compute,L1,"));
  EXPECT_THAT(Profile({"--format=markdown"}).out, HasSubstr("| 01\\_conv2d | 50.0% |"));
}

TEST_F(ProfileTest, WrongUseIsOneLine) {
  EXPECT_EQ(Profile({"--by=colour"}).err, "podium profile: --by=colour: must be layer or kind\n");
  EXPECT_EQ(Profile({"--top=1.5"}).status, 2);
  EXPECT_THAT(
      Profile({"--filter=net:ic"}).err,
      HasSubstr("no row of a layer, such as model_layer/.../layer:L, that passes --filter"));
  EXPECT_EQ(Podium({"profile", Data("run.json")}).status, 2);
}

}  // namespace
}  // namespace podium::report
