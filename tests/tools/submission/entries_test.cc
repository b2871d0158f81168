#include "tools/submission/entries.h"

#include <tuple>

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Row Repetition(const std::string& name, long index, double time_s,
               std::map<std::string, double> counters = {}) {
  Row row{};
  row.kind = RowKind::kIteration;
  row.full_name = row.run_name = name;
  row.repetition_index = index;
  row.real_time_s = time_s;
  row.counters = std::move(counters);
  return row;
}

EntrySet Collect(std::vector<Row> rows, std::map<std::string, std::string> context = {}) {
  RunFile run;
  run.rows = std::move(rows);
  run.context = std::move(context);
  return CollectEntries(run);
}

TEST(CollectEntries, GathersRepetitionsInOrder) {
  const EntrySet set =
      Collect({Repetition("a", 0, 3), Repetition("b", 0, 9), Repetition("a", 1, 2)});
  ASSERT_EQ(set.entries.size(), 2);
  EXPECT_THAT(set.entries[0].Times()->values(), ElementsAre(3, 2));
}

TEST(CollectEntries, OrderIsThatOfRegistrationNotOfTheShuffledRepetitions) {
  std::vector<Row> rows = {Repetition("c", 0, 3), Repetition("a", 0, 9), Repetition("b", 0, 2)};
  const std::pair<long, long> registered[] = {{1, 0}, {0, 0}, {0, 1}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::tie(rows[i].family_index, rows[i].instance_index) = registered[i];
  }
  const EntrySet set = Collect(rows);
  ASSERT_EQ(set.entries.size(), 3);
  EXPECT_EQ(set.entries[0].name, "a");
  EXPECT_EQ(set.entries[1].name, "b");
  EXPECT_EQ(set.entries[2].name, "c");
}

TEST(CollectEntries, GivesRatesTheirUnits) {
  const EntrySet set = Collect({Repetition("a", 0, 3, {{"ops", 5}, {"bytes_per_second", 7}})});
  EXPECT_THAT(set.entries[0].Find("ops_per_s")->values(), ElementsAre(5));
  EXPECT_THAT(set.entries[0].Find("bytes_per_s")->values(), ElementsAre(7));
}

TEST(CollectEntries, KeepsUnknownCountersUnderTheirName) {
  const EntrySet set = Collect({Repetition("a", 0, 3, {{"hits", 5}})});
  ASSERT_EQ(set.entries[0].counters.size(), 1);
  EXPECT_EQ(set.entries[0].counters[0].name, "hits");
}

TEST(CollectEntries, WarnsOfASizeThatChanges) {
  const EntrySet set = Collect(
      {Repetition("a", 0, 3, {{"size_bytes", 5}}), Repetition("a", 1, 3, {{"size_bytes", 6}})});
  EXPECT_EQ(set.entries[0].sizes.at("size_bytes"), 5);
  EXPECT_THAT(set.warnings, ElementsAre("a: size_bytes differs between repetitions: the first is "
                                        "kept"));
}

TEST(CollectEntries, KeepsBenchmarksOfOneNameApart) {
  const EntrySet set = Collect(
      {Repetition("a", 0, 3), Repetition("a", 1, 3), Repetition("a", 0, 8), Repetition("a", 1, 8)});
  ASSERT_EQ(set.entries.size(), 2);
  EXPECT_EQ(set.entries[1].name, "a#2");
  EXPECT_THAT(set.entries[1].Times()->values(), ElementsAre(8, 8));
  EXPECT_THAT(set.warnings, ElementsAre(HasSubstr("several benchmarks have this name")));
}

// Interleaved: the repetitions of both appear in any order, of each in its own.
TEST(CollectEntries, GathersTheSameRepetitionOfSeveralProcesses) {
  std::vector<Row> rows = {Repetition("a", 0, 1), Repetition("a", 0, 2), Repetition("a", 0, 3)};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].process = i;
  const EntrySet set = Collect(rows);
  ASSERT_EQ(set.entries.size(), 1);
  EXPECT_THAT(set.warnings, IsEmpty());
  EXPECT_THAT(set.entries[0].Times()->values(), ElementsAre(1, 2, 3));
}

TEST(CollectEntries, HaveNoOriginsWhereOneIsNotKnown) {
  std::vector<Row> rows = {Repetition("a", 0, 1), Repetition("a", 0, 2)};
  rows[0].process = 0;
  rows[0].round = 0;
  rows[1].family_index = 3;
  rows[1].instance_index = 0;
  const EntrySet set = Collect(rows);
  ASSERT_EQ(set.entries.size(), 1);
  EXPECT_THAT(set.entries[0].origins, IsEmpty());
  EXPECT_THAT(set.warnings, ElementsAre(HasSubstr("a: not every row says which process")));
}

TEST(CollectEntries, TellsBenchmarksOfOneNameByTheirRegistration) {
  std::vector<Row> rows = {Repetition("a", 0, 8), Repetition("a", 0, 3), Repetition("a", 1, 3),
                           Repetition("a", 1, 8)};
  for (Row& row : rows) {
    row.family_index = row.real_time_s == 8 ? 1 : 0;
    row.instance_index = 0;
  }
  const EntrySet set = Collect(rows);
  ASSERT_EQ(set.entries.size(), 2);
  EXPECT_THAT(set.entries[0].Times()->values(), ElementsAre(3, 3));
  EXPECT_THAT(set.entries[1].Times()->values(), ElementsAre(8, 8));
  EXPECT_EQ(set.entries[1].name, "a#2");
}

TEST(CollectEntries, ARowWithAnErrorHasNoTimes) {
  Row error = Repetition("a", 1, 3);
  error.kind = RowKind::kError;
  error.error_message = "wrong result";
  const EntrySet set = Collect({Repetition("a", 0, 3), error});
  EXPECT_EQ(set.entries[0].Times(), nullptr);
  EXPECT_THAT(set.entries[0].errors, ElementsAre("wrong result"));
}

TEST(CollectEntries, AZeroTimeIsAnError) {
  EXPECT_THAT(Collect({Repetition("a", 0, 0)}).entries[0].errors,
              ElementsAre("real_time is not a positive number"));
}

TEST(CollectEntries, LeavesAggregatesOut) {
  Row mean = Repetition("a", 0, 3);
  mean.kind = RowKind::kAggregate;
  EXPECT_THAT(Collect({mean}).entries, IsEmpty());
}

TEST(CollectEntries, ReadsTechniquesFromTheContext) {
  const EntrySet set = Collect({Repetition("f/variant:v/isa:a", 0, 3)},
                               {{"podium.technique.f.v", "quantization,pruning"}});
  EXPECT_THAT(set.entries[0].techniques, ElementsAre("quantization", "pruning"));
}

TEST(CollectEntries, KnowsWhichFiguresAreEstimated) {
  const EntrySet set = Collect({Repetition("f/variant:v/M:1", 0, 1)},
                               {{"podium.estimated.f.v", "accuracy, energy_j"}});
  EXPECT_THAT(set.entries[0].estimated, ElementsAre("accuracy", "energy_j"));
  EXPECT_THAT(set.warnings,
              ElementsAre("f/variant:v/M:1: estimated, not measured: accuracy, energy_j"));
}

}  // namespace
}  // namespace podium::report
