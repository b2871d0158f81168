#include "tools/stats/distributions.h"

#include <gtest/gtest.h>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

// R: options(digits = 17); 2 * pt(-c(1, 3.31030758884945, 40), c(1, 9.4, 200))
TEST(StudentTwoSidedPTest, AgreesWithR) {
  EXPECT_THAT(StudentTwoSidedP(1, 1), AgreesWith(0.5));
  EXPECT_THAT(StudentTwoSidedP(3.31030758884945, 9.4), AgreesWith(8.5573723339524219e-03));
  EXPECT_THAT(StudentTwoSidedP(40, 200), AgreesWith(2.2487396535202259e-97));
}

// R: options(digits = 17); 2 * pt(-c(1e5, 1e9), c(7.3, 30))
TEST(StudentTwoSidedPTest, KeepsTheFarTail) {
  EXPECT_THAT(StudentTwoSidedP(1e5, 7.3), AgreesWith(1.2781431419312235e-34));
  EXPECT_THAT(StudentTwoSidedP(1e9, 30), AgreesWith(2.0729069305122334e-249));
}

TEST(StudentTwoSidedPTest, IgnoresTheSign) {
  EXPECT_EQ(StudentTwoSidedP(-2.5, 6.5), StudentTwoSidedP(2.5, 6.5));
}

// R: options(digits = 17); qt(c(.05, .05, .001, .05) / 2, c(1, 1.12451361867704, 9, 1e6),
//    lower.tail = FALSE)
TEST(StudentCriticalValueTest, AgreesWithR) {
  EXPECT_THAT(StudentCriticalValue(0.05, 1), AgreesWith(12.7062047361746941));
  EXPECT_THAT(StudentCriticalValue(0.05, 1.12451361867704), AgreesWith(9.8194811121077272));
  EXPECT_THAT(StudentCriticalValue(0.001, 9), AgreesWith(4.7809125859312189));
  EXPECT_THAT(StudentCriticalValue(0.05, 1e6), AgreesWith(1.9599663568141066));
}

// R: options(digits = 17); c(pt(-1.3, 4.5), pt(2.1, 7))
TEST(StudentBelowTest, AgreesWithR) {
  EXPECT_THAT(StudentBelow(-1.3, 4.5), AgreesWith(0.12809804397201696));
  EXPECT_THAT(StudentBelow(2.1, 7), AgreesWith(0.9630644018935387));
}

// R: options(digits = 17); pnorm(-7)
TEST(NormalBelowTest, AgreesWithR) {
  EXPECT_THAT(NormalBelow(-7), AgreesWith(1.2798125438858352e-12));
}

// R: options(digits = 17); qnorm(c(.975, .8, 1e-10))
TEST(NormalQuantileTest, AgreesWithR) {
  EXPECT_THAT(NormalQuantile(0.975), AgreesWith(1.95996398454005361));
  EXPECT_THAT(NormalQuantile(0.8), AgreesWith(0.84162123357291441));
  EXPECT_THAT(NormalQuantile(1e-10), AgreesWith(-6.36134090240405570));
}

// R: options(digits = 17); qt(5e-13, 17.5, lower.tail = FALSE)
TEST(StudentCriticalValueTest, KeepsTheFarTail) {
  EXPECT_THAT(StudentCriticalValue(1e-12, 17.5), AgreesWith(17.9847248666043384));
}

// R: options(digits = 17); dbinom(c(7, 400), c(10, 1000), c(.3, .5))
TEST(BinomialProbabilityTest, AgreesWithR) {
  EXPECT_THAT(BinomialProbability(10, 0.3, 7), AgreesWith(9.0016919999999865e-03));
  EXPECT_THAT(BinomialProbability(1000, 0.5, 400), AgreesWith(4.6339080740495856e-11));
}

// R: options(digits = 17); pbinom(c(7, 250) - 1, c(10, 1000), c(.3, .5))
TEST(BinomialBelowTest, AgreesWithR) {
  EXPECT_EQ(BinomialBelow(10, 0.3, 0), 0);
  EXPECT_THAT(BinomialBelow(10, 0.3, 7), AgreesWith(9.8940792160000002e-01));
  EXPECT_THAT(BinomialBelow(1000, 0.5, 250), AgreesWith(2.2371467774658550e-59));
}

// R: options(digits = 17); pbinom(c(7, 800) - 1, c(10, 1000), c(.3, .5), lower.tail = FALSE)
TEST(BinomialAtLeastTest, AgreesWithR) {
  EXPECT_EQ(BinomialAtLeast(10, 0.3, 0), 1);
  EXPECT_THAT(BinomialAtLeast(10, 0.3, 7), AgreesWith(1.0592078399999996e-02));
  EXPECT_THAT(BinomialAtLeast(1000, 0.5, 800), AgreesWith(8.2249936778873056e-86));
}

}  // namespace
}  // namespace podium::report
