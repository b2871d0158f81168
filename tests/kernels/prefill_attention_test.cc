#include <algorithm>

#include "kernels/kv_attention/kv_cache.h"
#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

struct Case {
  std::size_t context, count, n_heads, n_kv_heads, head_dim;
  KvType type = KvType::kF32;
  std::size_t block_tokens = 0, window = 0;
  float softcap = 0;
  bool alibi = false;
};

void PrintTo(const Case& c, std::ostream* os) {
  *os << "context=" << c.context << " count=" << c.count << " n_heads=" << c.n_heads
      << " n_kv_heads=" << c.n_kv_heads << " head_dim=" << c.head_dim
      << " type=" << KvTypeName(c.type) << " block_tokens=" << c.block_tokens
      << " window=" << c.window << " softcap=" << c.softcap << " alibi=" << c.alibi;
}

class PrefillTest : public KernelTest {
 protected:
  // Against the reference, that is FP64, on the same cache. Scores are a few units at most, so what
  // decode_attention.h bounds is below (2 * 12 + 2 * context) * 2^-24 of the largest value.
  void Check(const Case& c) const {
    SCOPED_TRACE(testing::PrintToString(c));
    const std::size_t ld = c.n_kv_heads * c.head_dim, ldq = c.n_heads * c.head_dim + 3;
    Buffer<float> k(c.context * ld), v(c.context * ld), q(c.count * ldq);
    FillUniform(k, 1);
    FillUniform(v, 2);
    FillUniform(q, 3);
    const KvCacheConfig config = {.type = c.type,
                                  .n_heads = c.n_heads,
                                  .n_kv_heads = c.n_kv_heads,
                                  .head_dim = c.head_dim,
                                  .max_tokens = c.context,
                                  .block_tokens = c.block_tokens,
                                  .window = c.window};
    std::size_t bytes = 0;
    ASSERT_EQ(KvCache::Bytes(config, &bytes), KvStatus::kOk);
    Buffer<std::byte> memory(bytes);
    KvCache cache;
    ASSERT_EQ(KvCache::Make(config, memory.data(), bytes, &cache), KvStatus::kOk);
    for (std::size_t t = 0; t < c.context; ++t) {
      ASSERT_EQ(cache.Append(kernels(), 0, {1, k.data() + t * ld, v.data() + t * ld, ld}),
                KvStatus::kOk);
    }
    std::vector<float> slopes(c.n_heads);
    for (std::size_t h = 0; h < c.n_heads; ++h) slopes[h] = 0.1f * static_cast<float>(h);
    const std::size_t size = PrefillScratchSize(c.count, c.n_heads / c.n_kv_heads, c.head_dim);
    std::vector<std::vector<float>> outs;
    for (const KernelTable* with : {&kernels(), &ReferenceKernels()}) {
      Buffer<float> out(c.count * ldq), scratch(size);
      for (float& x : out) x = 7;
      for (float& x : scratch) x = std::numeric_limits<float>::quiet_NaN();
      with->prefill_attention({.n_heads = c.n_heads,
                               .count = c.count,
                               .q = q.data(),
                               .ldq = ldq,
                               .cache = cache.View(0),
                               .window = c.window,
                               .scale = 0.7f,
                               .softcap = c.softcap,
                               .alibi_slopes = c.alibi ? slopes.data() : nullptr,
                               .out = out.data(),
                               .ldo = ldq,
                               .scratch = scratch.data()});
      outs.push_back(out.ToVector());
    }
    const double tolerance = (40 + 2 * static_cast<double>(c.context)) * 0x1p-24;
    for (std::size_t i = 0; i < outs[0].size(); ++i) {
      ASSERT_NEAR(outs[0][i], outs[1][i], tolerance) << "row " << i / ldq << " column " << i % ldq;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Isa, PrefillTest, AllIsas(), IsaTestName);

TEST_P(PrefillTest, EveryHeadDim) {
  for (std::size_t head_dim : {16, 48, 64, 80, 96, 128, 256, 512}) Check({70, 61, 3, 1, head_dim});
}

TEST_P(PrefillTest, EveryType) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kBf16, KvType::kS8}) {
    for (std::size_t context : {97, 98, 99, 100}) {
      for (std::size_t window : {0, 21}) {
        Check({.context = context,
               .count = 30,
               .n_heads = 2,
               .n_kv_heads = 1,
               .head_dim = 80,
               .type = type,
               .window = window});
      }
    }
  }
}

TEST_P(PrefillTest, CountsAtTheEdgesOfBlocks) {
  for (std::size_t count : {1, 2, 47, 48, 49, 255, 256, 257}) {
    Check({count, count, 2, 2, 16});
    Check({count + 300, count, 2, 2, 16});
  }
}

TEST_P(PrefillTest, PagedAndWindowed) {
  for (std::size_t block_tokens : {0, 16, 64}) {
    for (std::size_t window : {1, 20, 256, 300}) {
      Check({.context = 400,
             .count = 340,
             .n_heads = 2,
             .n_kv_heads = 1,
             .head_dim = 16,
             .block_tokens = block_tokens,
             .window = window});
    }
  }
}

TEST_P(PrefillTest, AlibiAndSoftcap) {
  Check({.context = 90, .count = 60, .n_heads = 4, .n_kv_heads = 1, .head_dim = 16, .softcap = 2});
  Check({.context = 90, .count = 60, .n_heads = 4, .n_kv_heads = 1, .head_dim = 16, .alibi = true});
}

}  // namespace
}  // namespace podium
