#include "tools/stats/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/tools/stats/agrees_with.h"
#include "tools/stats/distributions.h"

namespace podium::report {
namespace {

// "Norris" of NIST's Statistical Reference Datasets, calibration of ozone monitors, whose results NIST
// certifies to 15 digits: https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml
const std::vector<double> kNorrisY = {.1,    338.8, 118.1, 888.0, 9.2,   228.1, 668.5, 998.5, 449.1,
                                      778.9, 559.2, .3,    .1,    778.1, 668.8, 339.3, 448.9, 10.8,
                                      557.7, 228.3, 998.0, 888.8, 119.6, .3,    .6,    557.6, 339.3,
                                      888.0, 998.5, 778.9, 10.2,  117.6, 228.9, 668.4, 449.2, .2};
const std::vector<double> kNorrisX = {.2,    337.4, 118.2, 884.6, 10.1,  226.5, 666.3, 996.3, 448.6,
                                      777.0, 558.2, .4,    .6,    775.5, 666.9, 338.0, 447.5, 11.6,
                                      556.0, 228.1, 995.8, 887.6, 120.2, .3,    .3,    556.8, 339.1,
                                      887.2, 999.0, 779.0, 11.1,  118.3, 229.2, 669.1, 448.9, .5};

TEST(FitLine, AgreesWithCertifiedResults) {
  const Line line = FitLine(kNorrisX, kNorrisY, .05).value();
  EXPECT_THAT(line.slope, AgreesWith(1.00211681802045));
  EXPECT_THAT(line.intercept, AgreesWith(-0.262323073774029));
  EXPECT_THAT(line.r_squared.value(), AgreesWith(0.999993745883712));
  const double t = StudentCriticalValue(.05, 34);
  EXPECT_THAT(line.slope_interval->hi - line.slope, AgreesWith(t * 0.429796848199937e-3));
  EXPECT_THAT(line.intercept - line.intercept_interval->lo, AgreesWith(t * 0.232818234301152));
}

TEST(FitLine, TwoPointsHaveALineAndNoInterval) {
  const std::vector<double> x = {1, 3}, y = {5, 9};
  const Line line = FitLine(x, y, .05).value();
  EXPECT_EQ(line.slope, 2);
  EXPECT_EQ(line.At(0), 3);
  EXPECT_FALSE(line.slope_interval);
  EXPECT_FALSE(line.intercept_interval);
}

TEST(FitLine, OneXHasNoLine) {
  const std::vector<double> x = {2, 2, 2}, y = {5, 9, 7};
  EXPECT_FALSE(FitLine(x, y, .05));
  EXPECT_FALSE(FitLine({}, {}, .05));
}

TEST(FitLine, ALevelLineExplainsNothing) {
  const std::vector<double> x = {1, 2, 3}, y = {5, 5, 5};
  const Line line = FitLine(x, y, .05).value();
  EXPECT_EQ(line.slope, 0);
  EXPECT_FALSE(line.r_squared);
}

}  // namespace
}  // namespace podium::report
