#include "tools/submission/pairing.h"

#include "gmock/gmock.h"
#include "test_run.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<double> kTimes = {1.0, 1.1};

std::vector<std::string> Pairs(const Pairing& pairing) {
  std::vector<std::string> pairs;
  for (const Pair& pair : pairing.pairs) {
    pairs.push_back(absl::StrCat(pair.optimized->name, " vs ", pair.baseline->name));
  }
  return pairs;
}

Selection WithBaseline(const std::string& family, const std::string& variant) {
  Selection selection;
  selection.baselines[family] = variant;
  return selection;
}

TEST(PairEntries, PairsTheBaselineWithEveryOtherVariantOfItsWorkload) {
  const std::vector<Entry> entries = {
      TestEntry("f/variant:fp32/isa:a/M:1", kTimes), TestEntry("f/variant:int8/isa:a/M:1", kTimes),
      TestEntry("f/variant:int4/isa:a/M:1", kTimes), TestEntry("f/variant:fp32/isa:a/M:2", kTimes)};
  EXPECT_THAT(Pairs(PairEntries(entries, WithBaseline("f", "fp32"))),
              ElementsAre("f/variant:int8/isa:a/M:1 vs f/variant:fp32/isa:a/M:1",
                          "f/variant:int4/isa:a/M:1 vs f/variant:fp32/isa:a/M:1"));
}

TEST(PairEntries, PairsWithinAnIsa) {
  const std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", kTimes),
                                      TestEntry("f/variant:fp32/isa:b", kTimes),
                                      TestEntry("f/variant:int8/isa:b", kTimes)};
  EXPECT_THAT(Pairs(PairEntries(entries, WithBaseline("f", "fp32"))),
              ElementsAre("f/variant:int8/isa:b vs f/variant:fp32/isa:b"));
}

TEST(PairEntries, TakesTheOnlyIsaOfTheBaselineAndSaysSo) {
  const std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", kTimes),
                                      TestEntry("f/variant:int8/isa:b", kTimes)};
  const Pairing pairing = PairEntries(entries, WithBaseline("f", "fp32"));
  EXPECT_EQ(pairing.pairs.size(), 1);
  EXPECT_THAT(pairing.warnings, ElementsAre(HasSubstr("isa:a, the only ISA of its baseline")));
}

TEST(PairEntries, WarnsOfAVariantWhoseBaselineHasOnlyOtherIsas) {
  const std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", kTimes),
                                      TestEntry("f/variant:fp32/isa:b", kTimes),
                                      TestEntry("f/variant:int8/isa:c", kTimes)};
  const Pairing pairing = PairEntries(entries, WithBaseline("f", "fp32"));
  EXPECT_THAT(pairing.pairs, IsEmpty());
  EXPECT_THAT(pairing.warnings, ElementsAre(HasSubstr("on other ISAs only")));
}

TEST(PairEntries, LeavesOutAFailedBaselineWithAWarning) {
  std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", {}),
                                TestEntry("f/variant:int8/isa:a", kTimes)};
  entries[0].errors = {"wrong"};
  const Pairing pairing = PairEntries(entries, WithBaseline("f", "fp32"));
  EXPECT_THAT(pairing.pairs, IsEmpty());
  EXPECT_THAT(pairing.warnings, ElementsAre(HasSubstr("its baseline failed")));
}

TEST(PairEntries, FindsNoBaselineForSeveralVariants) {
  const std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", kTimes),
                                      TestEntry("f/variant:int8/isa:a", kTimes)};
  EXPECT_THAT(PairEntries(entries, {}).families_without_baseline, ElementsAre("f"));
}

TEST(PairEntries, PairsFamiliesOfOtherSuites) {
  const std::vector<Entry> entries = {TestEntry("BM_Old/8", kTimes), TestEntry("BM_New/8", kTimes),
                                      TestEntry("BM_New/64", kTimes)};
  Selection selection;
  selection.baseline = "BM_Old";
  selection.optimized = "BM_New";
  const Pairing pairing = PairEntries(entries, selection);
  EXPECT_THAT(Pairs(pairing), ElementsAre("BM_New/8 vs BM_Old/8"));
}

TEST(PairEntries, PairsTwoRowsNamedInFull) {
  const std::vector<Entry> entries = {TestEntry("BM_Copy/8", kTimes),
                                      TestEntry("BM_Copy/64", kTimes),
                                      TestEntry("BM_Copy/512", kTimes)};
  Selection selection;
  selection.baseline = "BM_Copy/8";
  selection.optimized = "BM_Copy/64";
  EXPECT_THAT(Pairs(PairEntries(entries, selection)), ElementsAre("BM_Copy/64 vs BM_Copy/8"));
}

TEST(PairEntries, LetsTheFlagsOverrideTheFile) {
  const std::vector<Entry> entries = {TestEntry("f/variant:fp32/isa:a", kTimes),
                                      TestEntry("f/variant:int8/isa:a", kTimes)};
  Selection selection = WithBaseline("f", "fp32");
  selection.baseline = "int8";
  EXPECT_THAT(Pairs(PairEntries(entries, selection)),
              ElementsAre("f/variant:fp32/isa:a vs f/variant:int8/isa:a"));
}

}  // namespace
}  // namespace podium::report
