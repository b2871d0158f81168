#include "tools/gbench/scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace podium::report {
namespace {

using ::testing::Optional;

std::string Decoded(std::string_view raw) {
  Repairs repairs;
  return DecodeString(raw, repairs);
}

bool IsRepaired(std::string_view raw) {
  Repairs repairs;
  DecodeString(raw, repairs);
  return repairs.text;
}

std::optional<double> Number(std::string_view raw) {
  Repairs repairs;
  return ParseNumber(raw, repairs);
}

std::optional<std::int64_t> Integer(std::string_view raw) {
  Repairs repairs;
  return ParseInteger(raw, repairs);
}

TEST(DecodeStringTest, DecodesEscapes) { EXPECT_EQ(Decoded(R"(a\"b\\c\/d)"), R"(a"b\c/d)"); }
TEST(DecodeStringTest, EscapedNewlineIsASpace) { EXPECT_EQ(Decoded(R"(a\nb\tc)"), "a b c"); }
TEST(DecodeStringTest, DecodesCodePoints) { EXPECT_EQ(Decoded(R"(\u00e9\u20AC)"), "é€"); }
TEST(DecodeStringTest, DecodesSurrogatePairs) { EXPECT_EQ(Decoded(R"(\ud83d\ude00)"), "😀"); }
TEST(DecodeStringTest, KeepsUtf8) {
  EXPECT_EQ(Decoded("é€😀"), "é€😀");
  EXPECT_FALSE(IsRepaired("é€😀"));
}

TEST(DecodeStringTest, LoneSurrogateIsReplaced) {
  EXPECT_EQ(Decoded(R"(a\ud83db)"), "a\uFFFDb");
  EXPECT_EQ(Decoded(R"(a\ude00b)"), "a\uFFFDb");
  EXPECT_EQ(Decoded(R"(\ud83d\u0041)"), "\uFFFDA");
  EXPECT_TRUE(IsRepaired(R"(\ud83d)"));
}

TEST(DecodeStringTest, ControlCharacterIsReplacedHoweverWritten) {
  EXPECT_EQ(Decoded("a\x1b[31m"), "a\uFFFD[31m");
  EXPECT_EQ(Decoded(R"(a\u001b[31m)"), "a\uFFFD[31m");
  EXPECT_EQ(Decoded("\xC2\x9B"), "\uFFFD");  // CSI, one of the C1 controls
  EXPECT_EQ(Decoded(std::string_view("\0", 1)), "\uFFFD");
}

TEST(DecodeStringTest, InvalidUtf8IsReplacedByteByByte) {
  EXPECT_EQ(Decoded("latin1 \xE9!"), "latin1 \uFFFD!");
  EXPECT_EQ(Decoded("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(Decoded("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(Decoded("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  EXPECT_EQ(Decoded("\xE2\x82"), "\uFFFD\uFFFD");                      // cut
}

TEST(DecodeStringTest, BackslashThatEscapesNothingStays) {
  EXPECT_EQ(Decoded(R"(C:\data\u12)"), R"(C:\data\u12)");
  EXPECT_EQ(Decoded("\\"), "\\");
}

TEST(ParseNumberTest, ReadsJsonNumbers) {
  EXPECT_THAT(Number("1.2345678901234567e+02"), Optional(1.2345678901234567e+02));
  EXPECT_THAT(Number("-0.125"), Optional(-0.125));
  EXPECT_THAT(Number("2.125"), Optional(2.125));
  EXPECT_THAT(Number("42000"), Optional(42000.0));
}

TEST(ParseNumberTest, ReadsNonFiniteNumbers) {
  EXPECT_TRUE(std::isnan(Number("NaN").value_or(0)));
  EXPECT_TRUE(std::isnan(Number("-nan").value_or(0)));
  EXPECT_THAT(Number("Infinity"), Optional(std::numeric_limits<double>::infinity()));
  EXPECT_THAT(Number("-Infinity"), Optional(-std::numeric_limits<double>::infinity()));
}

TEST(ParseNumberTest, OverflowIsInfinite) {
  EXPECT_THAT(Number("1e400"), Optional(std::numeric_limits<double>::infinity()));
}
TEST(ParseNumberTest, UnderflowIsZero) { EXPECT_THAT(Number("1e-400"), Optional(0.0)); }

TEST(ParseNumberTest, ReadsDecimalCommas) {
  EXPECT_THAT(Number("1,2345000000000000e+02"), Optional(123.45));
  EXPECT_THAT(Number("4,0e-01"), Optional(0.4));
}

TEST(ParseNumberTest, ReadsGroupedDigits) {
  EXPECT_THAT(Number("1,000,000"), Optional(1e6));
  EXPECT_THAT(Number("1.000.000"), Optional(1e6));
}

TEST(ParseNumberTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", "1-2", "1e", "..", "1,2,3", "null", "1,2e3,4"}) {
    EXPECT_EQ(Number(text), std::nullopt) << text;
  }
}

TEST(ParseNumberTest, TellsOfALocale) {
  Repairs repairs;
  ParseNumber("1.5", repairs);
  EXPECT_FALSE(repairs.numbers);
  ParseNumber("1,5e+00", repairs);
  EXPECT_TRUE(repairs.numbers);
}

TEST(ParseIntegerTest, PointBeforeThreeDigitsGroups) {
  EXPECT_THAT(Integer("2.677"), Optional(2677));
  EXPECT_THAT(Integer("2.677.484"), Optional(2677484));
}

TEST(ParseIntegerTest, ReadsTheSeparatorsOfOtherLocales) {
  constexpr char kLatin1NoBreakSpace[] = {'1', '\xA0', '2', '3', '4', '\0'};
  EXPECT_THAT(Integer(kLatin1NoBreakSpace), Optional(1234));
  for (const char* text :
       {"1,234,567", "1'234'567", "1 234 567", "1\u202F234\u202F567", "12,34,567"}) {
    EXPECT_THAT(Integer(text), Optional(1234567)) << text;
  }
}

TEST(ParseIntegerTest, ReadsIntegersWrittenAsFloatingPoint) {
  EXPECT_THAT(Integer("1e+06"), Optional(1000000));
  EXPECT_THAT(Integer("1000.0"), Optional(1000));
}

TEST(ParseIntegerTest, RefusesWhatIsNoInteger) {
  for (const char* text : {"1.5", "NaN", "Infinity", "1e300", "99999999999999999999", "x"}) {
    EXPECT_EQ(Integer(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace podium::report
