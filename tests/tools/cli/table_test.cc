#include "tools/render/table.h"

#include "gtest/gtest.h"

namespace podium::report {
namespace {

TEST(AlignColumns, PadsToTheWidestCell) {
  EXPECT_EQ(AlignColumns({{""}, {"  "}}, {{"a", "b"}, {"ccc", "d"}}), "a    b\nccc  d\n");
}

TEST(AlignColumns, AlignsNumbersToTheRight) {
  EXPECT_EQ(AlignColumns({{""}, {" ", true}}, {{"a", "9.5"}, {"b", "10.5"}}), "a  9.5\nb 10.5\n");
}

TEST(AlignColumns, OmitsEmptyColumnsWithTheirSeparator) {
  EXPECT_EQ(AlignColumns({{""}, {"   "}, {" "}}, {{"a", "", "b"}}), "a b\n");
}

TEST(AlignColumns, LeavesNoTrailingBlanks) {
  EXPECT_EQ(AlignColumns({{""}, {" "}}, {{"a", ""}, {"b", "c"}}), "a\nb c\n");
}

TEST(AlignColumns, LeavesOutTheMostExpendableColumnsUntilLinesFit) {
  const std::vector<Column> columns = {{"", false, 0}, {" ", false, 1}, {" ", false, 2}, {" "}};
  EXPECT_EQ(AlignColumns(columns, {{"aa", "bb", "cc", "dd"}}, 11), "aa bb cc dd\n");
  EXPECT_EQ(AlignColumns(columns, {{"aa", "bb", "cc", "dd"}}, 10), "aa bb dd\n");
  EXPECT_EQ(AlignColumns(columns, {{"aa", "bb", "cc", "dd"}}, 5), "aa dd\n");
}

TEST(AlignColumns, CutsTheFirstColumnInTheMiddle) {
  EXPECT_EQ(AlignColumns({{""}, {" "}}, {{"0123456789abcdefghij", "x"}}, 16), "012345..efghij x\n");
}

TEST(AlignColumns, CutsTheWidestOfSeveralFirst) {
  const std::vector<Column> columns = {{""}, {" ", false, 0, true}, {" "}};
  EXPECT_EQ(AlignColumns(columns, {{"0123456789", "0123456789abcdef", "x"}}, 24),
            "0123456789 0123..bcdef x\n");
}

TEST(AlignColumns, CutsToNoLessThanWhatCanBeRead) {
  EXPECT_EQ(AlignColumns({{""}, {" "}}, {{"0123456789", "x"}}, 4), "012..789 x\n");
}

TEST(AlignColumns, CountsCodePoints) {
  EXPECT_EQ(AlignColumns({{""}, {" "}}, {{"\xC3\xA4", "x"}, {"bb", "y"}}), "\xC3\xA4  x\nbb y\n");
}

}  // namespace
}  // namespace podium::report
