#include <algorithm>
#include <tuple>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr KvType kTypes[] = {KvType::kF32, KvType::kF16, KvType::kBf16, KvType::kS8};

struct Shape {
  std::size_t context, n_heads, n_kv_heads, head_dim;
  KvType type = KvType::kF32;
  std::size_t padding = 0;  // elements between the end of a row of q or out and the next
  std::size_t offset = 0;   // elements beyond an aligned address
};

void PrintTo(const Shape& s, std::ostream* os) {
  *os << "context=" << s.context << " n_heads=" << s.n_heads << " n_kv_heads=" << s.n_kv_heads
      << " head_dim=" << s.head_dim << " type=" << KvTypeName(s.type) << " padding=" << s.padding
      << " offset=" << s.offset;
}

// Inputs of one call. The cache has room for one token more than it stores, at least, and what it
// does not store is NaN (of s8, 127 with a scale of NaN): heeding it shows.
struct Problem {
  explicit Problem(const Shape& shape)
      : s(shape),
        ld(s.head_dim + s.padding),
        capacity((s.context / kKvGroup + 1) * kKvGroup),
        bytes(KvElementBytes(s.type)),
        q(s.n_heads * ld, s.offset),
        k(s.n_kv_heads * capacity * s.head_dim * bytes, s.offset * bytes),
        v(s.n_kv_heads * capacity * s.head_dim * bytes, s.offset * bytes),
        k_scales(s.n_kv_heads * capacity),
        v_scales(s.n_kv_heads * capacity),
        cache(ContiguousKv(s.type, k.data(), v.data(), k_scales.data(), v_scales.data(),
                           s.n_kv_heads, s.head_dim, capacity)) {
    cache.length = s.context;
    FillUniform(q, 1);
    Fill(true, k_scales, 2);
    Fill(false, v_scales, 3);
    for (std::size_t t = s.context; t < capacity; ++t) Poison(t);
  }

  // Scales differ from token to token by up to a factor of 2.
  void Fill(bool key, Buffer<float>& scales, std::uint32_t seed) {
    Buffer<float> values(s.n_kv_heads * capacity * s.head_dim);
    FillUniform(values, seed);
    FillUniform(scales, seed + 10);
    for (float& x : scales) x = std::exp2(x / 2) / 127;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t d = i % s.head_dim, row = i / s.head_dim;
      const float x = s.type == KvType::kS8 ? std::nearbyint(values[i] * 127) : values[i];
      key ? SetK(row / capacity, row % capacity, d, x) : SetV(row / capacity, row % capacity, d, x);
    }
  }

  // Makes a token of all KV heads NaN.
  void Poison(std::size_t t) {
    for (std::size_t g = 0; g < s.n_kv_heads; ++g) {
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        SetK(g, t, d, kNan);
        SetV(g, t, d, kNan);
      }
      k_scales[g * capacity + t] = v_scales[g * capacity + t] = kNan;
    }
  }

  void Set(Buffer<std::byte>& data, std::size_t i, float value) {
    void* at = data.data() + i * bytes;
    const F16 f16 = ToF16(value);
    const Bf16 bf16 = ToBf16(value);
    const auto s8 = static_cast<std::int8_t>(std::isnan(value) ? 127 : value);
    const void* from = s.type == KvType::kF32   ? static_cast<const void*>(&value)
                       : s.type == KvType::kF16 ? &f16
                       : s.type == KvType::kS8  ? static_cast<const void*>(&s8)
                                                : &bf16;
    std::memcpy(at, from, bytes);
  }
  void SetK(std::size_t g, std::size_t t, std::size_t d, float x) {
    Set(k, KeyIndex(cache, g, t, d), x);
  }
  void SetV(std::size_t g, std::size_t t, std::size_t d, float x) {
    Set(v, ValueIndex(cache, g, t, d), x);
  }
  double Scale(const Buffer<float>& scales, std::size_t g, std::size_t t) const {
    return s.type == KvType::kS8 ? scales[g * capacity + t] : 1;
  }
  double K(std::size_t g, std::size_t t, std::size_t d) const {
    return Scale(k_scales, g, t) * KvElement(s.type, k.data(), KeyIndex(cache, g, t, d));
  }
  double V(std::size_t g, std::size_t t, std::size_t d) const {
    return Scale(v_scales, g, t) * KvElement(s.type, v.data(), ValueIndex(cache, g, t, d));
  }

  DecodeAttentionArgs Args(float* out) {
    return {.n_heads = s.n_heads,
            .q = q.data(),
            .ldq = ld,
            .cache = cache,
            .begin = begin,
            .end = s.context,
            .scale = scale,
            .softcap = softcap,
            .alibi_slopes = slopes.empty() ? nullptr : slopes.data(),
            .out = out,
            .ldo = ld};
  }

  Shape s;
  std::size_t ld, capacity, bytes;
  Buffer<float> q;
  Buffer<std::byte> k, v;
  Buffer<float> k_scales, v_scales;
  KvView cache;
  float scale = 0.5f, softcap = 0;
  std::vector<float> slopes;
  std::size_t begin = 0;
};

enum class Form { kOnePass, kSeparate };

// The result, n_heads x (head_dim + padding), where the padding still holds 7.
std::vector<float> Attend(const KernelTable& kernels, Form form, Problem& p) {
  Buffer<float> out(p.s.n_heads * p.ld, p.s.offset);
  for (float& x : out) x = 7;
  if (form == Form::kOnePass) {
    kernels.decode_attention(p.Args(out.data()));
  } else {
    Buffer<float> scores(ScoreScratch(p.begin, p.s.context), p.s.offset);
    kernels.decode_attention_separate({p.Args(out.data()), scores.data()});
  }
  return out.ToVector();
}

// Steps of the integers that s8 meets, to either side of 0.
constexpr double kSteps = 32639;

// In FP64, with the sums that decode_attention.h's bound is made of.
void ExpectCloseToExact(const KernelTable& kernels, Form form, Problem& p) {
  SCOPED_TRACE(testing::PrintToString(p.s));
  const std::vector<float> got = Attend(kernels, form, p);
  const double u = std::ldexp(1.0, -24);
  const Shape& s = p.s;
  const auto context = static_cast<double>(s.context);
  const bool s8 = s.type == KvType::kS8;
  for (std::size_t h = 0; h < s.n_heads; ++h) {
    const std::size_t g = h / (s.n_heads / s.n_kv_heads);
    std::vector<double> scores(s.context);
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    double magnitude = 0, largest = 0, largest_value = 0, largest_q = 0, largest_k = 0;
    for (std::size_t t = p.begin; t < s.context; ++t) {
      double absolute = 0, keys = 0;
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        const double x = p.q[h * p.ld + d], product = x * p.K(g, t, d);
        scores[t] += product;
        absolute += std::fabs(product);
        keys += std::fabs(p.K(g, t, d));
        largest_q = std::max(largest_q, std::fabs(x));
        largest_value = std::max(largest_value, std::fabs(p.V(g, t, d)));
      }
      scores[t] *= p.scale;
      largest = std::max(largest, std::fabs(scores[t]));
      if (p.softcap > 0) scores[t] = p.softcap * std::tanh(scores[t] / p.softcap);
      if (!p.slopes.empty()) scores[t] -= p.slopes[h] * (context - 1 - static_cast<double>(t));
      max = std::max(max, scores[t]);
      largest = std::max(largest, std::fabs(scores[t]));
      magnitude = std::max(magnitude, absolute * std::fabs(p.scale));
      largest_k = std::max(largest_k, keys * std::fabs(p.scale));
    }
    for (std::size_t t = p.begin; t < s.context; ++t) sum += scores[t] = std::exp(scores[t] - max);
    const double weight_error = (static_cast<double>(s.head_dim) + 2) * u * magnitude +
                                12 * u * largest + 8 * u * p.softcap +
                                (s8 ? largest_q * largest_k / (2 * kSteps) : 0);
    for (std::size_t d = 0; d < s.head_dim; ++d) {
      double want = 0, weighted = 0, chunks = 0;
      for (std::size_t t = p.begin; t < s.context; ++t) {
        const double term = scores[t] / sum * p.V(g, t, d);
        want += term;
        weighted += std::fabs(term);
      }
      // 256 tokens times half a step of the largest of each chunk; these are among those of every 16.
      for (std::size_t t0 = 0; s8 && t0 < s.context; t0 += 16) {
        double top = 0;
        for (std::size_t t = std::max(t0, p.begin); t < std::min(t0 + 16, s.context); ++t) {
          double v_max = 127 * p.v_scales[g * p.capacity + t];
          top = std::max(top, scores[t] / sum * v_max);
        }
        chunks += top;
      }
      const double bound =
          (2 * weight_error + (2 * context + 32) * u) * weighted + 256 * chunks / (2 * kSteps);
      // Underflow: of a weight (below 2^-126), or of a product with it (by 2^-149).
      const double underflow = context * (std::ldexp(largest_value, -126) + std::ldexp(1.0, -149));
      ASSERT_NEAR(got[h * p.ld + d], want, bound + underflow) << "h=" << h << " d=" << d;
    }
    for (std::size_t d = s.head_dim; d < p.ld; ++d) {
      ASSERT_EQ(got[h * p.ld + d], 7) << "padding, h=" << h;
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
  // The types that the form can read.
  std::vector<KvType> types() const {
    std::vector<KvType> all(std::begin(kTypes), std::end(kTypes));
    if (form() == Form::kSeparate) all.pop_back();
    return all;
  }
  void Check(Shape shape) const {
    for (const KvType type : types()) {
      shape.type = type;
      Problem p(shape);
      ExpectCloseToExact(kernels(), form(), p);
    }
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
  for (std::size_t head_dim : {16, 32, 48, 64, 80, 96, 112, 128, 144, 192, 256, 512}) {
    Check({19, 4, 1, head_dim});
    Check({19, 3, 1, head_dim});
  }
}

TEST_P(KvAttentionTest, EveryShortContext) {
  for (std::size_t context = 1; context <= 40; ++context) {
    for (std::size_t n_heads : {1, 2, 4}) Check({context, n_heads, 1, 32});
  }
}

TEST_P(KvAttentionTest, ContextAtTheEdgesOfChunks) {
  for (std::size_t context : {31, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000}) {
    Check({context, 4, 2, 64});
    Check({context, 3, 3, 160});
  }
}

TEST_P(KvAttentionTest, LongContexts) {
  for (std::size_t context : {2048, 8192}) Check({context, 5, 1, 64});
}

TEST_P(KvAttentionTest, EveryRatioOfHeads) {
  for (std::size_t ratio : {1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 35}) {
    Check({70, 2 * ratio, 2, 32});
  }
}

TEST_P(KvAttentionTest, MoreHeadsThanOneSweepServes) {
  Check({70, 70, 70, 32});
  Check({70, 70, 1, 32});
  Check({70, 36, 12, 512});
  Check({40, 38, 2, 512});
}

TEST_P(KvAttentionTest, StridedAndUnaligned) {
  for (std::size_t offset : {1, 3}) {
    Check({.context = 37,
           .n_heads = 6,
           .n_kv_heads = 2,
           .head_dim = 32,
           .padding = 5,
           .offset = offset});
    Check({.context = 70,
           .n_heads = 4,
           .n_kv_heads = 1,
           .head_dim = 16,
           .padding = 1,
           .offset = offset});
  }
}

TEST_P(KvAttentionTest, EmptyRangeGivesZeros) {
  for (const KvType type : types()) {
    Problem p({5, 4, 2, 16, type});
    p.begin = 5;
    EXPECT_EQ(Attend(kernels(), form(), p), std::vector<float>(4 * 16, 0.0f));
  }
}

TEST_P(KvAttentionTest, NoHeadsIsNoWork) {
  Problem p({5, 0, 2, 16});
  EXPECT_EQ(Attend(kernels(), form(), p), std::vector<float>());
}

TEST_P(KvAttentionTest, OneTokenGivesItsValueExactly) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kBf16}) {
    Problem p({1, 2, 1, 48, type});
    const std::vector<float> got = Attend(kernels(), form(), p);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], p.V(0, 0, i % 48));
  }
}

TEST_P(KvAttentionTest, SlidingWindow) {
  for (const KvType type : types()) {
    for (std::size_t window : {1, 15, 16, 17, 64, 100}) {
      Problem p({200, 4, 1, 32, type});
      p.begin = WindowBegin(200, window);
      for (std::size_t t = 0; t < p.begin; ++t) p.Poison(t);
      ExpectCloseToExact(kernels(), form(), p);
    }
  }
}

TEST_P(KvAttentionTest, AlibiAndSoftcap) {
  for (const KvType type : types()) {
    for (float softcap : {0.0f, 0.5f, 50.0f}) {
      for (bool alibi : {false, true}) {
        Problem p({150, 6, 2, 32, type});
        p.softcap = softcap;
        if (alibi) p.slopes = {0.5f, 0.25f, 0.125f, 0.0625f, 0, 1};
        p.begin = 3;
        ExpectCloseToExact(kernels(), form(), p);
      }
    }
  }
}

TEST_P(KvAttentionTest, RangesMergeExactly) {
  for (const KvType type : types()) {
    Problem p({300, 6, 2, 32, type});
    constexpr std::size_t kCuts[] = {0, 100, 100, 237, 300};  // one range is empty
    std::vector<float> parts(4 * 6 * 32), got(6 * 32);
    std::vector<SoftmaxSum> sums(4 * 6);
    Buffer<float> scores(ScoreScratch(0, 300));
    for (std::size_t i = 0; i < 4; ++i) {
      DecodeAttentionArgs args = p.Args(parts.data() + i * 6 * 32);
      args.begin = kCuts[i];
      args.end = kCuts[i + 1];
      args.sums = sums.data() + i * 6;
      if (form() == Form::kOnePass) {
        kernels().decode_attention(args);
      } else {
        kernels().decode_attention_separate({args, scores.data()});
      }
    }
    for (std::size_t h = 0; h < 6; ++h) {
      MergeAttention(
          {4, 32, parts.data() + h * 32, 6 * 32, sums.data() + h, 6, got.data() + h * 32});
    }
    const std::vector<float> want = Attend(kernels(), form(), p);
    const float tolerance = type == KvType::kS8 ? 1e-3f : 2e-6f;
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance);
  }
}

TEST_P(KvAttentionTest, MergeOfNothingIsZero) {
  const float parts[2] = {};
  const SoftmaxSum sums[2] = {{-std::numeric_limits<float>::max(), 0},
                              {-std::numeric_limits<float>::max(), 0}};
  float out = 7;
  MergeAttention({2, 1, parts, 1, sums, 1, &out});
  EXPECT_EQ(out, 0);
}

// Rising scores shrink what was summed before by every chunk; falling ones by none.
TEST_P(KvAttentionTest, ScoresThatRiseOrFallByThousands) {
  for (const KvType type : types()) {
    for (float slope : {1.0f, -1.0f}) {
      Problem p({300, 4, 1, 16, type});
      for (std::size_t t = 0; t < 300; ++t) {
        p.k_scales[t] = static_cast<float>(t);
        for (std::size_t d = 0; d < 16; ++d) {
          p.SetK(0, t, d, type == KvType::kS8 ? slope : slope * static_cast<float>(t));
        }
      }
      for (float& x : p.q) x = 1;
      p.scale = 1;
      ExpectCloseToExact(kernels(), form(), p);
    }
  }
}

// In s8, sums of products come next to 2^31.
TEST_P(KvAttentionTest, LargestIntegers) {
  for (const KvType type : types()) {
    for (float sign : {1.0f, -1.0f}) {
      Problem p({300, 4, 1, 512, type});
      for (float& x : p.q) x = 1;
      for (std::size_t t = 0; t < 300; ++t) {
        p.k_scales[t] = p.v_scales[t] = 1;
        for (std::size_t d = 0; d < 512; ++d) {
          p.SetK(0, t, d, sign * 127);
          p.SetV(0, t, d, (d % 2 == 0 ? sign : -sign) * 127);
        }
      }
      p.scale = 1e-4f;
      ExpectCloseToExact(kernels(), form(), p);
    }
  }
}

TEST_P(KvAttentionTest, NegativeAndZeroScale) {
  for (const KvType type : types()) {
    for (float scale : {0.0f, -2.0f}) {
      Problem p({70, 4, 1, 16, type});
      p.scale = scale;
      ExpectCloseToExact(kernels(), form(), p);
    }
  }
}

TEST_P(KvAttentionTest, HugeScores) {
  Problem p({70, 4, 1, 16});
  for (std::size_t t = 0; t < 70; ++t) {
    for (std::size_t d = 0; d < 16; ++d) p.SetK(0, t, d, t == 66 ? 1e18f : -1e18f);
  }
  for (float& x : p.q) x = 1e18f;
  const std::vector<float> got = Attend(kernels(), form(), p);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], p.V(0, 66, i % 16));
}

TEST_P(KvAttentionTest, DenormalAndHugeValues) {
  for (float magnitude : {1e-44f, 1e-39f, 1e36f}) {
    Problem p({70, 4, 1, 16});
    for (std::size_t t = 0; t < 70; ++t) {
      for (std::size_t d = 0; d < 16; ++d) {
        p.SetV(0, t, d, static_cast<float>(p.V(0, t, d)) * magnitude);
      }
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
        p.SetK(0, t, d, -kInfinity);
      } else {
        rest.SetK(0, t - kSilent, d, static_cast<float>(p.K(0, t, d)));
        rest.SetV(0, t - kSilent, d, static_cast<float>(p.V(0, t, d)));
      }
    }
  }
  const std::vector<float> got = Attend(kernels(), form(), p);
  const std::vector<float> want = Attend(kernels(), form(), rest);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << "i=" << i;
}

TEST_P(KvAttentionTest, NanInQueryOrKeyReachesItsHeadsOnly) {
  for (const KvType type : types()) {
    for (std::size_t t : {0, 5, 69}) {
      Problem p({70, 6, 2, 32, type});
      const bool s8 = type == KvType::kS8;
      if (!s8) p.SetK(1, t, 17, kNan);  // query heads 3, 4 and 5
      p.q[1 * 32 + 2] = kNan;           // query head 1
      const std::vector<float> got = Attend(kernels(), form(), p);
      for (std::size_t i = 0; i < got.size(); ++i) {
        const std::size_t h = i / 32;
        EXPECT_EQ(std::isnan(got[i]), h == 1 || (!s8 && h >= 3)) << "t=" << t << " h=" << h;
      }
    }
  }
}

TEST_P(KvAttentionTest, ScoreOfPlusInfinityGivesNan) {
  Problem p({70, 4, 1, 16});
  for (float& x : p.q) x = 1;
  p.SetK(0, 68, 0, kInfinity);
  for (float x : Attend(kernels(), form(), p)) EXPECT_TRUE(std::isnan(x));
}

TEST_P(KvAttentionTest, InfinityAndNanInValuesReachTheirColumnsOnly) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kBf16}) {
    Problem p({70, 6, 2, 48, type});
    p.SetV(0, 3, 4, kInfinity);
    p.SetV(1, 66, 34, kNan);
    const std::vector<float> got = Attend(kernels(), form(), p);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::size_t h = i / 48, d = i % 48;
      EXPECT_EQ(std::isfinite(got[i]), d != (h < 3 ? 4u : 34u)) << "h=" << h << " d=" << d;
    }
  }
}

// As kv_view.h says, and no two in one place.
TEST(KvElements, LieInGroups) {
  for (const KvType type : kTypes) {
    KvView view = ContiguousKv(type, nullptr, nullptr, nullptr, nullptr, 2, 32, 48);
    const std::size_t p = type == KvType::kS8 ? 4 : 1;
    std::vector<bool> keys(2 * 48 * 32), values(keys.size());
    for (std::size_t h = 0; h < 2; ++h) {
      for (std::size_t t = 0; t < 48; ++t) {
        for (std::size_t d = 0; d < 32; ++d) {
          const std::size_t key = KeyIndex(view, h, t, d), value = ValueIndex(view, h, t, d);
          EXPECT_EQ(key, h * 48 * 32 + t / 16 * 512 + d / p * 16 * p + t % 16 * p + d % p);
          EXPECT_EQ(value, h * 48 * 32 + t / p * 32 * p + d * p + t % p);
          EXPECT_FALSE(keys[key] || values[value]);
          keys[key] = values[value] = true;
        }
      }
    }
  }
}

// Every half, and floats around every rounding boundary.
TEST(KvElements, SixteenBitsRoundToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const F16 half = {static_cast<std::uint16_t>(bits)},
              up = {static_cast<std::uint16_t>(bits + 1)};
    const float x = ToFloat(half);
    EXPECT_EQ(ToF16(x).bits, bits);
    EXPECT_EQ(ToF16(-x).bits, bits | 0x8000);
    if (bits + 1 == 0x7C00) continue;
    const float middle = (x + ToFloat(up)) / 2;
    EXPECT_EQ(ToF16(middle).bits, bits + bits % 2);
    EXPECT_EQ(ToF16(std::nextafter(middle, 0.0f)).bits, bits);
    EXPECT_EQ(ToF16(std::nextafter(middle, 1e9f)).bits, bits + 1);
  }
  EXPECT_EQ(ToF16(65519.99f).bits, 0x7BFF);
  EXPECT_EQ(ToF16(65520.0f).bits, 0x7C00);
  EXPECT_TRUE(std::isnan(ToFloat(ToF16(kNan))));
  EXPECT_EQ(ToBf16(1.00390625f).bits, 0x3F80);  // a tie, to even
  EXPECT_EQ(ToBf16(1.01171875f).bits, 0x3F82);
  EXPECT_TRUE(std::isnan(ToFloat(ToBf16(kNan))));
}

}  // namespace
}  // namespace podium
