#include "bench/energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace podium::bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A powercap folder of each test's own: they may run at once.
class EnergyTest : public testing::Test {
 protected:
  EnergyTest()
      : root_(fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
  }
  ~EnergyTest() override { fs::remove_all(root_); }

  void Zone(const std::string& zone, const std::string& name, std::uint64_t microjoules) const {
    fs::create_directories(root_ / zone);
    std::ofstream(root_ / zone / "name") << name << "\n";
    std::ofstream(root_ / zone / "max_energy_range_uj") << 1000000000 << "\n";
    std::ofstream(root_ / zone / "energy_uj") << microjoules << "\n";
  }
  std::string root() const { return root_.string(); }

  fs::path root_;
};

TEST_F(EnergyTest, SumsPackagesAndNothingElse) {
  Zone("intel-rapl:0", "package-0", 1000000);
  Zone("intel-rapl:0:0", "core", 900000);
  Zone("intel-rapl:1", "package-1", 5000000);
  Zone("intel-rapl:2", "psys", 9000000);
  const EnergyMeter meter(root());
  EXPECT_EQ(meter.source(), "RAPL: package-0, package-1");
  EXPECT_EQ(meter.reason(), "");
  const EnergyMeter::Reading start = meter.Read();
  Zone("intel-rapl:0", "package-0", 3000000);
  Zone("intel-rapl:1", "package-1", 5500000);
  Zone("intel-rapl:2", "psys", 99000000);
  EXPECT_DOUBLE_EQ(*meter.JoulesSince(start), 2.5);
}

TEST_F(EnergyTest, ACounterMayBeginAnew) {
  Zone("intel-rapl:0", "package-0", 999000000);
  const EnergyMeter meter(root());
  const EnergyMeter::Reading start = meter.Read();
  Zone("intel-rapl:0", "package-0", 1000000);
  EXPECT_DOUBLE_EQ(*meter.JoulesSince(start), 2);
}

TEST_F(EnergyTest, WithoutACounterThereIsAReasonAndNoFigure) {
  const EnergyMeter none(root());
  EXPECT_EQ(none.source(), "");
  EXPECT_THAT(none.reason(), HasSubstr("no RAPL counter of a package"));
  EXPECT_EQ(none.JoulesSince(none.Read()), std::nullopt);

  Zone("intel-rapl:0", "package-0", 1);
  fs::remove(root_ / "intel-rapl:0" / "energy_uj");
  const EnergyMeter unreadable(root());
  EXPECT_EQ(unreadable.source(), "");
  EXPECT_THAT(unreadable.reason(), HasSubstr("intel-rapl:0/energy_uj: cannot be read"));
}

TEST_F(EnergyTest, ACounterThatGoesAwayGivesNoFigure) {
  Zone("intel-rapl:0", "package-0", 1);
  const EnergyMeter meter(root());
  const EnergyMeter::Reading start = meter.Read();
  fs::remove_all(root_);
  EXPECT_EQ(meter.JoulesSince(start), std::nullopt);
}

}  // namespace
}  // namespace podium::bench
