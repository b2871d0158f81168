#include <algorithm>
#include <tuple>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Shape {
  std::size_t context, n_heads, n_kv_heads, head_dim;
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "context=" << s.context << " n_heads=" << s.n_heads << " n_kv_heads=" << s.n_kv_heads
      << " head_dim=" << s.head_dim << " padding=" << s.padding << " offset=" << s.offset;
}

// Inputs of one call. The cache has room for one token more than it stores, and that slot and the
// padding hold NaN: reading them shows.
struct Problem {
  explicit Problem(const Shape& shape)
      : s(shape),
        token_stride(s.head_dim + s.padding),
        head_stride((s.context + 1) * token_stride),
        q(s.n_heads * token_stride, s.offset),
        k(s.n_kv_heads * head_stride, s.offset),
        v(s.n_kv_heads * head_stride, s.offset) {
    FillUniform(q, 1);
    FillUniform(k, 2);
    FillUniform(v, 3);
    for (std::size_t g = 0; g < s.n_kv_heads; ++g) {
      for (std::size_t i = 0; i < head_stride; ++i) {
        if (i / token_stride < s.context && i % token_stride < s.head_dim) continue;
        k[g * head_stride + i] = v[g * head_stride + i] = kNan;
      }
    }
  }

  float& K(std::size_t g, std::size_t t, std::size_t d) {
    return k[g * head_stride + t * token_stride + d];
  }
  float& V(std::size_t g, std::size_t t, std::size_t d) {
    return v[g * head_stride + t * token_stride + d];
  }

  DecodeAttentionF32Args Args(float* out) {
    const KvCacheF32 cache = {.k = k.data(),
                              .v = v.data(),
                              .n_kv_heads = s.n_kv_heads,
                              .head_dim = s.head_dim,
                              .capacity = s.context + 1,
                              .length = s.context,
                              .head_stride = head_stride,
                              .token_stride = token_stride};
    return {.n_heads = s.n_heads,
            .q = q.data(),
            .ldq = token_stride,
            .cache = cache,
            .scale = scale,
            .out = out,
            .ldo = token_stride};
  }

  Shape s;
  std::size_t token_stride, head_stride;
  Buffer<float> q, k, v;
  float scale = 0.5f;
};

enum class Form { kOnePass, kSeparate };

// The result, n_heads x (head_dim + padding), where the padding still holds 7.
std::vector<float> Attend(const KernelTable& kernels, Form form, Problem& p) {
  Buffer<float> out(p.s.n_heads * p.token_stride, p.s.offset);
  for (float& x : out) x = 7;
  if (form == Form::kOnePass) {
    kernels.decode_attention_f32(p.Args(out.data()));
  } else {
    const std::size_t blocks = (p.s.context + kScoreBlock - 1) / kScoreBlock;
    Buffer<float> scores(blocks * kScoreBlock, p.s.offset);
    kernels.decode_attention_separate_f32({p.Args(out.data()), scores.data()});
  }
  return out.ToVector();
}

// In FP64, with the sum of weighted magnitudes and the error of the scores that
// decode_attention.h's bound is made of.
void ExpectCloseToExact(const KernelTable& kernels, Form form, Problem& p) {
  SCOPED_TRACE(testing::PrintToString(p.s));
  const std::vector<float> got = Attend(kernels, form, p);
  const double u = std::ldexp(1.0, -24);
  const Shape& s = p.s;
  const auto context = static_cast<double>(s.context);
  for (std::size_t h = 0; h < s.n_heads; ++h) {
    const std::size_t g = h / (s.n_heads / s.n_kv_heads);
    std::vector<double> scores(s.context);
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    double magnitude = 0, largest = 0, largest_value = 0;
    for (std::size_t t = 0; t < s.context; ++t) {
      double absolute = 0;
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        const double product = double{p.q[h * p.token_stride + d]} * p.K(g, t, d);
        scores[t] += product;
        absolute += std::fabs(product);
        largest_value = std::max(largest_value, std::fabs(double{p.V(g, t, d)}));
      }
      scores[t] *= p.scale;
      max = std::max(max, scores[t]);
      largest = std::max(largest, std::fabs(scores[t]));
      magnitude = std::max(magnitude, absolute * std::fabs(p.scale));
    }
    for (double& score : scores) sum += score = std::exp(score - max);
    const double weight_error =
        (static_cast<double>(s.head_dim) + 2) * u * magnitude + 12 * u * largest;
    for (std::size_t d = 0; d < s.head_dim; ++d) {
      double want = 0, weighted = 0;
      for (std::size_t t = 0; t < s.context; ++t) {
        want += scores[t] / sum * p.V(g, t, d);
        weighted += scores[t] / sum * std::fabs(p.V(g, t, d));
      }
      const double bound = (2 * weight_error + (2 * context + 32) * u) * weighted;
      // Underflow: of a weight (below 2^-126), or of a product with it (by 2^-149).
      const double underflow = context * (std::ldexp(largest_value, -126) + std::ldexp(1.0, -149));
      ASSERT_NEAR(got[h * p.token_stride + d], want, bound + underflow) << "h=" << h << " d=" << d;
    }
    for (std::size_t d = s.head_dim; d < p.token_stride; ++d) {
      ASSERT_EQ(got[h * p.token_stride + d], 7) << "padding, h=" << h;
    }
  }
}

class KvAttentionTest : public testing::TestWithParam<std::tuple<const KernelTable*, Form>> {
 protected:
  void SetUp() override {
    for (const KernelTable* table : SupportedKernels()) {
      if (table == &kernels()) return;
    }
    GTEST_SKIP() << "no " << IsaName(kernels().isa) << " on this CPU or under PODIUM_ISA";
  }
  const KernelTable& kernels() const { return *std::get<0>(GetParam()); }
  Form form() const { return std::get<1>(GetParam()); }
  void Check(const Shape& shape) const {
    Problem p(shape);
    ExpectCloseToExact(kernels(), form(), p);
  }
};

std::string TestName(const testing::TestParamInfo<KvAttentionTest::ParamType>& test) {
  const auto [kernels, form] = test.param;
  return std::string(IsaName(kernels->isa)) + (form == Form::kOnePass ? "" : "_separate");
}

INSTANTIATE_TEST_SUITE_P(Isa, KvAttentionTest,
                         testing::Combine(AllIsas(),
                                          testing::Values(Form::kOnePass, Form::kSeparate)),
                         TestName);

TEST_P(KvAttentionTest, EveryHeadDim) {
  for (std::size_t head_dim : {1,  2,  3,  4,  5,  7,   8,   9,   15,  16,  17,  31,  33, 47,
                               63, 64, 65, 80, 96, 100, 112, 127, 128, 129, 192, 256, 300}) {
    Check({19, 4, 1, head_dim});
  }
}

TEST_P(KvAttentionTest, EveryShortContext) {
  for (std::size_t context = 1; context <= 40; ++context) {
    for (std::size_t n_heads : {1, 2, 4}) Check({context, n_heads, 1, 24});
  }
}

TEST_P(KvAttentionTest, ContextAtTheEdgesOfChunks) {
  for (std::size_t context : {63, 64, 65, 127, 128, 129, 255, 256, 257, 1000}) {
    Check({context, 4, 2, 64});
    Check({context, 3, 3, 160});
  }
}

TEST_P(KvAttentionTest, EveryRatioOfHeads) {
  for (std::size_t ratio : {1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 35}) {
    Check({70, 2 * ratio, 2, 20});
  }
}

TEST_P(KvAttentionTest, StridedAndUnaligned) {
  for (std::size_t offset : {1, 3}) {
    Check({37, 6, 2, 32, 5, offset});
    Check({70, 4, 1, 19, 1, offset});
  }
}

TEST_P(KvAttentionTest, TokenMajorKeysAndValues) {
  constexpr std::size_t kContext = 21, kHeads = 3, kDim = 24;
  Problem head_major({kContext, kHeads, kHeads, kDim});
  Buffer<float> k(kContext * kHeads * kDim), v(kContext * kHeads * kDim);
  for (std::size_t t = 0; t < kContext; ++t) {
    for (std::size_t i = 0; i < kHeads * kDim; ++i) {
      k[t * kHeads * kDim + i] = head_major.K(i / kDim, t, i % kDim);
      v[t * kHeads * kDim + i] = head_major.V(i / kDim, t, i % kDim);
    }
  }
  Buffer<float> out(kHeads * kDim), scores(2 * kScoreBlock);
  DecodeAttentionF32Args args = head_major.Args(out.data());
  args.cache.k = k.data();
  args.cache.v = v.data();
  args.cache.head_stride = kDim;
  args.cache.token_stride = kHeads * kDim;
  if (form() == Form::kOnePass) {
    kernels().decode_attention_f32(args);
  } else {
    kernels().decode_attention_separate_f32({args, scores.data()});
  }
  EXPECT_EQ(out.ToVector(), Attend(kernels(), form(), head_major));
}

TEST_P(KvAttentionTest, EmptyCacheGivesZeros) {
  Problem p({0, 4, 2, 18});
  EXPECT_EQ(Attend(kernels(), form(), p), std::vector<float>(4 * 18, 0.0f));
}

TEST_P(KvAttentionTest, NoHeadsIsNoWork) {
  Problem p({5, 0, 2, 16});
  EXPECT_EQ(Attend(kernels(), form(), p), std::vector<float>());
}

TEST_P(KvAttentionTest, OneTokenGivesItsValueExactly) {
  Problem p({1, 2, 1, 33});
  const std::vector<float> got = Attend(kernels(), form(), p);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], p.V(0, 0, i % 33));
}

// Rising scores shrink what was summed before by every chunk; falling ones by none.
TEST_P(KvAttentionTest, ScoresThatRiseOrFallByThousands) {
  for (float slope : {1.0f, -1.0f}) {
    Problem p({300, 4, 1, 16});
    for (std::size_t t = 0; t < 300; ++t) {
      for (std::size_t d = 0; d < 16; ++d) p.K(0, t, d) = slope * static_cast<float>(t);
    }
    for (float& x : p.q) x = 1;
    p.scale = 1;
    ExpectCloseToExact(kernels(), form(), p);
  }
}

TEST_P(KvAttentionTest, NegativeAndZeroScale) {
  for (float scale : {0.0f, -2.0f}) {
    Problem p({70, 4, 1, 16});
    p.scale = scale;
    ExpectCloseToExact(kernels(), form(), p);
  }
}

TEST_P(KvAttentionTest, HugeScores) {
  Problem p({70, 4, 1, 16});
  for (std::size_t t = 0; t < 70; ++t) {
    for (std::size_t d = 0; d < 16; ++d) p.K(0, t, d) = t == 66 ? 1e18f : -1e18f;
  }
  for (float& x : p.q) x = 1e18f;
  const std::vector<float> got = Attend(kernels(), form(), p);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], p.V(0, 66, i % 16));
}

TEST_P(KvAttentionTest, DenormalAndHugeValues) {
  for (float magnitude : {1e-44f, 1e-39f, 1e36f}) {
    Problem p({70, 4, 1, 16});
    for (std::size_t t = 0; t < 70; ++t) {
      for (std::size_t d = 0; d < 16; ++d) p.V(0, t, d) *= magnitude;
    }
    ExpectCloseToExact(kernels(), form(), p);
  }
}

TEST_P(KvAttentionTest, TokensThatScoreMinusInfinityCountForNothing) {
  constexpr std::size_t kContext = 200, kSilent = 150, kDim = 16;
  Problem p({kContext, 4, 1, kDim});
  for (float& x : p.q) x = std::fabs(x) + 1;
  Problem rest({kContext - kSilent, 4, 1, kDim});
  for (std::size_t i = 0; i < p.q.size(); ++i) rest.q[i] = p.q[i];
  for (std::size_t t = 0; t < kContext; ++t) {
    for (std::size_t d = 0; d < kDim; ++d) {
      if (t < kSilent) {
        p.K(0, t, d) = -kInfinity;
      } else {
        rest.K(0, t - kSilent, d) = p.K(0, t, d);
        rest.V(0, t - kSilent, d) = p.V(0, t, d);
      }
    }
  }
  const std::vector<float> got = Attend(kernels(), form(), p);
  const std::vector<float> want = Attend(kernels(), form(), rest);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << "i=" << i;
}

TEST_P(KvAttentionTest, NanInQueryOrKeyReachesItsHeadsOnly) {
  for (std::size_t t : {0, 5, 69}) {
    Problem p({70, 6, 2, 18});
    p.K(1, t, 17) = kNan;    // query heads 3, 4 and 5
    p.q[1 * 18 + 2] = kNan;  // query head 1
    const std::vector<float> got = Attend(kernels(), form(), p);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::size_t h = i / 18;
      EXPECT_EQ(std::isnan(got[i]), h == 1 || h >= 3) << "t=" << t << " h=" << h;
    }
  }
}

TEST_P(KvAttentionTest, ScoreOfPlusInfinityGivesNan) {
  Problem p({70, 4, 1, 18});
  for (float& x : p.q) x = 1;
  p.K(0, 68, 0) = kInfinity;
  for (float x : Attend(kernels(), form(), p)) EXPECT_TRUE(std::isnan(x));
}

TEST_P(KvAttentionTest, InfinityAndNanInValuesReachTheirColumnsOnly) {
  Problem p({70, 6, 2, 35});
  p.V(0, 3, 4) = kInfinity;
  p.V(1, 66, 34) = kNan;
  const std::vector<float> got = Attend(kernels(), form(), p);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::size_t h = i / 35, d = i % 35;
    EXPECT_EQ(std::isfinite(got[i]), d != (h < 3 ? 4u : 34u)) << "h=" << h << " d=" << d;
  }
}

struct CacheTest : testing::Test {
  static constexpr std::size_t kHeads = 2, kDim = 3, kCapacity = 5, kLd = kHeads * kDim + 1;

  CacheTest() {
    for (std::size_t i = 0; i < k_rows.size(); ++i) {
      k_rows[i] = static_cast<float>(i);
      v_rows[i] = -static_cast<float>(i);
    }
  }
  KvRowsF32 Rows(std::size_t first, std::size_t count) const {
    return {count, k_rows.data() + first * kLd, v_rows.data() + first * kLd, kLd};
  }

  Buffer<float> k{kHeads * kCapacity * kDim}, v{kHeads * kCapacity * kDim};
  Buffer<float> k_rows{kCapacity * kLd}, v_rows{kCapacity * kLd};
  KvCacheF32 cache = HeadMajorKvCache(k.data(), v.data(), kHeads, kDim, kCapacity);
};

TEST_F(CacheTest, AppendedRowsLieHeadMajor) {
  ASSERT_TRUE(AppendKv(cache, Rows(0, 3)));
  ASSERT_TRUE(AppendKv(cache, Rows(3, 2)));
  EXPECT_EQ(cache.length, kCapacity);
  for (std::size_t h = 0; h < kHeads; ++h) {
    for (std::size_t t = 0; t < kCapacity; ++t) {
      for (std::size_t d = 0; d < kDim; ++d) {
        EXPECT_EQ(k[(h * kCapacity + t) * kDim + d], k_rows[t * kLd + h * kDim + d]);
        EXPECT_EQ(v[(h * kCapacity + t) * kDim + d], v_rows[t * kLd + h * kDim + d]);
      }
    }
  }
}

TEST_F(CacheTest, AppendBeyondCapacityChangesNothing) {
  ASSERT_TRUE(AppendKv(cache, Rows(0, 4)));
  const std::vector<float> k_before = k.ToVector(), v_before = v.ToVector();
  EXPECT_FALSE(AppendKv(cache, Rows(0, 2)));
  EXPECT_FALSE(AppendKv(cache, {std::numeric_limits<std::size_t>::max(), nullptr, nullptr, kLd}));
  EXPECT_EQ(cache.length, 4u);
  EXPECT_EQ(k.ToVector(), k_before);
  EXPECT_EQ(v.ToVector(), v_before);
}

TEST_F(CacheTest, AppendOfNothingToAFullCacheSucceeds) {
  ASSERT_TRUE(AppendKv(cache, Rows(0, kCapacity)));
  EXPECT_TRUE(AppendKv(cache, Rows(0, 0)));
  EXPECT_EQ(cache.length, kCapacity);
}

TEST_F(CacheTest, LoweringTheLengthOverwritesTheLatestTokens) {
  ASSERT_TRUE(AppendKv(cache, Rows(0, 2)));
  cache.length = 1;
  ASSERT_TRUE(AppendKv(cache, Rows(4, 1)));
  EXPECT_EQ(k[0], k_rows[0]);
  EXPECT_EQ(k[kDim], k_rows[4 * kLd]);
}

}  // namespace
}  // namespace podium
