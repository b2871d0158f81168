#include <cfloat>

#include "tests/kernels/matrices.h"

namespace podium {
namespace {

using FusedActivationTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, FusedActivationTest, AllIsas(), IsaTestName);

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr Activation kActivations[] = {Activation::kNone, Activation::kRelu, Activation::kGeluTanh,
                                       Activation::kGeluErf, Activation::kSilu};

// ---- Activations.

double Ulp(double value) {
  const float f = std::max(std::fabs(static_cast<float>(value)), FLT_MIN);
  return std::ldexp(1.0, std::ilogb(f) - 23);
}

// The bound that activation.h states.
void ExpectActivated(Activation activation, float x, float y) {
  const double want = ActivateF64(activation, x);
  if (std::isnan(want)) {
    EXPECT_TRUE(std::isnan(y)) << "x=" << x;
  } else if (activation <= Activation::kRelu || std::isinf(want)) {
    EXPECT_EQ(y, want) << "x=" << x;
  } else {
    const double k = activation == Activation::kGeluErf ? 8 : 4;
    const double magnitude = std::min(1.0, std::fabs(double{x}));
    EXPECT_NEAR(y, want, k * Ulp(want) + std::ldexp(magnitude, -23) + std::ldexp(1, -119))
        << "x=" << x;
  }
}

void ExpectActivated(const KernelTable& kernels, Activation activation, const Buffer<float>& x) {
  SCOPED_TRACE(testing::Message() << "activation " << static_cast<int>(activation));
  Buffer<float> y(x.size());
  kernels.activation_f32({1, x.size(), x.data(), x.size(), activation, y.data(), x.size()});
  for (std::size_t i = 0; i < x.size(); ++i) {
    ExpectActivated(activation, x[i], y[i]);
    if (testing::Test::HasFailure()) return;
  }
}

TEST_P(FusedActivationTest, ActivationOfFloatsOfEveryMagnitude) {
  constexpr std::uint32_t kStep = 40009;  // prime; NaNs, infinities and denormals are among them
  Buffer<float> x((std::size_t{1} << 32) / kStep);
  for (std::uint32_t i = 0; i < x.size(); ++i) x[i] = std::bit_cast<float>(i * kStep);
  for (Activation activation : kActivations) ExpectActivated(kernels(), activation, x);
}

TEST_P(FusedActivationTest, ActivationWhereItBends) {
  Buffer<float> x(64001);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i) - 32000) / 2000;
  for (Activation activation : kActivations) ExpectActivated(kernels(), activation, x);
}

TEST_P(FusedActivationTest, ActivationOfExtremes) {
  Buffer<float> x(16);
  const float values[] = {0, 1, kInf, FLT_MAX, FLT_MIN, FLT_TRUE_MIN, 10, 128, 1e19f, kNan};
  std::copy(std::begin(values), std::end(values), x.begin());
  for (Activation activation : kActivations) {
    ExpectActivated(kernels(), activation, x);
    for (float& value : x) value = -value;
    ExpectActivated(kernels(), activation, x);
  }
}

TEST_P(FusedActivationTest, GeluAndSiluOfLargeNegativesAreZero) {
  Buffer<float> x(3), y(3);
  x[0] = -111, x[1] = -FLT_MAX, x[2] = -kInf;
  for (Activation activation : {Activation::kGeluTanh, Activation::kGeluErf, Activation::kSilu}) {
    kernels().activation_f32({1, 3, x.data(), 3, activation, y.data(), 3});
    for (float value : y) EXPECT_NEAR(value, 0, 1e-40);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 0);
  }
}

// ---- Bias and activation.

TEST_P(FusedActivationTest, BiasIsAddedOnEveryShape) {
  for (const Shape& s : Shapes()) {
    SCOPED_TRACE(testing::PrintToString(s));
    Matrices matrices(s);
    Buffer<float> bias(s.N, s.offset);
    FillUniform(bias, 2);
    const auto y = matrices.Run([&](const float* from, float* to) {
      kernels().bias_f32({s.M, s.N, from, s.ld(), bias.data(), to, s.ld()});
    });
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(y[i], matrices.x(i / s.N, i % s.N) + bias[i % s.N]);
    }
  }
}

TEST_P(FusedActivationTest, OnePassOfBiasAndActivationGivesTheBitsOfTwo) {
  for (const Shape& s : Shapes()) {
    for (Activation activation : kActivations) {
      SCOPED_TRACE(testing::PrintToString(s));
      Buffer<float> bias(s.N, s.offset);
      FillUniform(bias, 2);
      const auto one = Matrices(s).Run([&](const float* from, float* to) {
        kernels().bias_activation_f32(
            {s.M, s.N, from, s.ld(), bias.data(), activation, to, s.ld()});
      });
      const auto two = Matrices(s).Run([&](const float* from, float* to) {
        kernels().bias_f32({s.M, s.N, from, s.ld(), bias.data(), to, s.ld()});
        kernels().activation_f32({s.M, s.N, to, s.ld(), activation, to, s.ld()});
      });
      ASSERT_EQ(Bits(one), Bits(two));
    }
  }
}

// ---- A product and a sum after the activation.

struct Operands {
  explicit Operands(const Shape& s)
      : bias(s.N, s.offset), factor(s.M * s.ld(), s.offset), residual(s.M * s.ld(), s.offset) {
    FillUniform(bias, 2);
    FillUniform(factor, 3);
    FillUniform(residual, 4);
  }
  Buffer<float> bias, factor, residual;
};

// y = act(x + bias) * factor + residual, bit by bit what a pass for each gives.
void ExpectOnePassGivesTheBitsOfFour(const KernelTable& kernels, const Shape& s, Activation act) {
  SCOPED_TRACE(testing::PrintToString(s));
  const Operands operands(s);
  const float* factor = operands.factor.data();
  const float* residual = operands.residual.data();
  const auto one = Matrices(s).Run([&](const float* from, float* to) {
    kernels.bias_activation_f32({s.M,
                                 s.N,
                                 from,
                                 s.ld(),
                                 operands.bias.data(),
                                 act,
                                 to,
                                 s.ld(),
                                 {factor, s.ld(), residual, s.ld()}});
  });
  const auto four = Matrices(s).Run([&](const float* from, float* to) {
    const auto none = Activation::kNone;
    kernels.bias_f32({s.M, s.N, from, s.ld(), operands.bias.data(), to, s.ld()});
    kernels.activation_f32({s.M, s.N, to, s.ld(), act, to, s.ld()});
    kernels.bias_activation_f32(
        {s.M, s.N, to, s.ld(), nullptr, none, to, s.ld(), {.factor = factor, .ldf = s.ld()}});
    kernels.bias_activation_f32(
        {s.M, s.N, to, s.ld(), nullptr, none, to, s.ld(), {.residual = residual, .ldr = s.ld()}});
  });
  ASSERT_EQ(Bits(one), Bits(four));
}

TEST_P(FusedActivationTest, ProductAndSumInOnePassGiveTheBitsOfPasses) {
  for (const Shape& s : Shapes()) {
    ExpectOnePassGivesTheBitsOfFour(kernels(), s, Activation::kSilu);
  }
}

TEST_P(FusedActivationTest, ProductAndSumRoundEach) {
  for (const Shape& s : Shapes()) {
    SCOPED_TRACE(testing::PrintToString(s));
    const Operands operands(s);
    Matrices matrices(s);
    const auto y = matrices.Run([&](const float* from, float* to) {
      kernels().bias_activation_f32(
          {s.M,
           s.N,
           from,
           s.ld(),
           nullptr,
           Activation::kNone,
           to,
           s.ld(),
           {operands.factor.data(), s.ld(), operands.residual.data(), s.ld()}});
    });
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t m = i / s.N, n = i % s.N, at = m * s.ld() + n;
      const float product = matrices.x(m, n) * operands.factor[at];
      ASSERT_EQ(y[i], product + operands.residual[at]);
    }
  }
}

TEST_P(FusedActivationTest, ResultMayReplaceFactorOrResidual) {
  const Shape s = {.M = 3, .N = 37, .padding = 2};
  Buffer<float> x(s.M * s.ld()), want(s.M * s.ld());
  FillUniform(x, 1);
  Operands operands(s);
  const auto run = [&](float* y) {
    kernels().bias_activation_f32(
        {s.M,
         s.N,
         x.data(),
         s.ld(),
         operands.bias.data(),
         Activation::kSilu,
         y,
         s.ld(),
         {operands.factor.data(), s.ld(), operands.residual.data(), s.ld()}});
  };
  run(want.data());
  const std::vector<float> residual = operands.residual.ToVector();
  run(operands.residual.data());
  for (std::size_t i = 0; i < s.N; ++i) EXPECT_EQ(operands.residual[i], want[i]);
  std::copy(residual.begin(), residual.end(), operands.residual.begin());
  run(operands.factor.data());
  for (std::size_t i = 0; i < s.N; ++i) EXPECT_EQ(operands.factor[i], want[i]);
}

// ---- The epilogue of a matrix multiplication. gemm_f32 and bias_activation_f32 have tests of
// their own; here it is the same bits.

void ExpectEpilogueGivesTheBitsOfPasses(const KernelTable& kernels, const Shape& s, std::size_t K) {
  SCOPED_TRACE(testing::Message() << testing::PrintToString(s) << " K=" << K);
  Buffer<float> a(s.M * K, s.offset), b(s.N * K);
  FillUniform(a, 5);
  FillUniform(b, 6);
  const Operands operands(s);
  Buffer<float> packed(kernels.packed_f32_size(s.N, K));
  kernels.pack_f32({s.N, K, b.data(), K, packed.data()});
  const ElementwiseF32 nothing = {},
                       both = {operands.factor.data(), s.ld(), operands.residual.data(), s.ld()};
  for (const float* bias : {operands.bias.data(), static_cast<const float*>(nullptr)}) {
    for (const ElementwiseF32& then : {nothing, both}) {
      for (Activation activation : kActivations) {
        const auto fused = Matrices(s).Run([&](const float*, float* c) {
          kernels.gemm_bias_activation_f32(
              {s.M, s.N, K, a.data(), K, packed.data(), bias, activation, c, s.ld(), then});
        });
        const auto passes = Matrices(s).Run([&](const float*, float* c) {
          kernels.gemm_f32({s.M, s.N, K, a.data(), K, packed.data(), c, s.ld()});
          kernels.bias_activation_f32({s.M, s.N, c, s.ld(), bias, activation, c, s.ld(), then});
        });
        ASSERT_EQ(Bits(fused), Bits(passes)) << "activation " << static_cast<int>(activation);
      }
    }
  }
}

TEST_P(FusedActivationTest, GemmEpilogueGivesTheBitsOfPasses) {
  for (std::size_t M : {0, 1, 6, 11}) {
    for (std::size_t N : {0, 1, 5, 16, 17, 33, 65}) {
      for (std::size_t K : {0, 1, 9}) ExpectEpilogueGivesTheBitsOfPasses(kernels(), {M, N}, K);
    }
  }
}

TEST_P(FusedActivationTest, GemmEpilogueStridedAndUnaligned) {
  ExpectEpilogueGivesTheBitsOfPasses(kernels(), {.M = 7, .N = 37, .padding = 5, .offset = 3}, 17);
}

TEST_P(FusedActivationTest, GemmEpilogueComesOnceAfterTheLastBlockOfK) {
  for (std::size_t M : {1, 13}) ExpectEpilogueGivesTheBitsOfPasses(kernels(), {M, 37}, 9001);
}

}  // namespace
}  // namespace podium
