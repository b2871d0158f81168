#include <algorithm>
#include <type_traits>

#include "kernels/int8_matmul/quantize_s8.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using Int8MatmulTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, Int8MatmulTest, AllIsas(), IsaTestName);

struct Shape {
  std::size_t M, N, K;
  std::size_t padding;  // elements between the end of a row and the next
  std::size_t offset;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " padding=" << s.padding
      << " offset=" << s.offset;
}

// The kernels of one type of activations, under names that do not depend on it.
template <class A>
struct Kernels;

template <>
struct Kernels<std::uint8_t> {
  explicit Kernels(const KernelTable& t)
      : s32(t.gemm_u8s8s32), f32(t.gemm_u8s8f32), requantized(t.gemm_u8s8u8) {}
  GemmU8S8S32Fn* s32;
  GemmU8S8F32Fn* f32;
  GemmU8S8U8Fn* requantized;

  static float Multiplier(float real) { return real; }
};

template <>
struct Kernels<std::int8_t> {
  explicit Kernels(const KernelTable& t)
      : s32(t.gemm_s8s8s32), f32(t.gemm_s8s8f32), requantized(t.gemm_s8s8s8) {}
  GemmS8S8S32Fn* s32;
  GemmS8S8F32Fn* f32;
  GemmS8S8S8Fn* requantized;

  static FixedPoint Multiplier(float real) { return FixedPointOf(std::fabs(double{real})); }
};

template <class A>
struct Problem {
  explicit Problem(const Shape& s)
      : shape(s),
        ld(s.K + s.padding),
        a(s.M * ld, s.offset),
        b(s.N * ld, s.offset),
        scales(s.N),
        bias(s.N),
        multipliers(s.N),
        bias_s32(s.N) {
    FillExtreme(a, 1);
    FillExtreme(b, 2);
    FillUniform(scales, 3);
    FillUniform(bias, 4);
    FillUniform(multipliers, 5);
    std::mt19937 rng(6);
    for (std::int32_t& x : bias_s32) x = static_cast<std::int32_t>(rng() % 20001) - 10000;
    // Sums are of the order of 10^4 sqrt(K): multipliers that spread them over the type's range and
    // beyond it.
    for (float& x : multipliers) x *= 0.02f / std::sqrt(static_cast<float>(s.K + 1));
    for (std::size_t m = 0; m < s.M; ++m) {
      params.push_back({0.0173f * static_cast<float>(m + 1),
                        static_cast<std::int32_t>(m * 37 % 256) + std::numeric_limits<A>::min()});
    }
    params.push_back({0.0173f, 0});  // M may be 0
  }

  template <class C, class Run>
  std::vector<C> RunOn(const KernelTable& kernels, const Run& run) const {
    // Four bytes of alignment are what `packed` is promised.
    Buffer<std::int8_t> packed(kernels.packed_s8_size(shape.N, shape.K), 4);
    kernels.pack_s8({shape.N, shape.K, b.data(), ld, packed.data()});
    const std::size_t ldc = shape.N + shape.padding;
    Buffer<C> c(shape.M * ldc, shape.offset);
    for (C& x : c) x = 77;  // overwritten, but for the padding
    run(packed.data(), c.data(), ldc);
    return c.ToVector();
  }

  std::vector<std::int32_t> S32(const KernelTable& kernels) const {
    return RunOn<std::int32_t>(
        kernels, [&](const std::int8_t* packed, std::int32_t* c, std::size_t ldc) {
          Kernels<A>(kernels).s32({shape.M, shape.N, shape.K, a.data(), ld, packed, c, ldc});
        });
  }
  // Activations quantized per tensor (stride 0) or per row (1).
  std::vector<float> F32(const KernelTable& kernels, std::size_t params_stride, bool with_bias,
                         Activation activation, const ElementwiseF32& then = {}) const {
    return RunOn<float>(kernels, [&](const std::int8_t* packed, float* c, std::size_t ldc) {
      Kernels<A>(kernels).f32({shape.M, shape.N, shape.K, a.data(), ld, params.data(),
                               params_stride, packed, scales.data(),
                               with_bias ? bias.data() : nullptr, activation, c, ldc, then});
    });
  }
  std::vector<A> Requantized(const KernelTable& kernels, std::int32_t a_zero_point, bool with_bias,
                             std::int32_t c_zero_point, A c_min, A c_max,
                             Activation activation = Activation::kNone,
                             const ElementwiseF32& then = {}, float c_multiplier = 1) const {
    std::vector<decltype(Kernels<A>::Multiplier(0))> by_type;
    for (std::size_t n = 0; n < shape.N; ++n) {
      by_type.push_back(Kernels<A>::Multiplier(multipliers.data()[n]));
    }
    return RunOn<A>(kernels, [&](const std::int8_t* packed, A* c, std::size_t ldc) {
      Kernels<A>(kernels).requantized({shape.M, shape.N, shape.K, a.data(), ld, a_zero_point,
                                       packed, with_bias ? bias_s32.data() : nullptr,
                                       by_type.data(), c_zero_point, c_min, c_max, c, ldc,
                                       activation, then, c_multiplier});
    });
  }

  Shape shape;
  std::size_t ld;
  Buffer<A> a;
  Buffer<std::int8_t> b;
  Buffer<float> scales, bias, multipliers;
  Buffer<std::int32_t> bias_s32;
  std::vector<AffineParams> params;
};

template <class A>
void ExpectBitIdenticalFor(const KernelTable& kernels, const Shape& shape) {
  SCOPED_TRACE(testing::Message() << (std::is_signed_v<A> ? "s8 " : "u8 ")
                                  << testing::PrintToString(shape));
  const KernelTable& reference = ReferenceKernels();
  const Problem<A> p(shape);
  ASSERT_EQ(p.S32(kernels), p.S32(reference));
  ASSERT_EQ(p.F32(kernels, 1, true, Activation::kNone),
            p.F32(reference, 1, true, Activation::kNone));
  ASSERT_EQ(p.F32(kernels, 0, false, Activation::kRelu),
            p.F32(reference, 0, false, Activation::kRelu));
  constexpr A kMin = std::numeric_limits<A>::min(), kMax = std::numeric_limits<A>::max();
  ASSERT_EQ(p.Requantized(kernels, kMin + 131, true, kMin + 9, kMin, kMax),
            p.Requantized(reference, kMin + 131, true, kMin + 9, kMin, kMax));
  ASSERT_EQ(p.Requantized(kernels, 0, false, kMin + 128, kMin + 128, kMax - 3),
            p.Requantized(reference, 0, false, kMin + 128, kMin + 128, kMax - 3));
}

void ExpectBitIdentical(const KernelTable& kernels, const Shape& shape) {
  ExpectBitIdenticalFor<std::uint8_t>(kernels, shape);
  ExpectBitIdenticalFor<std::int8_t>(kernels, shape);
}

TEST_P(Int8MatmulTest, EverySmallShapeIsBitIdentical) {
  for (std::size_t M : {0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 21}) {
    for (std::size_t N : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65}) {
      for (std::size_t K : {0, 1, 2, 3, 4, 5, 15, 16, 17, 65}) {
        ExpectBitIdentical(kernels(), {M, N, K, 0, 0});
      }
    }
  }
}

TEST_P(Int8MatmulTest, StridedAndUnalignedIsBitIdentical) {
  for (std::size_t offset : {1, 3}) {
    ExpectBitIdentical(kernels(), {7, 33, 17, 5, offset});
    ExpectBitIdentical(kernels(), {1, 40, 19, 1, offset});
  }
}

TEST_P(Int8MatmulTest, SeveralBlocksOfKAndNAreBitIdentical) {
  ExpectBitIdentical(kernels(), {11, 35, 20003, 0, 0});
  ExpectBitIdentical(kernels(), {12, 2100, 1000, 0, 0});
  ExpectBitIdentical(kernels(), {150, 70, 300, 0, 0});  // several blocks of rows
}

TEST_P(Int8MatmulTest, ActivationIsThatOfTheSameSumsWithoutIt) {
  const Problem<std::uint8_t> p({11, 35, 64, 0, 0});
  const std::vector<float> x = p.F32(kernels(), 1, true, Activation::kNone);
  for (const Activation activation :
       {Activation::kGeluTanh, Activation::kGeluErf, Activation::kSilu}) {
    const std::vector<float> y = p.F32(kernels(), 1, true, activation);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = ActivateF64(activation, x[i]);
      // activation.h: 8 ulp(g) + 2^-23 min(1, |x|) + 2^-119.
      ASSERT_NEAR(y[i], want,
                  8 * std::ldexp(std::fabs(want), -23) +
                      std::ldexp(std::min(1.0, std::fabs(double{x[i]})), -23) +
                      std::ldexp(1, -119));
    }
  }
}

TEST_P(Int8MatmulTest, ProductAndSumFollowTheActivation) {
  const Shape s = {11, 35, 64, 3, 1};
  const Problem<std::uint8_t> p(s);
  const std::size_t ldc = s.N + s.padding;
  Buffer<float> factor(s.M * ldc), residual(s.M * ldc);
  FillUniform(factor, 7);
  FillUniform(residual, 8);
  const ElementwiseF32 gate = {.factor = factor.data(), .ldf = ldc},
                       sum = {.residual = residual.data(), .ldr = ldc};
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kSilu}) {
    const std::vector<float> x = p.F32(kernels(), 1, true, activation);
    const std::vector<float> gated = p.F32(kernels(), 1, true, activation, gate);
    const std::vector<float> summed = p.F32(kernels(), 1, true, activation, sum);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool padding = i % ldc >= s.N;
      ASSERT_EQ(gated[i], padding ? 77 : x[i] * factor[i]) << "i=" << i;
      ASSERT_EQ(summed[i], padding ? 77 : x[i] + residual[i]) << "i=" << i;
    }
  }
}

// Values of the order of 1, in units of 1/50.
template <class A>
void ExpectEightBitEpilogue(const KernelTable& kernels, const Shape& s) {
  SCOPED_TRACE(testing::Message() << (std::is_signed_v<A> ? "s8 " : "u8 ")
                                  << testing::PrintToString(s));
  constexpr A kMin = std::numeric_limits<A>::min(), kMax = std::numeric_limits<A>::max();
  constexpr float kUnits = 50;
  Problem<A> p(s);
  const std::size_t ldc = s.N + s.padding;
  Buffer<float> factor(s.M * ldc), residual(s.M * ldc);
  FillUniform(factor, 7);
  FillUniform(residual, 8);
  for (float& x : p.multipliers) x *= 0.03f;
  const ElementwiseF32 gate = {.factor = factor.data(), .ldf = ldc},
                       sum = {.residual = residual.data(), .ldr = ldc};
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGeluTanh,
                                      Activation::kGeluErf, Activation::kSilu}) {
    SCOPED_TRACE(testing::Message() << "activation " << static_cast<int>(activation));
    for (const ElementwiseF32& then : {ElementwiseF32{}, gate, sum}) {
      const auto run = [&](const KernelTable& table) {
        return p.Requantized(table, kMin + 131, true, kMin + 100, kMin, kMax - 3, activation, then,
                             kUnits);
      };
      const std::vector<A> got = run(kernels), want = run(ReferenceKernels());
      if (activation <= Activation::kRelu) {
        ASSERT_EQ(got, want);
        continue;
      }
      // Values err by some 2^-23 of values below 8 (activation.h), so that a rounded one may change
      // only next to a tie: in units, closer than 8 * 50 * 2^-20 = 4e-4. That is seldom.
      std::size_t different = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], 1) << "i=" << i;
        different += got[i] != want[i];
      }
      ASSERT_LE(different, 2 + got.size() / 100);
    }
  }
}

TEST_P(Int8MatmulTest, EightBitFormWithActivationProductAndSum) {
  for (const Shape& s : {Shape{1, 7, 5, 0, 0}, Shape{11, 35, 64, 3, 1}, Shape{3, 130, 70, 0, 0},
                         Shape{150, 70, 300, 0, 0}}) {
    ExpectEightBitEpilogue<std::uint8_t>(kernels(), s);
    ExpectEightBitEpilogue<std::int8_t>(kernels(), s);
  }
}

TEST_P(Int8MatmulTest, RequantizationRoundsOnceAndToEven) {
  // acc = 1, 3, 5, ..., times 1/2: ties, which go to 0, 2, 2, 4, 4, ...
  const std::vector<std::uint8_t> a = {1};
  const std::vector<std::int8_t> b = {1, 3, 5, 7, -1, -3, -5, 127};
  const std::vector<float> multipliers = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
  Buffer<std::int8_t> packed(kernels().packed_s8_size(8, 1), 4);
  kernels().pack_s8({8, 1, b.data(), 1, packed.data()});
  std::vector<std::uint8_t> c(8);
  kernels().gemm_u8s8u8({1, 8, 1, a.data(), 1, 0, packed.data(), nullptr, multipliers.data(), 100,
                         0, 255, c.data(), 8});
  EXPECT_EQ(c, (std::vector<std::uint8_t>{100, 102, 102, 104, 100, 98, 98, 164}));
}

TEST_P(Int8MatmulTest, ChannelsCanBeCutAtMultiplesOf64) {
  constexpr std::size_t M = 3, N = 200, K = 37;
  const Problem<std::uint8_t> p({M, N, K, 0, 0});
  Buffer<std::int8_t> packed(kernels().packed_s8_size(N, K), 4);
  kernels().pack_s8({N, K, p.b.data(), K, packed.data()});
  std::vector<std::int32_t> c(M * N);
  for (std::size_t n = 0; n < N; n += kPackedChannels) {
    kernels().gemm_u8s8s32({M, std::min(kPackedChannels, N - n), K, p.a.data(), K,
                            packed.data() + kernels().packed_s8_size(n, K), c.data() + n, N});
  }
  EXPECT_EQ(c, p.S32(ReferenceKernels()));
}

TEST_P(Int8MatmulTest, GreatestDepthDoesNotOverflow) {
  constexpr std::size_t K = kMaxDepthInt8;
  Buffer<std::uint8_t> a(K);
  Buffer<std::int8_t> b(K);
  std::fill(a.begin(), a.end(), std::uint8_t{255});
  std::fill(b.begin(), b.end(), std::int8_t{-128});
  Buffer<std::int8_t> packed(kernels().packed_s8_size(1, K));
  kernels().pack_s8({1, K, b.data(), K, packed.data()});
  std::int32_t c = 0;
  kernels().gemm_u8s8s32({1, 1, K, a.data(), K, packed.data(), &c, 1});
  EXPECT_EQ(c, -2147483520);  // -255 * 128 * 65793
}

TEST_P(Int8MatmulTest, ProductsThatSaturateSixteenBitsAreExact) {
  // What vpmaddubsw gets wrong: 255 * 127 + 255 * 127 > 32767.
  const std::vector<std::uint8_t> a(64, 255);
  const std::vector<std::int8_t> b(64, 127);
  Buffer<std::int8_t> packed(kernels().packed_s8_size(1, 64));
  kernels().pack_s8({1, 64, b.data(), 64, packed.data()});
  std::int32_t c = 0;
  kernels().gemm_u8s8s32({1, 1, 64, a.data(), 64, packed.data(), &c, 1});
  EXPECT_EQ(c, 64 * 255 * 127);
}

TEST_P(Int8MatmulTest, QuantizeU8IsBitIdentical) {
  for (std::size_t count : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 100}) {
    for (const AffineParams params : {AffineParams{0.01f, 128}, {1.0f, 0}, {1e-30f, 255}}) {
      SCOPED_TRACE(testing::Message() << "count=" << count << " scale=" << params.scale);
      Buffer<float> x(count, 1);
      FillUniform(x, 9);
      if (count > 3) {
        x[0] = 3e38f;
        x[1] = -3e38f;
        x[2] = 0.5f;  // a tie at scale 1: to even, 0
        x[3] = 1.5f;  // a tie at scale 1: to even, 2
      }
      Buffer<std::uint8_t> got(count, 1), want(count, 1);
      kernels().quantize_u8({count, x.data(), params, got.data()});
      ReferenceKernels().quantize_u8({count, x.data(), params, want.data()});
      EXPECT_EQ(got.ToVector(), want.ToVector());
    }
  }
}

TEST_P(Int8MatmulTest, QuantizeRowsU8IsBitIdentical) {
  for (std::size_t K : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 100}) {
    SCOPED_TRACE(testing::Message() << "K=" << K);
    const std::size_t M = 4, ld = K + 3;
    Buffer<float> x(M * ld, 1);
    FillUniform(x, 9);
    for (std::size_t k = 0; k < K; ++k) {
      x[k] = 0;                                 // a row of zeros
      x[ld + k] = std::fabs(x[ld + k]) + 0.5f;  // one-sided: the range still holds 0
      x[2 * ld + k] *= k == 0 ? 3e38f : 1e-3f;  // an outlier
    }
    const auto run = [&](const KernelTable& table, Buffer<std::uint8_t>& q) {
      std::vector<AffineParams> params(M);
      for (std::uint8_t& value : q) value = 77;  // overwritten, but for the padding
      table.quantize_rows_u8({M, K, x.data(), ld, q.data(), ld, params.data()});
      return params;
    };
    Buffer<std::uint8_t> got(M * ld, 1), want(M * ld, 1);
    const auto got_params = run(kernels(), got), want_params = run(ReferenceKernels(), want);
    EXPECT_EQ(got.ToVector(), want.ToVector());
    for (std::size_t m = 0; m < M; ++m) {
      EXPECT_EQ(got_params[m].scale, want_params[m].scale);
      EXPECT_EQ(got_params[m].zero_point, want_params[m].zero_point);
    }
  }
}

TEST(ChooseAffineParamsTest, CoversTheRangeAndKeepsZeroExact) {
  const float x[] = {-1.0f, 0.25f, 3.0f};
  const AffineParams params = ChooseAffineParams(x, 3);
  EXPECT_FLOAT_EQ(params.scale, 4.0f / 255);
  EXPECT_EQ(params.zero_point, 64);  // 1 / scale = 63.75
}

TEST(ChooseAffineParamsTest, OneSidedRangeStillHoldsZero) {
  const float positive[] = {2.0f, 4.0f};
  EXPECT_EQ(ChooseAffineParams(positive, 2).zero_point, 0);
  const float negative[] = {-2.0f, -4.0f};
  EXPECT_EQ(ChooseAffineParams(negative, 2).zero_point, 255);
}

TEST(ChooseAffineParamsTest, AllZerosAndNoneGiveScaleOne) {
  const float zeros[] = {0.0f, 0.0f};
  EXPECT_EQ(ChooseAffineParams(zeros, 2).scale, 1);
  EXPECT_EQ(ChooseAffineParams(nullptr, 0).scale, 1);
}

TEST(QuantizeS8PerChannelTest, LargestOfEachRowBecomes127) {
  const float b[] = {0.5f, -1.0f, 99.0f, 0.0f, 0.0f, 99.0f};  // rows of 2, stride 3
  std::int8_t q[4];
  float scales[2];
  QuantizeS8PerChannel({2, 2, b, 3, q, scales});
  EXPECT_FLOAT_EQ(scales[0], 1.0f / 127);
  EXPECT_EQ(q[0], 64);  // 63.5 to even
  EXPECT_EQ(q[1], -127);
  EXPECT_EQ(scales[1], 1.0f);  // a row of zeros
  EXPECT_EQ(q[2], 0);
  EXPECT_EQ(q[3], 0);
}

}  // namespace
}  // namespace podium
