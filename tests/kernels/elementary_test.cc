#include "kernels/fused_activation/elementary.h"

#include <bit>
#include <cfloat>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using ElementaryTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, ElementaryTest, AllIsas(), IsaTestName);

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Function {
  const char* name;
  ElementaryF32Fn* KernelTable::*kernel;
  double (*truth)(double);
  double ulp;  // the bound that elementary.h states
};

constexpr Function kFunctions[] = {{"exp", &KernelTable::exp_f32, std::exp, kExpUlp},
                                   {"tanh", &KernelTable::tanh_f32, std::tanh, kTanhUlp},
                                   {"erf", &KernelTable::erf_f32, std::erf, kErfUlp}};

// One unit in the last place of the f32 nearest to `value`; 2^-149 where it is denormal.
double Ulp(double value) {
  const float f = std::max(std::fabs(static_cast<float>(value)), FLT_MIN);
  return std::ldexp(1.0, std::ilogb(f) - 23);
}

void ExpectWithinBound(const KernelTable& kernels, const Function& function,
                       const Buffer<float>& x) {
  SCOPED_TRACE(function.name);
  Buffer<float> y(x.size());
  (kernels.*function.kernel)(x.size(), x.data(), y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = function.truth(x[i]);
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(y[i])) << "x=" << x[i];
    } else if (std::fabs(want) > FLT_MAX) {
      // Within the bound of infinity is what rounds to it from below.
      ASSERT_GE(y[i], FLT_MAX) << "x=" << x[i];
    } else {
      ASSERT_LE(std::fabs(y[i] - want), function.ulp * Ulp(want)) << "x=" << x[i] << " y=" << y[i];
    }
  }
}

TEST_P(ElementaryTest, FloatsOfEveryMagnitude) {
  constexpr std::uint32_t kStep = 20011;  // prime; NaNs, infinities and denormals are among them
  Buffer<float> x((std::size_t{1} << 32) / kStep);
  for (std::uint32_t i = 0; i < x.size(); ++i) x[i] = std::bit_cast<float>(i * kStep);
  for (const Function& function : kFunctions) ExpectWithinBound(kernels(), function, x);
}

TEST_P(ElementaryTest, WhereResultsAreNeitherOverflowNorSaturation) {
  Buffer<float> x(200001);
  for (float most : {1.0f, 5.0f, 110.0f}) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = most * (static_cast<float>(i) - 100000) / 100000;
    }
    for (const Function& function : kFunctions) ExpectWithinBound(kernels(), function, x);
  }
}

TEST_P(ElementaryTest, EveryLengthInPlace) {
  for (std::size_t count : {0, 1, 3, 4, 5, 8, 15, 16, 17, 33}) {
    for (const Function& function : kFunctions) {
      Buffer<float> x(count, 1), y(count, 1);
      FillUniform(x, 1);
      (kernels().*function.kernel)(count, x.data(), y.data());
      (kernels().*function.kernel)(count, x.data(), x.data());
      EXPECT_EQ(x.ToVector(), y.ToVector()) << function.name << " count=" << count;
    }
  }
}

float Of(ElementaryF32Fn* function, float x) {
  float y = 0;
  function(1, &x, &y);
  return y;
}

TEST_P(ElementaryTest, SpecialValues) {
  const KernelTable& k = kernels();
  EXPECT_EQ(Of(k.exp_f32, 0), 1);
  EXPECT_EQ(Of(k.exp_f32, -kInf), 0);
  EXPECT_EQ(Of(k.exp_f32, kInf), kInf);
  EXPECT_EQ(Of(k.exp_f32, 88.73f), kInf);  // log(FLT_MAX) = 88.7228
  EXPECT_EQ(Of(k.exp_f32, 88.0f) < kInf, true);
  EXPECT_NEAR(Of(k.exp_f32, -103.0f), FLT_TRUE_MIN, FLT_TRUE_MIN);  // exp(-103) = 1.32 * 2^-149
  for (ElementaryF32Fn* odd : {k.tanh_f32, k.erf_f32}) {
    EXPECT_EQ(Of(odd, kInf), 1);
    EXPECT_EQ(Of(odd, -kInf), -1);
    EXPECT_EQ(Of(odd, 0.0f), 0);
    EXPECT_FALSE(std::signbit(Of(odd, 0.0f)));
    EXPECT_TRUE(std::signbit(Of(odd, -0.0f)));
  }
  for (const Function& function : kFunctions) {
    EXPECT_TRUE(std::isnan(Of(k.*function.kernel, kNan))) << function.name;
  }
}

}  // namespace
}  // namespace podium
