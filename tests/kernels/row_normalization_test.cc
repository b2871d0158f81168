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

// Scale, mask and lengths, against their definition; the reference is tested too.
struct Masking {
  float scale;
  const float* mask;
  std::size_t ldm;
  const std::size_t* lengths;
};

void ExpectMaskedSoftmax(const KernelTable& kernels, const Shape& s, const Masking& masking) {
  SCOPED_TRACE(testing::PrintToString(s));
  Matrices matrices(s);
  const auto z = [&](std::size_t m, std::size_t n) {
    if (masking.lengths != nullptr && n >= masking.lengths[m]) return -HUGE_VAL;
    const double mask = masking.mask == nullptr ? 0 : masking.mask[m * masking.ldm + n];
    return double{masking.scale} * matrices.x(m, n) + mask;
  };
  const auto y = matrices.Run([&](const float* from, float* to) {
    kernels.softmax_f32({s.M, s.N, from, s.ld(), to, s.ld(), masking.scale, masking.mask,
                         masking.ldm, masking.lengths});
  });
  for (std::size_t m = 0; m < s.M; ++m) {
    double max = -HUGE_VAL, min = HUGE_VAL, sum = 0, largest = 0;
    for (std::size_t n = 0; n < s.N; ++n) {
      if (std::isinf(z(m, n))) continue;
      max = std::max(max, z(m, n));
      min = std::min(min, z(m, n));
      largest = std::max(largest, std::fabs(double{masking.scale} * matrices.x(m, n)));
      largest = std::max(largest, std::fabs(z(m, n)));
    }
    for (std::size_t n = 0; n < s.N; ++n) sum += std::isinf(z(m, n)) ? 0 : std::exp(z(m, n) - max);
    const double spread = min > max ? 0 : max - min;  // 0: a masked row
    const double bound =
        (static_cast<double>(s.N) / 16 + 2 * spread + 16 + 2 * largest) * std::ldexp(1, -23);
    for (std::size_t n = 0; n < s.N; ++n) {
      const double want = std::isinf(z(m, n)) ? 0 : std::exp(z(m, n) - max) / sum;
      ASSERT_NEAR(y[m * s.N + n], want, bound * want + (want == 0 ? 0 : FLT_MIN))
          << "m=" << m << " n=" << n;
    }
  }
}

TEST_P(RowNormalizationTest, SoftmaxScaledAndMaskedOnEveryShape) {
  for (const Shape& s : Shapes()) {
    Buffer<float> mask((s.M + 1) * s.ld(), s.offset);
    FillUniform(mask, 2);
    for (std::size_t i = 0; i < mask.size(); i += 3) mask[i] = -kInf;
    std::vector<std::size_t> lengths(s.M);
    for (std::size_t m = 0; m < s.M; ++m) lengths[m] = m % 3 == 2 ? 0 : (m + 1) * s.N / 2;
    ExpectMaskedSoftmax(kernels(), s, {0.37f, nullptr, 0, nullptr});
    ExpectMaskedSoftmax(kernels(), s, {1, mask.data(), s.ld(), nullptr});
    ExpectMaskedSoftmax(kernels(), s, {1, nullptr, 0, lengths.data()});
    ExpectMaskedSoftmax(kernels(), s, {2.5f, mask.data(), 0, lengths.data()});
  }
}

TEST_P(RowNormalizationTest, SoftmaxDoesNotReadBeyondItsLength) {
  Matrices matrices({.M = 2, .N = 37});
  for (std::size_t n = 20; n < 37; ++n) matrices.x(0, n) = kNan;
  const std::size_t lengths[] = {20, 37};
  const auto y = matrices.Run([&](const float* from, float* to) {
    kernels().softmax_f32({2, 37, from, 37, to, 37, 1, nullptr, 0, lengths});
  });
  for (std::size_t n = 0; n < 37; ++n) EXPECT_EQ(y[n] == 0, n >= 20) << y[n];
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

std::vector<float> LayernormPasses(const KernelTable& kernels, Matrices& matrices,
                                   const Affine& affine) {
  const Shape& s = matrices.shape;
  Buffer<float> mean(s.M), scale(s.M), offset(s.M);
  return matrices.Run([&](const float* from, float* to) {
    kernels.layernorm_passes_f32(
        {{s.M, s.N, from, s.ld(), affine.gamma.data(), affine.beta.data(), kEpsilon, to, s.ld()},
         mean.data(),
         scale.data(),
         offset.data()});
  });
}

// The bound that layernorm.h states.
void ExpectWithinTheBound(const Affine& affine, Matrices& matrices, const std::vector<float>& y) {
  const Shape& s = matrices.shape;
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

void ExpectLayernorm(const KernelTable& kernels, Matrices& matrices) {
  SCOPED_TRACE(testing::PrintToString(matrices.shape));
  const Affine affine(matrices.shape);
  ExpectWithinTheBound(affine, matrices, Layernorm(kernels, matrices, affine));
}

TEST_P(RowNormalizationTest, LayernormPassesOnEveryShape) {
  for (const Shape& s : Shapes()) {
    SCOPED_TRACE(testing::PrintToString(s));
    Matrices matrices(s), before(s);
    const Affine affine(s);
    ExpectWithinTheBound(affine, before, LayernormPasses(kernels(), matrices, affine));
  }
}

TEST_P(RowNormalizationTest, LayernormOnEveryShape) {
  for (const Shape& s : Shapes()) {
    Matrices matrices(s);
    ExpectLayernorm(kernels(), matrices);
  }
}

// On both sides of mean^2 = var / 2, where values are uniform in +-4 and var is 16 / 3.
TEST_P(RowNormalizationTest, LayernormOfAMeanFarFromZero) {
  for (float mean : {-1.6f, 1.7f, 100.0f, -1e4f, 1e6f}) {
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

// ---- RMS normalization.

std::vector<float> Rmsnorm(const KernelTable& kernels, Matrices& matrices, const Affine& affine) {
  const Shape& s = matrices.shape;
  return matrices.Run([&](const float* from, float* to) {
    kernels.rmsnorm_f32({s.M, s.N, from, s.ld(), affine.gamma.data(), kEpsilon, to, s.ld()});
  });
}

// The bound that rmsnorm.h states.
void ExpectRmsnorm(const KernelTable& kernels, Matrices& matrices) {
  const Shape& s = matrices.shape;
  SCOPED_TRACE(testing::PrintToString(s));
  const Affine affine(s);
  const std::vector<float> y = Rmsnorm(kernels, matrices, affine);
  const double N = static_cast<double>(s.N);
  const double bound = (N / 32 + 8) * std::ldexp(1, -23);
  for (std::size_t m = 0; m < s.M; ++m) {
    double squares = 0;
    for (std::size_t n = 0; n < s.N; ++n) squares += std::pow(double{matrices.x(m, n)}, 2);
    const double root = std::sqrt(squares / N + kEpsilon);
    for (std::size_t n = 0; n < s.N; ++n) {
      const double want = matrices.x(m, n) / root * affine.gamma[n];
      ASSERT_NEAR(y[m * s.N + n], want, bound * std::fabs(want) + FLT_TRUE_MIN)
          << "m=" << m << " n=" << n;
    }
  }
}

TEST_P(RowNormalizationTest, RmsnormOnEveryShape) {
  for (const Shape& s : Shapes()) {
    Matrices matrices(s);
    ExpectRmsnorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, RmsnormOfTinyAndHugeValues) {
  for (float scale : {1e-42f, 1e-15f, 1e15f}) {
    Matrices matrices({.M = 3, .N = 37});
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t n = 0; n < 37; ++n) matrices.x(m, n) *= scale;
    }
    ExpectRmsnorm(kernels(), matrices);
  }
}

TEST_P(RowNormalizationTest, RmsnormNanFillsItsRowOnlyAndInfinityLeavesZeros) {
  for (float bad : {kNan, kInf}) {
    Matrices matrices({.M = 3, .N = 37});
    matrices.x(1, 20) = bad;
    const auto y = Rmsnorm(kernels(), matrices, Affine(matrices.shape));
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(std::isnan(y[i]), i / 37 == 1 && (std::isnan(bad) || i % 37 == 20));
      if (i / 37 == 1 && !std::isnan(y[i])) {
        EXPECT_EQ(y[i], 0);
      }
    }
  }
}

// ---- Bias and residual before either norm: the bits of separate passes.

struct Added {
  explicit Added(const Shape& s) : bias(s.N, s.offset), residual(s.M * s.ld(), s.offset) {
    FillUniform(bias, 4);
    FillUniform(residual, 5);
  }
  Buffer<float> bias, residual;
};

// norm(x, y, added) normalizes.
template <class Norm>
void ExpectNormOfSumGivesTheBitsOfPasses(const KernelTable& kernels, const Shape& s, bool with_bias,
                                         const Norm& norm) {
  SCOPED_TRACE(testing::PrintToString(s));
  const Added added(s);
  const float* bias = with_bias ? added.bias.data() : nullptr;
  const float* residual = added.residual.data();
  const auto h = Matrices(s).Run([&](const float* from, float* to) {
    kernels.bias_activation_f32({s.M,
                                 s.N,
                                 from,
                                 s.ld(),
                                 bias,
                                 Activation::kNone,
                                 to,
                                 s.ld(),
                                 {.residual = residual, .ldr = s.ld()}});
  });
  const auto passes = Matrices(s).Run([&](const float* from, float* to) {
    kernels.bias_activation_f32({s.M,
                                 s.N,
                                 from,
                                 s.ld(),
                                 bias,
                                 Activation::kNone,
                                 to,
                                 s.ld(),
                                 {.residual = residual, .ldr = s.ld()}});
    norm(to, to, AddedF32{});
  });
  const auto fused = Matrices(s).Run([&](const float* from, float* to) {
    norm(from, to, AddedF32{.bias = bias, .residual = residual, .ldr = s.ld()});
  });
  ASSERT_EQ(Bits(fused), Bits(passes));
  const auto kept = Matrices(s).Run([&](const float* from, float* to) {
    Buffer<float> sum(s.M * s.ld(), s.offset);
    norm(from, to, AddedF32{bias, residual, s.ld(), sum.data(), s.ld()});
    for (std::size_t i = 0; i < h.size(); ++i) {
      EXPECT_EQ(sum[i / s.N * s.ld() + i % s.N], h[i]) << "i=" << i;
    }
  });
  ASSERT_EQ(Bits(kept), Bits(passes));
}

TEST_P(RowNormalizationTest, LayernormOfSumGivesTheBitsOfPasses) {
  for (const Shape& s : Shapes()) {
    const Affine affine(s);
    const auto norm = [&](const float* x, float* y, const AddedF32& added) {
      kernels().layernorm_f32({s.M, s.N, x, s.ld(), affine.gamma.data(), affine.beta.data(),
                               kEpsilon, y, s.ld(), added});
    };
    for (bool with_bias : {false, true}) {
      ExpectNormOfSumGivesTheBitsOfPasses(kernels(), s, with_bias, norm);
    }
  }
}

TEST_P(RowNormalizationTest, RmsnormOfSumGivesTheBitsOfPasses) {
  for (const Shape& s : Shapes()) {
    const Affine affine(s);
    const auto norm = [&](const float* x, float* y, const AddedF32& added) {
      kernels().rmsnorm_f32({s.M, s.N, x, s.ld(), affine.gamma.data(), kEpsilon, y, s.ld(), added});
    };
    for (bool with_bias : {false, true}) {
      ExpectNormOfSumGivesTheBitsOfPasses(kernels(), s, with_bias, norm);
    }
  }
}

// A row of up to 2048 is added up before the one before it is written, a longer one is not; the sum
// waits on the stack, or from 8193 on where the result will be, even in place of x.
TEST_P(RowNormalizationTest, NormOfLongSumsGivesTheBitsOfPasses) {
  for (std::size_t N : {2047, 2053, 8200}) {
    const Shape s = {.M = 3, .N = N};
    const Affine affine(s);
    const auto norm = [&](const float* x, float* y, const AddedF32& added) {
      kernels().rmsnorm_f32({s.M, s.N, x, s.ld(), affine.gamma.data(), kEpsilon, y, s.ld(), added});
    };
    ExpectNormOfSumGivesTheBitsOfPasses(kernels(), s, true, norm);
  }
}

TEST_P(RowNormalizationTest, NormOfASumMayReplaceX) {
  for (std::size_t N : {37, 8200}) {
    const Shape s = {.M = 3, .N = N};
    const Affine affine(s);
    const Added added(s);
    const auto norm = [&](const float* x, float* y) {
      kernels().rmsnorm_f32({s.M, s.N, x, s.ld(), affine.gamma.data(), kEpsilon, y, s.ld(),
                             AddedF32{.residual = added.residual.data(), .ldr = s.ld()}});
    };
    const auto apart = Matrices(s).Run([&](const float* from, float* to) { norm(from, to); });
    const auto in_place = Matrices(s).Run([&](const float* from, float* to) {
      std::copy(from, from + s.M * s.ld(), to);
      norm(to, to);
    });
    ASSERT_EQ(Bits(in_place), Bits(apart)) << "N=" << N;
  }
}

// The variance is then that of differences from a mean.
TEST_P(RowNormalizationTest, LayernormOfSumFarFromZeroGivesTheBitsOfPasses) {
  for (std::size_t N : {37, 8200}) {
    const Shape s = {.M = 3, .N = N};
    const Affine affine(s);
    Buffer<float> bias(s.N);
    for (std::size_t n = 0; n < s.N; ++n) bias[n] = 100;
    const auto norm = [&](const float* x, float* y, const AddedF32& added) {
      kernels().layernorm_f32({s.M, s.N, x, s.ld(), affine.gamma.data(), affine.beta.data(),
                               kEpsilon, y, s.ld(), added});
    };
    const auto passes = Matrices(s).Run([&](const float* from, float* to) {
      kernels().bias_f32({s.M, s.N, from, s.ld(), bias.data(), to, s.ld()});
      norm(to, to, AddedF32{});
    });
    const auto fused = Matrices(s).Run(
        [&](const float* from, float* to) { norm(from, to, AddedF32{.bias = bias.data()}); });
    ASSERT_EQ(Bits(fused), Bits(passes)) << "N=" << N;
  }
}

TEST_P(RowNormalizationTest, SumOfNothingAddedIsX) {
  const Shape s = {.M = 3, .N = 37};
  const Affine affine(s);
  Matrices matrices(s);
  const auto want = Rmsnorm(kernels(), matrices, affine);
  const auto y = Matrices(s).Run([&](const float* from, float* to) {
    Buffer<float> sum(s.M * s.ld());
    kernels().rmsnorm_f32({s.M, s.N, from, s.ld(), affine.gamma.data(), kEpsilon, to, s.ld(),
                           AddedF32{.sum = sum.data(), .lds = s.ld()}});
    for (std::size_t i = 0; i < s.M * s.N; ++i) EXPECT_EQ(sum[i], from[i]) << "i=" << i;
  });
  ASSERT_EQ(Bits(y), Bits(want));
}

TEST_P(RowNormalizationTest, SumMayReplaceTheResidual) {
  const Shape s = {.M = 5, .N = 70, .padding = 2};
  const Affine affine(s);
  Added added(s);
  Buffer<float> x(s.M * s.ld()), y(s.M * s.ld()), sum(s.M * s.ld()), want(s.M * s.ld());
  FillUniform(x, 1);
  const auto norm = [&](float* to, float* sum_to) {
    kernels().rmsnorm_f32({s.M,
                           s.N,
                           x.data(),
                           s.ld(),
                           affine.gamma.data(),
                           kEpsilon,
                           to,
                           s.ld(),
                           {nullptr, added.residual.data(), s.ld(), sum_to, s.ld()}});
  };
  norm(want.data(), sum.data());
  norm(y.data(), added.residual.data());
  for (std::size_t m = 0; m < s.M; ++m) {
    for (std::size_t n = 0; n < s.N; ++n) {
      EXPECT_EQ(y[m * s.ld() + n], want[m * s.ld() + n]);
      EXPECT_EQ(added.residual[m * s.ld() + n], sum[m * s.ld() + n]);
    }
  }
}

// ---- Results of 16 MiB and more, which are written past the caches: the bits of single rows.

TEST_P(RowNormalizationTest, NormsOfManyRowsHaveTheBitsOfSingleRows) {
  // Rows begin on a line and end inside one.
  constexpr std::size_t M = 4200, N = 1005, ld = 1008;
  const Affine affine({.M = 1, .N = N});
  const float* gamma = affine.gamma.data();
  const float* beta = affine.beta.data();
  // x, y and the sum; no Buffers, which look at each of their bytes.
  std::vector<float> storage(3 * M * ld + 16, kUntouched);
  float* x = storage.data();
  while (reinterpret_cast<std::uintptr_t>(x) % 64 != 0) ++x;
  float* y = x + M * ld;
  float* sum = y + M * ld;
  for (std::size_t i = 0; i < M * ld; ++i) x[i] = static_cast<float>(i * i % 1009) / 300 - 1;
  std::vector<float> row(ld), row_sum(ld);
  const auto expect_rows = [&](const auto& norm) {
    norm(M, x, y, sum);
    for (std::size_t m = 0; m < M; ++m) {
      std::fill(row.begin(), row.end(), kUntouched);
      norm(1, x + m * ld, row.data(), row_sum.data());
      ASSERT_EQ(std::memcmp(y + m * ld, row.data(), ld * sizeof(float)), 0) << "m=" << m;
    }
  };
  expect_rows([&](std::size_t rows, const float* from, float* to, float*) {
    kernels().rmsnorm_f32({rows, N, from, ld, gamma, kEpsilon, to, ld});
  });
  expect_rows([&](std::size_t rows, const float* from, float* to, float* sum_to) {
    const AddedF32 added = {beta, from, ld, sum_to, ld};
    kernels().layernorm_f32({rows, N, from, ld, gamma, beta, kEpsilon, to, ld, added});
  });
  for (std::size_t i = 0; i < M * ld; ++i) {
    const std::size_t n = i % ld;
    ASSERT_EQ(sum[i], n < N ? x[i] + beta[n] + x[i] : kUntouched) << "i=" << i;
  }
}

}  // namespace
}  // namespace podium
