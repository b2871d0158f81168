#include "tools/submission/parse.h"

#include <string>

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::HasSubstr;

std::string Message(const std::string& text) {
  return std::string(ParseJson(text).status().message());
}

std::string Nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(ParseJson, ReadsWhatIsNestedAsDeepAsAllowed) { EXPECT_TRUE(ParseJson(Nested(64)).ok()); }

TEST(ParseJson, RefusesWhatIsNestedDeeper) {
  EXPECT_EQ(Message(Nested(65)), "nested deeper than 64 levels");
  EXPECT_EQ(Message(Nested(1000000)), "nested deeper than 64 levels");
}

TEST(ParseJson, RefusesAMemberThatAppearsTwice) {
  EXPECT_THAT(Message(R"({"a": [{"b": 1, "c": {"b": 2}, "b": 3}]})"),
              HasSubstr("the member \"b\" appears twice"));
}

TEST(ParseJson, AllowsOneNameInTwoObjects) {
  EXPECT_TRUE(ParseJson(R"({"a": [{"b": {"a": 1}}, {"b": 1}], "b": {"a": 2}})").ok());
}

TEST(ParseJson, RefusesWhatIsCutShort) { EXPECT_THAT(Message("{\"a\": "), HasSubstr("cut short")); }

}  // namespace
}  // namespace podium::report
