#include "tools/submission/diff.h"

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Differences, NamesThePathTheValueFoundAndTheValueExpected) {
  const Json found = {{"a", {1, {{"b", 2.5}}}}};
  const Json expected = {{"a", {1, {{"b", 2.25}}}}};
  EXPECT_THAT(Differences(found, expected, 1e-9), ElementsAre("/a/1/b: found 2.5, expected 2.25"));
}

TEST(Differences, AllowsForTheLastDigits) {
  EXPECT_THAT(Differences(Json{{"a", 1.0 + 1e-10}}, Json{{"a", 1.0}}, 1e-9), IsEmpty());
}

TEST(Differences, AllowsUnknownMembers) {
  EXPECT_THAT(Differences(Json{{"a", 1}, {"mine", 2}}, Json{{"a", 1}}, 1e-9), IsEmpty());
}

TEST(Differences, ReportsAnUnknownMetric) {
  EXPECT_THAT(Differences(Json{{"metrics", {{"mine", 2}}}}, Json{{"metrics", Json::object()}}, 0),
              ElementsAre("/metrics/mine: found 2, expected none"));
}

TEST(Differences, ComparesProse) {
  EXPECT_THAT(Differences(Json{{"a_reason", "x"}}, Json{{"a_reason", "y"}}, 0),
              ElementsAre("/a_reason: found \"x\", expected \"y\""));
}

TEST(Differences, AllowsOtherWordsWhereProseNeedsOnlyBePresent) {
  EXPECT_THAT(Differences(Json{{"a_reason", "x"}, {"warnings", {"x", "y"}}},
                          Json{{"a_reason", "y"}, {"warnings", {"z"}}}, 0, Prose::kPresent),
              IsEmpty());
}

TEST(Differences, ReportsAMissingMember) {
  EXPECT_THAT(Differences(Json::object(), Json{{"a", 1}}, 1e-9),
              ElementsAre("/a: missing, expected 1"));
}

TEST(Differences, ReportsADeletedElement) {
  EXPECT_THAT(Differences(Json{{"a", Json::array({1})}}, Json{{"a", {1, 2}}}, 1e-9),
              ElementsAre("/a: found an array of 1, expected an array of 2"));
}

TEST(Differences, ReportsAnotherType) {
  EXPECT_THAT(Differences(Json{{"a", "1"}}, Json{{"a", 1}}, 1e-9),
              ElementsAre("/a: found \"1\", expected 1"));
}

TEST(Differences, EscapesThePointer) {
  EXPECT_THAT(Differences(Json{{"a/b~c", 1}}, Json{{"a/b~c", 2}}, 1e-9),
              ElementsAre("/a~1b~0c: found 1, expected 2"));
}

}  // namespace
}  // namespace podium::report
