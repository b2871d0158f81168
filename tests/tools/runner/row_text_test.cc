#include "tools/runner/row_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace podium::report {
namespace {

using Json = nlohmann::ordered_json;

Json Row(std::string_view row) {
  return Json::parse(absl::StrCat("{", ValidRowText(row), "}"), nullptr,
                     /*allow_exceptions=*/false);
}

TEST(ValidRowTextTest, WhatIsValidStaysAsWritten) {
  EXPECT_EQ(ValidRowText(R"({"name": "a", "real_time": 1.2500000000000000e+01, "ok": true})"),
            "      \"name\": \"a\",\n      \"real_time\": 1.2500000000000000e+01,\n"
            "      \"ok\": true");
}

TEST(ValidRowTextTest, NanAndInfinityBecomeNull) {
  EXPECT_EQ(Row(R"({"a": NaN, "b": -Infinity, "c": inf, "d": 1e400})"),
            Json::parse(R"({"a": null, "b": null, "c": null, "d": null})"));
}

TEST(ValidRowTextTest, DecimalCommasBecomePoints) {
  EXPECT_EQ(Row(R"({"real_time": 1,25e+01, "cpu_time": 2})")["real_time"], 12.5);
}

TEST(ValidRowTextTest, ControlCharactersAndBrokenUtf8AreReplaced) {
  EXPECT_EQ(Row("{\"name\": \"a\x01\xFF\"}")["name"], "a\uFFFD\uFFFD");
}

TEST(ValidRowTextTest, MembersOfPodiumAreLeftOut) {
  EXPECT_EQ(Row(R"({"podium_process": 3, "name": "a", "podium_host": "x"})"),
            Json::parse(R"({"name": "a"})"));
}

TEST(ValidRowTextTest, ACutRowKeepsItsCompleteMembers) {
  EXPECT_EQ(Row(R"({"name": "a", "b": "c)"), Json::parse(R"({"name": "a"})"));
}

TEST(ValidContextTextTest, TheContextIsTakenAsItIs) {
  EXPECT_EQ(ValidContextText("{\"context\": {\"caches\": [{\"level\": 1}]}, \"benchmarks\": []}"),
            "{\"caches\": [{\"level\": 1}]}");
}

TEST(ValidContextTextTest, OneThatIsNoJsonBecomesText) {
  EXPECT_EQ(Json::parse(ValidContextText("{\"context\": {\"a\": NaN, \"b\": 2}, "
                                         "\"benchmarks\": []}")),
            Json::parse(R"({"a": "NaN", "b": "2"})"));
}

TEST(ValidContextTextTest, NoneIsEmpty) { EXPECT_EQ(ValidContextText("nothing"), "{}"); }

}  // namespace
}  // namespace podium::report
