#include <cfloat>

#include "tests/kernels/matrices.h"

namespace podium {
namespace {

using RowNormalizationTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, RowNormalizationTest, AllIsas(), IsaTestName);

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// ---- Softmax.

using SoftmaxOf = std::vector<float>(const KernelTable&, Matrices&);

std::vector<float> Softmax(const KernelTable& kernels, Matrices& matrices) {
  const Shape& s = matrices.shape;
  return matrices.Run([&](const float* from, float* to) {
    kernels.softmax_f32({s.M, s.N, from, s.ld(), to, s.ld()});
  });
}

std::vector<float> SoftmaxPasses(const KernelTable& kernels, Matrices& matrices) {
  const Shape& s = matrices.shape;
  Buffer<float> row_max(s.M), row_sum(s.M);
  return matrices.Run([&](const float* from, float* to) {
    kernels.softmax_passes_f32(
        {{s.M, s.N, from, s.ld(), to, s.ld()}, row_max.data(), row_sum.data()});
  });
}

// The bound that softmax.h states.
void ExpectSoftmax(const KernelTable& kernels, Matrices& matrices, SoftmaxOf* softmax) {
  const Shape& s = matrices.shape;
  SCOPED_TRACE(testing::PrintToString(s));
  const std::vector<float> y = softmax(kernels, matrices);
  for (std::size_t m = 0; m < s.M; ++m) {
    double max = -HUGE_VAL, min = HUGE_VAL, sum = 0;
    for (std::size_t n = 0; n < s.N; ++n) {
      const double x = matrices.x(m, n);
      max = std::max(max, x);
      if (std::isfinite(x)) min = std::min(min, x);
    }
    for (std::size_t n = 0; n < s.N; ++n) sum += std::exp(matrices.x(m, n) - max);
    const double spread = std::min(104.0, max - min);
    const double bound = (static_cast<double>(s.N) / 16 + 2 * spread + 16) * std::ldexp(1, -23);
    for (std::size_t n = 0; n < s.N; ++n) {
      const double want = std::exp(matrices.x(m, n) - max) / sum;
      ASSERT_NEAR(y[m * s.N + n], want, bound * want + FLT_MIN) << "m=" << m << " n=" << n;
    }
  }
}

constexpr SoftmaxOf* kSoftmaxes[] = {Softmax, SoftmaxPasses};

TEST_P(RowNormalizationTest, SoftmaxOnEveryShape) {
  for (SoftmaxOf* softmax : kSoftmaxes) {
    for (const Shape& s : Shapes()) {
      Matrices matrices(s);
      ExpectSoftmax(kernels(), matrices, softmax);
    }
  }
}

TEST_P(RowNormalizationTest, SoftmaxOfWideRangesDoesNotOverflow) {
  for (SoftmaxOf* softmax : kSoftmaxes) {
    for (float scale : {30.0f, 1e3f, 1e30f, FLT_MAX / 4}) {
      Matrices matrices({.M = 3, .N = 37});
      for (std::size_t m = 0; m < 3; ++m) {
        for (std::size_t n = 0; n < 37; ++n) matrices.x(m, n) *= scale;
      }
      ExpectSoftmax(kernels(), matrices, softmax);
    }
  }
}

TEST_P(RowNormalizationTest, SoftmaxOfMaskedEntriesIsZeroAndOfAMaskedRowZeros) {
  for (std::size_t N : {1, 5, 16, 37}) {
    Matrices matrices({.M = 3, .N = N});
    for (std::size_t n = 0; n < N; ++n) {
      if (n % 3 != 0) matrices.x(0, n) = -kInf;
      matrices.x(1, n) = -kInf;
    }
    for (SoftmaxOf* softmax : kSoftmaxes) {
      const auto y = softmax(kernels(), matrices);
      for (std::size_t n = 0; n < N; ++n) {
        EXPECT_EQ(y[n] == 0, n % 3 != 0) << "n=" << n;
        EXPECT_EQ(y[N + n], 0) << "n=" << n;
        EXPECT_GT(y[2 * N + n], 0) << "n=" << n;
      }
    }
  }
}

TEST_P(RowNormalizationTest, SoftmaxNanAndInfinityFillTheirRowOnly) {
  for (float bad : {kNan, kInf}) {
    for (std::size_t at : {0, 20, 36}) {
      Matrices matrices({.M = 3, .N = 37});
      matrices.x(1, at) = bad;
      for (SoftmaxOf* softmax : kSoftmaxes) {
        const auto y = softmax(kernels(), matrices);
        for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i / 37 == 1);
      }
    }
  }
}

// ---- Layer normalization.

struct Affine {
  explicit Affine(const Shape& s) : gamma(s.N, s.offset), beta(s.N, s.offset) {
    FillUniform(gamma, 2);
    FillUniform(beta, 3);
  }
  Buffer<float> gamma, beta;
};

constexpr float kEpsilon = 1e-5f;

std::vector<float> Layernorm(const KernelTable& kernels, Matrices& matrices, const Affine& affine) {
  const Shape& s = matrices.shape;
  return matrices.Run([&](const float* from, float* to) {
    kernels.layernorm_f32(
        {s.M, s.N, from, s.ld(), affine.gamma.data(), affine.beta.data(), kEpsilon, to, s.ld()});
  });
}

// The bound that layernorm.h states.
void ExpectLayernorm(const KernelTable& kernels, Matrices& matrices) {
  const Shape& s = matrices.shape;
  SCOPED_TRACE(testing::PrintToString(s));
  const Affine affine(s);
  const std::vector<float> y = Layernorm(kernels, matrices, affine);
  const double N = static_cast<double>(s.N);
  const double c = (N / 16 + 16) * std::ldexp(1, -23);
  for (std::size_t m = 0; m < s.M; ++m) {
    double mean = 0, variance = 0, largest = 0;
    for (std::size_t n = 0; n < s.N; ++n) {
      mean += matrices.x(m, n) / N;
      largest = std::max(largest, std::fabs(double{matrices.x(m, n)}));
    }
    for (std::size_t n = 0; n < s.N; ++n) {
      variance += (matrices.x(m, n) - mean) * (matrices.x(m, n) - mean) / N;
    }
    const double deviation = std::sqrt(variance + kEpsilon);
    for (std::size_t n = 0; n < s.N; ++n) {
      const double normal = (matrices.x(m, n) - mean) / deviation;
      const double gamma = affine.gamma[n], beta = affine.beta[n];
      const double bound = c * ((std::fabs(normal) + 1) * std::fabs(gamma) + std::fabs(beta)) +
                           c * c * largest / deviation * std::fabs(gamma);
      ASSERT_NEAR(y[m * s.N + n], normal * gamma + beta, bound) << "m=" << m << " n=" << n;
    }
  }
}

TEST_P(RowNormalizationTest, LayernormOnEveryShape) {
  for (const Shape& s : Shapes()) {
    Matrices matrices(s);
    ExpectLayernorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, LayernormOfAMeanFarFromZero) {
  for (float mean : {100.0f, -1e4f, 1e6f}) {
    Matrices matrices({.M = 3, .N = 1037});
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t n = 0; n < 1037; ++n) matrices.x(m, n) += mean;
    }
    ExpectLayernorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, LayernormOfTinyAndHugeValues) {
  for (float scale : {1e-42f, 1e-20f, 1e15f}) {
    Matrices matrices({.M = 3, .N = 37});
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t n = 0; n < 37; ++n) matrices.x(m, n) *= scale;
    }
    ExpectLayernorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, LayernormOfEqualValuesIsBeta) {
  for (float value : {0.0f, 0.1f, -1e6f}) {
    Matrices matrices({.M = 1, .N = 1037});
    for (std::size_t n = 0; n < 1037; ++n) matrices.x(0, n) = value;
    ExpectLayernorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, LayernormNanAndInfinityFillTheirRowOnly) {
  for (float bad : {kNan, kInf, -kInf}) {
    for (std::size_t at : {0, 20, 36}) {
      Matrices matrices({.M = 3, .N = 37});
      matrices.x(1, at) = bad;
      const auto y = Layernorm(kernels(), matrices, Affine(matrices.shape));
      for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i / 37 == 1);
    }
  }
}

TEST_P(RowNormalizationTest, LayernormGivesTheBitsOfItsPasses) {
  for (const Shape& s : Shapes()) {
    SCOPED_TRACE(testing::PrintToString(s));
    const Affine affine(s);
    Matrices fused(s);
    Buffer<float> mean(s.M), scale(s.M), offset(s.M);
    const auto passes = Matrices(s).Run([&](const float* from, float* to) {
      kernels().layernorm_passes_f32(
          {{s.M, s.N, from, s.ld(), affine.gamma.data(), affine.beta.data(), kEpsilon, to, s.ld()},
           mean.data(),
           scale.data(),
           offset.data()});
    });
    ASSERT_EQ(Bits(Layernorm(kernels(), fused, affine)), Bits(passes));
  }
}

}  // namespace
}  // namespace podium
