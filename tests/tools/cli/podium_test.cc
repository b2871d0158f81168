#include "tools/cli/podium.h"

#include "gmock/gmock.h"
#include "run_podium.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Podium, HelpListsEverySubcommandOnStdout) {
  const Outcome outcome = Podium({"--help"});
  EXPECT_EQ(outcome.status, kHolds);
  for (const char* command :
       {"run", "submit", "validate", "selfcheck", "replicate", "compare", "plan", "stat", "fit",
        "ablate", "pareto", "rank", "comply", "profile"}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + command + " "));
  }
}

TEST(Podium, VersionNamesTheSchemaToo) {
  EXPECT_THAT(Podium({"--version"}).out, HasSubstr("submission schema 1.2.0"));
}

TEST(Podium, NoArgumentsIsWrongUseWithHelpOnStderr) {
  const Outcome outcome = Podium({});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("usage"));
}

TEST(Podium, AnUnknownCommandNamesTheClosest) {
  const Outcome outcome = Podium({"validat"});
  EXPECT_EQ(outcome.status, kBadUsage);
  EXPECT_EQ(outcome.err, "podium: validat: no such command: did you mean validate?\n");
}

class SubcommandHelpTest : public testing::TestWithParam<std::string> {};

TEST_P(SubcommandHelpTest, ShowsAnExample) {
  const Outcome outcome = Podium({GetParam(), "--help"});
  EXPECT_EQ(outcome.status, kHolds);
  EXPECT_THAT(outcome.out, HasSubstr("Example:\n"));
  EXPECT_THAT(outcome.out, HasSubstr("podium " + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Podium, SubcommandHelpTest,
                         testing::Values("run", "selfcheck", "replicate", "submit", "validate",
                                         "compare", "plan", "stat", "fit", "ablate", "pareto",
                                         "rank", "comply"));

}  // namespace
}  // namespace podium::report
