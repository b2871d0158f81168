#include <algorithm>

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

struct Problem {
  explicit Problem(const Shape& s)
      : shape(s),
        ld(s.K + s.padding),
        a(s.M * ld, s.offset),
        b(s.N * ld, s.offset),
        scales(s.N),
        bias(s.N) {
    FillExtreme(a, 1);
    FillExtreme(b, 2);
    FillUniform(scales, 3);
    FillUniform(bias, 4);
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
          kernels.gemm_u8s8s32({shape.M, shape.N, shape.K, a.data(), ld, packed, c, ldc});
        });
  }
  std::vector<float> F32(const KernelTable& kernels, std::int32_t zero_point,
                         bool with_bias) const {
    return RunOn<float>(kernels, [&](const std::int8_t* packed, float* c, std::size_t ldc) {
      kernels.gemm_u8s8f32({shape.M, shape.N, shape.K, a.data(), ld, 0.0173f, zero_point, packed,
                            scales.data(), with_bias ? bias.data() : nullptr, c, ldc});
    });
  }

  Shape shape;
  std::size_t ld;
  Buffer<std::uint8_t> a;
  Buffer<std::int8_t> b;
  Buffer<float> scales, bias;
};

void ExpectBitIdentical(const KernelTable& kernels, const Shape& shape) {
  SCOPED_TRACE(testing::PrintToString(shape));
  const Problem p(shape);
  ASSERT_EQ(p.S32(kernels), p.S32(ReferenceKernels()));
  ASSERT_EQ(p.F32(kernels, 131, true), p.F32(ReferenceKernels(), 131, true));
  ASSERT_EQ(p.F32(kernels, 0, false), p.F32(ReferenceKernels(), 0, false));
}

TEST_P(Int8MatmulTest, EverySmallShapeIsBitIdentical) {
  for (std::size_t M : {0, 1, 2, 4, 5, 6, 9, 10, 11, 21}) {
    for (std::size_t N : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65}) {
      for (std::size_t K : {0, 1, 2, 3, 4, 5, 63, 64, 65}) {
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
}

TEST_P(Int8MatmulTest, GreatestDepthDoesNotOverflow) {
  constexpr std::size_t K = kMaxDepthU8S8;
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
