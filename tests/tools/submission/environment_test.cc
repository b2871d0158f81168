#include "tools/submission/environment.h"

#include "gmock/gmock.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ToUtc, ConvertsTheOffset) {
  EXPECT_EQ(ToUtc("2026-07-01T14:00:00+02:00"), "2026-07-01T12:00:00Z");
}

TEST(ToUtc, IsNullForWhatIsNoDate) { EXPECT_EQ(ToUtc("yesterday"), std::nullopt); }

TEST(SystemInfo, UsesSiUnits) {
  const Json info = SystemInfo({{"mhz_per_cpu", "2600"}, {"podium.memory_bytes", "1024"}});
  EXPECT_EQ(info["cpu_frequency_hz"], 2600000000);
  EXPECT_EQ(info["memory_bytes"], 1024);
}

TEST(SystemInfo, SaysWhyAFieldIsMissing) {
  const Json info = SystemInfo({});
  EXPECT_TRUE(info["governor"].is_null());
  EXPECT_EQ(info["governor_reason"], "the run file's context has no valid podium.governor");
}

TEST(SystemInfo, TakesTheReasonThatTheRunFileGives) {
  const Json info = SystemInfo({{"podium.energy_source_reason", "/sys: no RAPL"}});
  EXPECT_TRUE(info["energy_source"].is_null());
  EXPECT_EQ(info["energy_source_reason"], "/sys: no RAPL");
  EXPECT_EQ(SystemInfo({{"podium.energy_source", "RAPL: package-0"}})["energy_source"],
            "RAPL: package-0");
}

TEST(SystemInfo, TakesNoNumberThatIsNone) {
  EXPECT_TRUE(SystemInfo({{"num_cpus", "nan"}})["num_cpus"].is_null());
}

TEST(SystemInfo, KeepsAFractionThatNoIntegerIs) {
  EXPECT_EQ(WholeNumber(2.7), 2.7);
  EXPECT_TRUE(WholeNumber(2.0).is_number_integer());
}

TEST(SystemInfo, TakesNothingNestedTooDeep) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_TRUE(SystemInfo({{"caches", deep}})["caches"].is_null());
}

TEST(EnvironmentDifferences, NamesMachineFlagsAndLibraries) {
  const Context a = {{"host_name", "a"}, {"podium.flags", "-O2"}, {"podium.library.xsimd", "8"}};
  const Context b = {{"host_name", "b"}, {"podium.flags", "-O3"}, {"podium.library.xsimd", "9"}};
  EXPECT_THAT(EnvironmentDifferences(a, b), ElementsAre("host_name", "flags", "library xsimd"));
}

TEST(EnvironmentDifferences, IgnoresDateLoadAndCommit) {
  const Context a = {{"date", "1"}, {"load_avg", "[1]"}, {"podium.git_sha", "1"}};
  const Context b = {{"date", "2"}, {"load_avg", "[2]"}, {"podium.git_sha", "2"}};
  EXPECT_THAT(EnvironmentDifferences(a, b), IsEmpty());
}

}  // namespace
}  // namespace podium::report
