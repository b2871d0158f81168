#include "tools/stats/power.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

// R: pt(.03 * sqrt(20) / .03 - qt(.975, 38), 38)
TEST(PowerToExclude, AgreesWithR) {
  EXPECT_THAT(PowerToExclude(.03, .03, 20, 38, .05), AgreesWith(0.99044660057254164));
}

// R: q <- qt(.95, 38); k <- sqrt(20) / .03; pt(.01 * k - q, 38) + pt(.03 * k - q, 38) - 1
TEST(PowerOfEquivalence, AgreesWithR) {
  EXPECT_THAT(PowerOfEquivalence(.01, .03, .03, 20, 38, .05), AgreesWith(0.41898369829514004));
}

// R: power.t.test(delta = .02, sd = .02, power = .8)$n is 16.7
TEST(LeastCount, FindsTheSizeOfATTest) {
  EXPECT_EQ(LeastCount(1,
                       [](double n) {
                         return PowerToExclude(.02, .02 * 1.4142135623730951, n, 2 * (n - 1), .05);
                       }),
            17);
}

TEST(LeastCount, IsAboveThePresentCount) {
  EXPECT_EQ(LeastCount(30, [](double) { return 1.0; }), 31);
}

TEST(LeastCount, IsNullWhereNoCountWouldDo) {
  EXPECT_FALSE(LeastCount(1, [](double) { return .5; }));
}

}  // namespace
}  // namespace podium::report
