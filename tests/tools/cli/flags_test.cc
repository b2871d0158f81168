#include "tools/cli/flags.h"

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlagReaderTest : public testing::Test {
 protected:
  FlagReaderTest() {
    flags_.Add("alpha", &alpha_, "A", "a number");
    flags_.Add("o", &output_, "FILE", "a file");
    flags_.Add("baseline", &baseline_, "V", "a variant");
    flags_.Add("workload", &workloads_, "W", "a list");
    flags_.Add("strict", &strict_, "", "a switch");
  }

  std::string Error(const std::vector<std::string>& args) {
    return std::string(flags_.Parse(args).status().message());
  }

  FlagReader flags_;
  double alpha_ = 0.05;
  std::string output_;
  std::optional<std::string> baseline_;
  std::vector<std::string> workloads_;
  bool strict_ = false;
};

TEST_F(FlagReaderTest, ReadsValuesAfterAnEqualsSignOrABlank) {
  EXPECT_TRUE(flags_.Parse({"--alpha=0.01", "--baseline", "fp32"}).ok());
  EXPECT_EQ(alpha_, 0.01);
  EXPECT_EQ(baseline_, "fp32");
}

TEST_F(FlagReaderTest, ReadsAOneLetterFlag) {
  EXPECT_TRUE(flags_.Parse({"-o", "x.json"}).ok());
  EXPECT_EQ(output_, "x.json");
}

TEST_F(FlagReaderTest, GathersPositionalArguments) {
  EXPECT_THAT(*flags_.Parse({"a", "--strict", "b", "--", "--c"}), ElementsAre("a", "b", "--c"));
  EXPECT_TRUE(strict_);
}

TEST_F(FlagReaderTest, ReadsAPercentage) {
  EXPECT_TRUE(flags_.Parse({"--alpha=1%"}).ok());
  EXPECT_DOUBLE_EQ(alpha_, 0.01);
}

TEST_F(FlagReaderTest, GathersAList) {
  EXPECT_TRUE(flags_.Parse({"--workload=a,b", "--workload=c"}).ok());
  EXPECT_THAT(workloads_, ElementsAre("a", "b", "c"));
}

TEST_F(FlagReaderTest, NamesTheClosestKnownFlag) {
  EXPECT_EQ(Error({"--alhpa=1"}), "--alhpa: unknown flag: did you mean --alpha?");
}

TEST_F(FlagReaderTest, NamesNoFlagThatIsFarOff) {
  EXPECT_EQ(Error({"--benchmark_out=1"}), "--benchmark_out: unknown flag: see --help");
}

TEST_F(FlagReaderTest, RejectsOneDashBeforeALongName) {
  EXPECT_THAT(Error({"-alpha=1"}), HasSubstr("unknown flag"));
}

TEST_F(FlagReaderTest, RejectsAMissingValue) {
  EXPECT_EQ(Error({"--alpha"}), "--alpha: needs a value: --alpha=A");
}

TEST_F(FlagReaderTest, RejectsWhatIsNoNumber) {
  EXPECT_THAT(Error({"--alpha=x"}), HasSubstr("not a number"));
}

TEST_F(FlagReaderTest, RejectsNan) {
  EXPECT_THAT(Error({"--alpha=nan"}), HasSubstr("not a number"));
}

TEST_F(FlagReaderTest, RejectsAValueForASwitch) {
  EXPECT_EQ(Error({"--strict=1"}), "--strict: takes no value");
}

}  // namespace
}  // namespace podium::report
