#include "tools/gbench/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ParseBenchmarkNameTest, VariantAndIsaAreNoPartOfTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName("int8_matmul/variant:int8/isa:avx2/M:64/N:4096");
  EXPECT_EQ(name.family, "int8_matmul");
  EXPECT_EQ(name.variant, "int8");
  EXPECT_EQ(name.isa, "avx2");
  EXPECT_EQ(name.workload, "int8_matmul/M:64/N:4096");
  EXPECT_THAT(name.keys, ElementsAre(Pair("M", "64"), Pair("N", "4096")));
}

TEST(ParseBenchmarkNameTest, SuffixIsNoPartOfTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName(
      "f/M:8/min_time:0.100/min_warmup_time:0.500/iterations:7/repeats:3/process_time/real_time");
  EXPECT_EQ(name.workload, "f/M:8");
  EXPECT_THAT(name.suffix, ElementsAre(Pair("min_time", "0.100"), Pair("min_warmup_time", "0.500"),
                                       Pair("iterations", "7"), Pair("repeats", "3"),
                                       Pair("process_time", ""), Pair("real_time", "")));
}

TEST(ParseBenchmarkNameTest, ManualTimeIsASuffix) {
  EXPECT_EQ(ParseBenchmarkName("f/8/manual_time").workload, "f/8");
}

TEST(ParseBenchmarkNameTest, ThreadsStayInTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName("f/M:8/min_time:0.100/real_time/threads:2");
  EXPECT_EQ(name.workload, "f/M:8/threads:2");
  EXPECT_THAT(name.keys, ElementsAre(Pair("M", "8"), Pair("threads", "2")));
  EXPECT_THAT(name.suffix, ElementsAre(Pair("min_time", "0.100"), Pair("real_time", "")));
}

TEST(ParseBenchmarkNameTest, ArgumentNamedLikeASuffixStaysInTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName("f/iterations:5/M:8/iterations:100");
  EXPECT_EQ(name.workload, "f/iterations:5/M:8");
  EXPECT_THAT(name.suffix, ElementsAre(Pair("iterations", "100")));
}

TEST(ParseBenchmarkNameTest, SuffixKeyWithoutAnAmountStaysInTheWorkload) {
  EXPECT_EQ(ParseBenchmarkName("f/repeats:often").workload, "f/repeats:often");
}

TEST(ParseBenchmarkNameTest, FamilyNamedLikeASuffixIsAFamily) {
  const BenchmarkName name = ParseBenchmarkName("real_time");
  EXPECT_EQ(name.family, "real_time");
  EXPECT_EQ(name.workload, "real_time");
}

TEST(ParseBenchmarkNameTest, PositionalArgumentsOfOtherSuitesStayInTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName("BM_foo/64/128");
  EXPECT_EQ(name.family, "BM_foo");
  EXPECT_EQ(name.workload, "BM_foo/64/128");
  EXPECT_THAT(name.keys, IsEmpty());
}

TEST(ParseBenchmarkNameTest, ScopeInATemplateArgumentIsNoKey) {
  const BenchmarkName name = ParseBenchmarkName("Fixture/Sort<std::string>/N:8/std::less");
  EXPECT_EQ(name.workload, "Fixture/Sort<std::string>/N:8/std::less");
  EXPECT_THAT(name.keys, ElementsAre(Pair("N", "8")));
}

TEST(ParseBenchmarkNameTest, SlashInATemplateArgumentSeparatesNothing) {
  const BenchmarkName name = ParseBenchmarkName("ns::BM<A/B<C/D>>/M:8");
  EXPECT_EQ(name.family, "ns::BM<A/B<C/D>>");
  EXPECT_THAT(name.keys, ElementsAre(Pair("M", "8")));
}

TEST(ParseBenchmarkNameTest, AnUnclosedBracketIsAnOrdinaryCharacter) {
  EXPECT_EQ(ParseBenchmarkName("BM_a<b/8").family, "BM_a<b");
}

TEST(ParseBenchmarkNameTest, KeyMayHaveAnEmptyValue) {
  EXPECT_THAT(ParseBenchmarkName("f/tag:").keys, ElementsAre(Pair("tag", "")));
}

TEST(ParseBenchmarkNameTest, ValueMayHoldColons) {
  EXPECT_THAT(ParseBenchmarkName("f/at:12:30").keys, ElementsAre(Pair("at", "12:30")));
}

TEST(ParseBenchmarkNameTest, NameMayHoldSpaces) {
  const BenchmarkName name = ParseBenchmarkName("dot product/variant:two words/batch size:4");
  EXPECT_EQ(name.family, "dot product");
  EXPECT_EQ(name.variant, "two words");
  EXPECT_EQ(name.workload, "dot product/batch size:4");
}

TEST(ParseBenchmarkNameTest, SecondVariantStaysInTheWorkload) {
  const BenchmarkName name = ParseBenchmarkName("f/variant:a/variant:b");
  EXPECT_EQ(name.variant, "a");
  EXPECT_EQ(name.workload, "f/variant:b");
}

TEST(ParseBenchmarkNameTest, EmptyVariantIsNone) {
  const BenchmarkName name = ParseBenchmarkName("f/variant:/8");
  EXPECT_EQ(name.variant, "");
  EXPECT_EQ(name.workload, "f/variant:/8");
}

TEST(ParseBenchmarkNameTest, SlashesWithoutComponentsAreKept) {
  EXPECT_EQ(ParseBenchmarkName("/f//8/").workload, "/f//8/");
}

TEST(ParseBenchmarkNameTest, EmptyNameHasEmptyParts) {
  const BenchmarkName name = ParseBenchmarkName("");
  EXPECT_EQ(name.family, "");
  EXPECT_EQ(name.workload, "");
}

}  // namespace
}  // namespace podium::report
