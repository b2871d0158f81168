#include "tools/stats/correction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace podium::report {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<double> kP = {.01, .04, .03, .005, .5, .03};

// R: p.adjust(c(.01, .04, .03, .005, .5, .03), "holm")
TEST(AdjustHolm, AgreesWithR) {
  EXPECT_THAT(AdjustHolm(kP), ElementsAre(DoubleEq(.05), DoubleEq(.12), DoubleEq(.12),
                                          DoubleEq(.03), DoubleEq(.5), DoubleEq(.12)));
}

// R: p.adjust(c(.01, .04, .03, .005, .5, .03), "BH")
TEST(AdjustBenjaminiHochberg, AgreesWithR) {
  EXPECT_THAT(AdjustBenjaminiHochberg(kP),
              ElementsAre(DoubleEq(.03), DoubleEq(.048), DoubleEq(.045), DoubleEq(.03),
                          DoubleEq(.5), DoubleEq(.045)));
}

TEST(AdjustHolm, NeverExceedsOne) {
  EXPECT_THAT(AdjustHolm(std::vector<double>{.6, .9}), ElementsAre(1, 1));
}

TEST(Adjust, NoTestsGiveNone) {
  EXPECT_THAT(AdjustHolm({}), IsEmpty());
  EXPECT_THAT(AdjustBenjaminiHochberg({}), IsEmpty());
}

}  // namespace
}  // namespace podium::report
