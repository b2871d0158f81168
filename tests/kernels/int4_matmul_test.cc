#include <algorithm>
#include <bit>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

using Int4MatmulTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, Int4MatmulTest, AllIsas(), IsaTestName);

struct Shape {
  std::size_t M, N, K, group_size;
  std::size_t padding = 0, offset = 0;

  std::size_t lda() const { return K + padding; }
  std::size_t ldc() const { return N + padding; }
  std::size_t groups() const { return (K + group_size - 1) / group_size; }
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " K=" << s.K << " group_size=" << s.group_size
      << " padding=" << s.padding << " offset=" << s.offset;
}

struct Problem {
  explicit Problem(const Shape& s)
      : shape(s),
        x(s.M * s.lda(), s.offset),
        a(s.M * s.lda(), s.offset),
        q(s.N * s.K, s.offset),
        a_scales(s.M * s.groups()),
        b_scales(s.N * s.groups()) {
    FillUniform(x, 1);
    FillExtreme(a, 2);
    for (std::int8_t& value : a) value = std::max<std::int8_t>(value, -127);
    std::mt19937 rng(3);
    for (std::int8_t& value : q) value = static_cast<std::int8_t>(rng() % 16) - 8;
    FillUniform(a_scales, 4);
    FillUniform(b_scales, 5);
    for (float& scale : b_scales) {
      scale = std::bit_cast<float>(std::bit_cast<std::uint32_t>(scale) & 0xFFFF0000);
    }
  }

  template <class Run>
  std::vector<float> RunOn(const KernelTable& kernels, const Run& run) const {
    const auto& [M, N, K, group_size, padding, offset] = shape;
    // Four bytes of alignment are what `packed` is promised.
    Buffer<std::int8_t> packed(kernels.packed_s4_size(N, K, group_size), 4);
    kernels.pack_s4({N, K, group_size, q.data(), b_scales.data(), packed.data()});
    Buffer<float> c(M * shape.ldc(), offset);
    for (float& value : c) value = 1e30f;  // overwritten, but for the padding
    run(packed.data(), c.data());
    return c.ToVector();
  }
  std::vector<float> S8(const KernelTable& kernels, const float* bias = nullptr,
                        Activation activation = Activation::kNone,
                        const ElementwiseF32& then = {}) const {
    return RunOn(kernels, [&](const std::int8_t* packed, float* c) {
      kernels.gemm_s8s4f32({shape.M, shape.N, shape.K, shape.group_size, a.data(), shape.lda(),
                            a_scales.data(), packed, c, shape.ldc(), bias, activation, then});
    });
  }
  std::vector<float> F32(const KernelTable& kernels, const float* bias = nullptr,
                         Activation activation = Activation::kNone,
                         const ElementwiseF32& then = {}) const {
    return RunOn(kernels, [&](const std::int8_t* packed, float* c) {
      kernels.gemm_f32s4f32({shape.M, shape.N, shape.K, shape.group_size, x.data(), shape.lda(),
                             packed, c, shape.ldc(), bias, activation, then});
    });
  }
  // The bound of gemm_s4.h for C[m, n].
  double BoundF32(std::size_t m, std::size_t n) const {
    double magnitude = 0;
    for (std::size_t k = 0; k < shape.K; ++k) {
      magnitude += std::fabs(double{b_scales[n * shape.groups() + k / shape.group_size]} * 15 *
                             x[m * shape.lda() + k]);
    }
    return static_cast<double>(shape.K + 2 * shape.groups() + 16) * std::ldexp(magnitude, -24);
  }

  Shape shape;
  Buffer<float> x;
  Buffer<std::int8_t> a, q;
  Buffer<float> a_scales, b_scales;
};

void Check(const KernelTable& kernels, const Shape& shape) {
  SCOPED_TRACE(testing::PrintToString(shape));
  const Problem p(shape);
  ASSERT_EQ(p.S8(kernels), p.S8(ReferenceKernels()));
  const std::vector<float> got = p.F32(kernels), want = p.F32(ReferenceKernels());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::size_t m = i / shape.ldc(), n = i % shape.ldc();
    if (n >= shape.N) {
      ASSERT_EQ(got[i], 1e30f) << "padding, m=" << m;
    } else {
      ASSERT_NEAR(got[i], want[i], p.BoundF32(m, n)) << "m=" << m << " n=" << n;
    }
  }
}

TEST_P(Int4MatmulTest, EverySmallShape) {
  for (std::size_t M : {0, 1, 2, 3, 4, 5, 9}) {
    for (std::size_t N : {0, 1, 4, 7, 8, 9, 17, 31, 33, 65, 130}) {
      for (std::size_t K : {0, 1, 7, 8, 31, 32, 33, 95, 160}) Check(kernels(), {M, N, K, 32});
    }
  }
}

TEST_P(Int4MatmulTest, EveryGroupSizeAndAShortLastGroup) {
  for (std::size_t group_size : {32, 64, 96, 128, 4096}) {
    for (std::size_t K : {128, 200, 300}) Check(kernels(), {3, 70, K, group_size});
  }
}

TEST_P(Int4MatmulTest, StridedAndUnaligned) {
  for (std::size_t offset : {1, 3}) Check(kernels(), {5, 33, 70, 32, 5, offset});
}

TEST_P(Int4MatmulTest, DeeperThanOneBlockOfK) {
  for (std::size_t group_size : {32, 96, 4096}) Check(kernels(), {2, 20, 9001, group_size});
}

TEST_P(Int4MatmulTest, EpilogueGivesTheBitsOfOnePassAfterIt) {
  // One block of K and several; rows in two groups of up to four.
  for (const Shape& s : {Shape{5, 70, 96, 32, 3, 1}, Shape{5, 33, 9001, 32}}) {
    SCOPED_TRACE(testing::PrintToString(s));
    const Problem p(s);
    Buffer<float> bias(s.N), factor(s.M * s.ldc()), residual(s.M * s.ldc());
    FillUniform(bias, 6);
    FillUniform(factor, 7);
    FillUniform(residual, 8);
    const ElementwiseF32 both = {factor.data(), s.ldc(), residual.data(), s.ldc()};
    const auto pass = [&](std::vector<float> c, const float* b, Activation activation,
                          const ElementwiseF32& then) {
      kernels().bias_activation_f32(
          {s.M, s.N, c.data(), s.ldc(), b, activation, c.data(), s.ldc(), then});
      return c;
    };
    for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGeluTanh,
                                        Activation::kGeluErf, Activation::kSilu}) {
      for (const ElementwiseF32& then : {ElementwiseF32{}, both}) {
        EXPECT_EQ(p.S8(kernels(), bias.data(), activation, then),
                  pass(p.S8(kernels()), bias.data(), activation, then));
        EXPECT_EQ(p.F32(kernels(), nullptr, activation, then),
                  pass(p.F32(kernels()), nullptr, activation, then));
      }
    }
  }
}

TEST_P(Int4MatmulTest, LargestSumsAreExact) {
  // Every sum of 16 bits at its bound: 8 * 2 * 15 * 127 before the bias of 8 is taken off.
  constexpr std::size_t K = 256;
  const std::vector<std::int8_t> a(K, -127), q(K, 7);
  const std::vector<float> ones(K / 32, 1.0f);
  Buffer<std::int8_t> packed(kernels().packed_s4_size(1, K, 32), 4);
  kernels().pack_s4({1, K, 32, q.data(), ones.data(), packed.data()});
  float c = 0;
  kernels().gemm_s8s4f32({1, 1, K, 32, a.data(), K, ones.data(), packed.data(), &c, 1});
  EXPECT_EQ(c, -127.0f * 7 * K);
}

TEST_P(Int4MatmulTest, ChannelsCanBeCutAtMultiplesOf64) {
  const Problem p({.M = 2, .N = 200, .K = 70, .group_size = 32});
  Buffer<std::int8_t> packed(kernels().packed_s4_size(200, 70, 32), 4);
  kernels().pack_s4({200, 70, 32, p.q.data(), p.b_scales.data(), packed.data()});
  std::vector<float> c(2 * 200);
  for (std::size_t n = 0; n < 200; n += kPackedChannels) {
    kernels().gemm_s8s4f32({2, std::min<std::size_t>(kPackedChannels, 200 - n), 70, 32, p.a.data(),
                            70, p.a_scales.data(),
                            packed.data() + kernels().packed_s4_size(n, 70, 32), c.data() + n,
                            200});
  }
  EXPECT_EQ(c, p.S8(ReferenceKernels()));
}

TEST_P(Int4MatmulTest, QuantizeGroupsS8IsBitIdentical) {
  for (std::size_t K : {0, 1, 5, 31, 32, 33, 70, 200}) {
    for (std::size_t group_size : {5, 32, 128}) {
      SCOPED_TRACE(testing::Message() << "K=" << K << " group_size=" << group_size);
      const std::size_t M = 3, ld = K + 3, groups = (K + group_size - 1) / group_size;
      Buffer<float> x(M * ld, 1);
      FillUniform(x, 9);
      for (std::size_t k = 0; k < K; ++k) x[k] = k % 2 == 0 ? 0 : 1e-44f;  // denormals: scale 1
      if (K > 0) x[ld] = -3e38f;
      const auto run = [&](const KernelTable& table, Buffer<std::int8_t>& q) {
        std::vector<float> scales(M * groups);
        for (std::int8_t& value : q) value = 77;  // overwritten, but for the padding
        table.quantize_groups_s8({M, K, group_size, x.data(), ld, q.data(), ld, scales.data()});
        return scales;
      };
      Buffer<std::int8_t> got(M * ld, 1), want(M * ld, 1);
      EXPECT_EQ(run(kernels(), got), run(ReferenceKernels(), want));
      EXPECT_EQ(got.ToVector(), want.ToVector());
    }
  }
}

TEST(QuantizeS4Test, LargestOfEachGroupFitsAndScalesAreBfloat16) {
  const float b[] = {0.7f, -0.1f, 0.0f, 0.35f, 0.0f, 0.0f};
  std::int8_t q[6];
  float scales[3];
  QuantizeS4({1, 6, 2, b, 6, q, scales});
  EXPECT_FLOAT_EQ(scales[0], 0x1.9ap-4f);  // 0.1 rounded up: 0.100098
  EXPECT_EQ(q[0], 7);
  EXPECT_EQ(q[1], -1);
  EXPECT_FLOAT_EQ(scales[1], 0x1.9ap-5f);
  EXPECT_EQ(q[2], 0);
  EXPECT_EQ(q[3], 7);
  EXPECT_EQ(scales[2], 1.0f);  // a group of zeros
  for (float scale : scales) EXPECT_EQ(std::bit_cast<std::uint32_t>(scale) & 0xFFFF, 0u);
}

}  // namespace
}  // namespace podium
