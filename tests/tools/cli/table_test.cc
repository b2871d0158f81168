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

}  // namespace
}  // namespace podium::report
