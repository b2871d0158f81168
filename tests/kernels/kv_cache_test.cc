#include "kernels/kv_attention/kv_cache.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

constexpr KvType kTypes[] = {KvType::kF32, KvType::kF16, KvType::kBf16, KvType::kS8};

// One element of a view, with its scale.
float Element(const KvView& view, bool key, std::size_t g, std::size_t t, std::size_t d) {
  const float x = key ? KvElement(view.type, view.k, KeyIndex(view, g, t, d))
                      : KvElement(view.type, view.v, ValueIndex(view, g, t, d));
  if (view.type != KvType::kS8) return x;
  return x * (key ? view.k_scales : view.v_scales)[ScaleIndex(view, g, t)];
}

using StoreKvTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, StoreKvTest, AllIsas(), IsaTestName);

TEST_P(StoreKvTest, SameBitsAsTheReference) {
  constexpr std::size_t kTokens = 5, kHeads = 2, kFirst = 13;  // into the next group
  for (const KvType type : kTypes) {
    for (std::size_t head_dim : {16, 48, 64, 80, 96, 128, 256, 512}) {
      for (bool rotate : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << KvTypeName(type) << " head_dim=" << head_dim << " rope=" << rotate);
        const std::size_t ld = kHeads * head_dim + 3, room = 2 * kKvGroup;
        Buffer<float> k(kTokens * ld, 1), v(kTokens * ld, 1), rope(room * head_dim);
        FillUniform(k, 1);
        FillUniform(v, 2);
        for (std::size_t i = 0; i < 16; ++i) k[i] *= std::ldexp(1.0f, -10 * static_cast<int>(i));
        std::fill_n(v.data(), head_dim, 0.0f);
        v[20] = 70000;  // infinity as f16
        FillRopeTable(room, head_dim, 10000, rope.data());
        std::vector<std::vector<std::byte>> stored;
        for (const KernelTable* with : {&kernels(), &ReferenceKernels()}) {
          Buffer<std::byte> ks(kHeads * room * head_dim * KvElementBytes(type)), vs(ks.size());
          Buffer<float> k_scales(kHeads * room), v_scales(kHeads * room);
          std::fill(ks.begin(), ks.end(), std::byte{});
          std::fill(vs.begin(), vs.end(), std::byte{});
          std::fill(k_scales.begin(), k_scales.end(), 0.0f);
          std::fill(v_scales.begin(), v_scales.end(), 0.0f);
          KvView view = ContiguousKv(type, ks.data(), vs.data(), k_scales.data(), v_scales.data(),
                                     kHeads, head_dim, room);
          view.length = kFirst;
          with->store_kv({view, {kTokens, k.data(), v.data(), ld}, rotate ? rope.data() : nullptr});
          std::vector<std::byte> all = ks.ToVector();
          const auto add = [&all](const auto& buffer) {
            const auto* bytes = reinterpret_cast<const std::byte*>(buffer.data());
            all.insert(all.end(), bytes, bytes + buffer.size() * sizeof(*buffer.data()));
          };
          add(vs);
          add(k_scales);
          add(v_scales);
          stored.push_back(all);
        }
        EXPECT_EQ(stored[0], stored[1]);
      }
    }
  }
}

TEST_P(StoreKvTest, RotatesByPosition) {
  constexpr std::size_t kDim = 80, kPosition = 7000;
  Buffer<float> x(3 * kDim), rope((kPosition + 3) * kDim);
  FillUniform(x, 1);
  FillRopeTable(kPosition + 3, kDim, 500000, rope.data());
  const std::vector<float> before = x.ToVector();
  kernels().rotate({3, 1, kDim, kPosition, x.data(), kDim, rope.data()});
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t i = 0; i < kDim / 2; ++i) {
      const double angle = static_cast<double>(kPosition + t) *
                           std::pow(500000.0, -2 * static_cast<double>(i) / kDim);
      const double a = before[t * kDim + i], b = before[t * kDim + i + kDim / 2];
      EXPECT_NEAR(x[t * kDim + i], a * std::cos(angle) - b * std::sin(angle), 3e-7);
      EXPECT_NEAR(x[t * kDim + i + kDim / 2], b * std::cos(angle) + a * std::sin(angle), 3e-7);
    }
  }
}

// What the scores of a rotated query and key depend on is the distance between the two.
TEST_P(StoreKvTest, RotatedDotProductsDependOnDistance) {
  constexpr std::size_t kDim = 64;
  Buffer<float> rope(200 * kDim);
  FillRopeTable(200, kDim, 10000, rope.data());
  const auto dot = [&](std::size_t p, std::size_t q) {
    Buffer<float> x(kDim), y(kDim);
    FillUniform(x, 1);
    FillUniform(y, 2);
    kernels().rotate({1, 1, kDim, p, x.data(), kDim, rope.data()});
    kernels().rotate({1, 1, kDim, q, y.data(), kDim, rope.data()});
    double sum = 0;
    for (std::size_t i = 0; i < kDim; ++i) sum += double{x[i]} * y[i];
    return sum;
  };
  EXPECT_NEAR(dot(10, 3), dot(199, 192), 1e-5);
  EXPECT_GT(std::fabs(dot(10, 3) - dot(10, 9)), 1e-3);
}

// A cache and its memory, with guards around it.
struct Cached {
  explicit Cached(const KvCacheConfig& c) : config(c), memory(BytesOf(c)) {
    EXPECT_EQ(KvCache::Make(config, memory.data(), memory.size(), &cache), KvStatus::kOk);
  }
  static std::size_t BytesOf(const KvCacheConfig& config) {
    std::size_t bytes = 0;
    EXPECT_EQ(KvCache::Bytes(config, &bytes), KvStatus::kOk);
    return bytes;
  }
  // Appends tokens whose elements are all `value`, `value` + 1, ... (keys) and their negatives.
  KvStatus Append(std::size_t sequence, std::size_t count, float value) {
    const std::size_t ld = config.n_kv_heads * config.head_dim;
    std::vector<float> k(count * ld), v(count * ld);
    for (std::size_t i = 0; i < k.size(); ++i) {
      k[i] = value + static_cast<float>(i / ld);
      v[i] = -k[i];
    }
    return cache.Append(BestKernels(), sequence, {count, k.data(), v.data(), ld});
  }
  // That a query at the end of the sequence sees exactly the tokens of `values`' end.
  void ExpectSees(std::size_t sequence, const std::vector<float>& values) const {
    ASSERT_EQ(cache.length(sequence), values.size());
    const KvView view = cache.View(sequence);
    for (std::size_t t = cache.Begin(sequence); t < values.size(); ++t) {
      for (std::size_t g = 0; g < config.n_kv_heads; ++g) {
        const float tolerance = std::fabs(values[t]) / 200;
        for (std::size_t d : {std::size_t{0}, config.head_dim - 1}) {
          ASSERT_NEAR(Element(view, true, g, t, d), values[t], tolerance) << sequence << " " << t;
          ASSERT_NEAR(Element(view, false, g, t, d), -values[t], tolerance) << sequence << " " << t;
        }
      }
    }
  }

  KvCacheConfig config;
  Buffer<std::byte> memory;
  KvCache cache;
};

KvCacheConfig Small() {
  return {.type = KvType::kF32,
          .n_heads = 4,
          .n_kv_heads = 2,
          .head_dim = 16,
          .n_sequences = 3,
          .max_tokens = 64,
          .block_tokens = 16};
}

TEST(KvCacheTest, RefusesWhatItCannotBe) {
  std::size_t bytes;
  const auto status = [&bytes](const auto& change) {
    KvCacheConfig config = Small();
    change(config);
    return KvCache::Bytes(config, &bytes);
  };
  for (std::size_t head_dim : {0, 8, 72, 1024}) {
    EXPECT_EQ(status([=](auto& c) { c.head_dim = head_dim; }), KvStatus::kBadHeadDim);
  }
  EXPECT_EQ(status([](auto& c) { c.n_heads = 5; }), KvStatus::kBadHeads);
  EXPECT_EQ(status([](auto& c) { c.n_heads = 0; }), KvStatus::kBadHeads);
  EXPECT_EQ(status([](auto& c) { c.n_kv_heads = 0; }), KvStatus::kBadHeads);
  EXPECT_EQ(status([](auto& c) { c.max_tokens = 0; }), KvStatus::kBadSizes);
  EXPECT_EQ(status([](auto& c) { c.n_sequences = 0; }), KvStatus::kBadSizes);
  EXPECT_EQ(status([](auto& c) { c.n_blocks = 3; }), KvStatus::kBadSizes);
  EXPECT_EQ(status([](auto& c) { c.block_tokens = 8; }), KvStatus::kBadSizes);
  EXPECT_EQ(status([](auto& c) { c.window = 65; }), KvStatus::kBadWindow);
  EXPECT_EQ(status([](auto& c) { c.max_tokens = std::size_t{1} << 47; }), KvStatus::kTooLarge);
  EXPECT_EQ(status([](auto& c) { c.max_tokens = std::numeric_limits<std::size_t>::max(); }),
            KvStatus::kTooLarge);
  EXPECT_EQ(status([](auto& c) { c.n_sequences = std::numeric_limits<std::size_t>::max(); }),
            KvStatus::kTooLarge);
  EXPECT_EQ(status([](auto& c) { c.n_kv_heads = c.n_heads = std::size_t{1} << 60; }),
            KvStatus::kTooLarge);
  EXPECT_EQ(status([](auto&) {}), KvStatus::kOk);
}

TEST(KvCacheTest, RefusesWrongMemory) {
  const std::size_t bytes = Cached::BytesOf(Small());
  Buffer<std::byte> memory(bytes + 1);
  KvCache cache;
  EXPECT_EQ(KvCache::Make(Small(), memory.data(), bytes - 1, &cache), KvStatus::kMemoryTooSmall);
  EXPECT_EQ(KvCache::Make(Small(), nullptr, bytes, &cache), KvStatus::kMemoryTooSmall);
  EXPECT_EQ(KvCache::Make(Small(), memory.data() + 1, bytes, &cache), KvStatus::kMemoryMisaligned);
}

TEST(KvCacheTest, BeforeMakeThereIsNoSequence) {
  KvCache cache;
  const float x = 0;
  EXPECT_EQ(cache.Append(BestKernels(), 0, {1, &x, &x, 1}), KvStatus::kBadSequence);
  EXPECT_EQ(cache.Reset(0), KvStatus::kBadSequence);
}

TEST(KvCacheTest, ReportsCapacityAndBytes) {
  KvCacheConfig config = Small();
  config.max_tokens = 50;
  config.type = KvType::kS8;
  const Cached c(config);
  EXPECT_EQ(c.cache.capacity(), 64u);
  EXPECT_EQ(c.cache.free_blocks(), 12u);
  EXPECT_EQ(c.cache.token_bytes(), 2u * 2 * (16 + 4));
  EXPECT_GE(c.memory.size(), 12 * 16 * c.cache.token_bytes());
  EXPECT_LE(c.memory.size(), 12 * 16 * c.cache.token_bytes() + 2 * 4096);
}

TEST(KvCacheTest, WrongUseChangesNothing) {
  Cached c(Small());
  ASSERT_EQ(c.Append(0, 60, 1), KvStatus::kOk);
  const std::vector<std::byte> before = c.memory.ToVector();
  EXPECT_EQ(c.Append(0, 5, 100), KvStatus::kSequenceFull);
  EXPECT_EQ(c.Append(3, 1, 100), KvStatus::kBadSequence);
  const float x[32] = {};
  EXPECT_EQ(c.cache.Append(BestKernels(), 0, {1, x, x, 31}), KvStatus::kBadRows);
  EXPECT_EQ(c.cache.Append(BestKernels(), 0, {1, nullptr, x, 32}), KvStatus::kBadRows);
  EXPECT_EQ(c.cache.Append(BestKernels(), 0, {std::numeric_limits<std::size_t>::max(), x, x, 32}),
            KvStatus::kSequenceFull);
  EXPECT_EQ(c.cache.Truncate(0, 61), KvStatus::kBadLength);
  EXPECT_EQ(c.cache.Fork(0, 61, 1), KvStatus::kBadLength);
  EXPECT_EQ(c.cache.Fork(0, 1, 0), KvStatus::kNotEmpty);
  EXPECT_EQ(c.memory.ToVector(), before);
  for (int i = 0; i <= static_cast<int>(KvStatus::kNotEmpty); ++i) {
    EXPECT_STRNE(KvStatusText(static_cast<KvStatus>(i)), "unknown status");
  }
}

TEST(KvCacheTest, OutOfPositions) {
  std::vector<float> rope(10 * 16);
  FillRopeTable(10, 16, 10000, rope.data());
  KvCacheConfig config = Small();
  config.rope = rope.data();
  config.rope_positions = 10;
  Cached c(config);
  EXPECT_EQ(c.Append(0, 8, 1), KvStatus::kOk);
  EXPECT_EQ(c.Append(0, 3, 1), KvStatus::kOutOfPositions);
  EXPECT_EQ(c.Append(0, 2, 1), KvStatus::kOk);
}

TEST(KvCacheTest, PoolRunsOutAndFillsAgain) {
  KvCacheConfig config = Small();
  config.n_blocks = 5;
  Cached c(config);
  ASSERT_EQ(c.Append(0, 64, 0), KvStatus::kOk);
  EXPECT_EQ(c.Append(1, 17, 0), KvStatus::kOutOfBlocks);
  EXPECT_EQ(c.cache.length(1), 0u);
  ASSERT_EQ(c.Append(1, 16, 0), KvStatus::kOk);
  EXPECT_EQ(c.Append(1, 1, 0), KvStatus::kOutOfBlocks);
  ASSERT_EQ(c.cache.Truncate(0, 33), KvStatus::kOk);
  EXPECT_EQ(c.cache.free_blocks(), 1u);
  ASSERT_EQ(c.cache.Reset(0), KvStatus::kOk);
  EXPECT_EQ(c.cache.free_blocks(), 4u);
  EXPECT_EQ(c.Append(1, 1, 0), KvStatus::kOk);
}

void ExpectInARow(const KvCache& cache, std::size_t sequence) {
  const KvView view = cache.View(sequence);
  for (std::uint32_t i = 0; i < view.n_blocks; ++i) {
    EXPECT_EQ(view.blocks[i], view.blocks[0] + i) << "sequence " << sequence;
  }
}

TEST(KvCacheTest, SequencesThatGrowInTurnLieInARow) {
  Cached c(Small());
  for (int step = 0; step < 4; ++step) {
    for (std::size_t s : {0, 1, 2}) ASSERT_EQ(c.Append(s, 16, 0), KvStatus::kOk);
  }
  for (std::size_t s : {0, 1, 2}) ExpectInARow(c.cache, s);
}

TEST(KvCacheTest, SequencesThatComeAndGoLieInARow) {
  Cached c(Small());
  for (std::size_t s : {1, 2, 0, 2, 1}) {
    ASSERT_EQ(c.cache.Reset(s), KvStatus::kOk);
    ASSERT_EQ(c.Append(s, 64, 0), KvStatus::kOk);
  }
  for (std::size_t s : {0, 1, 2}) ExpectInARow(c.cache, s);
}

TEST(KvCacheTest, ASmallPoolGivesEveryBlock) {
  KvCacheConfig config = Small();
  config.n_blocks = 5;
  Cached c(config);
  ASSERT_EQ(c.Append(2, 48, 0), KvStatus::kOk);
  ASSERT_EQ(c.Append(0, 16, 100), KvStatus::kOk);
  ASSERT_EQ(c.Append(1, 16, 200), KvStatus::kOk);
  EXPECT_EQ(c.cache.free_blocks(), 0u);
  std::vector<float> values(48);
  std::iota(values.begin(), values.end(), 0.0f);
  c.ExpectSees(2, values);
  values.resize(16);
  std::iota(values.begin(), values.end(), 100.0f);
  c.ExpectSees(0, values);
  std::iota(values.begin(), values.end(), 200.0f);
  c.ExpectSees(1, values);
}

TEST(KvCacheTest, ForkSharesUntilSomeoneWrites) {
  Cached c(Small());
  ASSERT_EQ(c.Append(0, 40, 0), KvStatus::kOk);
  ASSERT_EQ(c.cache.Fork(0, 36, 1), KvStatus::kOk);
  EXPECT_EQ(c.cache.free_blocks(), 9u);
  ASSERT_EQ(c.Append(1, 2, 500), KvStatus::kOk);  // copies the third block
  EXPECT_EQ(c.cache.free_blocks(), 8u);
  std::vector<float> values(40);
  for (std::size_t t = 0; t < 40; ++t) values[t] = static_cast<float>(t);
  c.ExpectSees(0, values);
  values.resize(36);
  values.insert(values.end(), {500, 501});
  c.ExpectSees(1, values);
}

// Random calls against a model that keeps every token of every sequence.
TEST(KvCacheTest, BehavesLikeVectors) {
  for (const KvType type : kTypes) {
    for (std::size_t block_tokens : {0, 16, 64}) {
      for (std::size_t window : {0, 1, 20, 100}) {
        SCOPED_TRACE(testing::Message() << KvTypeName(type) << " block_tokens=" << block_tokens
                                        << " window=" << window);
        Cached c({.type = type,
                  .n_heads = 2,
                  .n_kv_heads = 2,
                  .head_dim = 16,
                  .n_sequences = 4,
                  .max_tokens = 110,
                  .block_tokens = block_tokens,
                  .window = window});
        std::vector<std::vector<float>> model(4);
        std::mt19937 rng(static_cast<std::uint32_t>(block_tokens + window));
        float next = 1;
        for (int step = 0; step < 300; ++step) {
          const std::size_t s = rng() % 4, other = rng() % 4;
          switch (rng() % 8) {
            case 0:
              if (const std::size_t to = model[s].size() - rng() % (model[s].size() / 4 + 1);
                  c.cache.Truncate(s, to) == KvStatus::kOk) {
                model[s].resize(to);
              } else {
                EXPECT_NE(window, 0u);
              }
              break;
            case 1:
              if (c.cache.Fork(s, model[s].size(), other) == KvStatus::kOk) {
                EXPECT_TRUE(model[other].empty());
                model[other] = model[s];
              }
              break;
            case 2:
              ASSERT_EQ(c.cache.Reset(s), KvStatus::kOk);
              model[s].clear();
              break;
            default: {
              const std::size_t count = rng() % 30;
              const KvStatus status = c.Append(s, count, next);
              if (status == KvStatus::kOk) {
                for (std::size_t i = 0; i < count; ++i) {
                  model[s].push_back(next + static_cast<float>(i));
                }
                next = next > 100 ? 1 : next + 1;
              } else {
                ASSERT_EQ(status, KvStatus::kSequenceFull);
              }
            }
          }
          for (std::size_t i = 0; i < 4; ++i) c.ExpectSees(i, model[i]);
          if (testing::Test::HasFatalFailure()) return;
        }
        for (std::size_t i = 0; i < 4; ++i) ASSERT_EQ(c.cache.Reset(i), KvStatus::kOk);
        EXPECT_EQ(c.cache.free_blocks(),
                  4 * c.cache.capacity() / (block_tokens ? block_tokens : 112));
      }
    }
  }
}

using KvCacheDecodeTest = KernelTest;
INSTANTIATE_TEST_SUITE_P(Isa, KvCacheDecodeTest, AllIsas(), IsaTestName);

// Paged, windowed and contiguous caches of the same tokens attend to the same values.
TEST_P(KvCacheDecodeTest, PagedAndWindowedAsContiguous) {
  constexpr std::size_t kTokens = 333, kHeads = 2, kDim = 64, kLd = kHeads * kDim;
  Buffer<float> k(kTokens * kLd), v(kTokens * kLd), q(8 * kDim), rope(kTokens * kDim);
  FillUniform(k, 1);
  FillUniform(v, 2);
  FillUniform(q, 3);
  FillRopeTable(kTokens, kDim, 10000, rope.data());
  for (const KvType type : kTypes) {
    for (std::size_t window : {0, 50}) {
      std::vector<std::vector<float>> outs;
      for (std::size_t block_tokens : {0, 16, 48, 64, 1008}) {
        for (bool goes_round : {false, true}) {
          if (goes_round && window == 0) continue;
          Cached c({.type = type,
                    .n_heads = 8,
                    .n_kv_heads = kHeads,
                    .head_dim = kDim,
                    .n_sequences = 2,
                    .max_tokens = goes_round ? 70 : kTokens,
                    .block_tokens = block_tokens,
                    .window = window,
                    .rope = rope.data(),
                    .rope_positions = kTokens});
          for (std::size_t t = 0; t < kTokens; t += 9) {
            for (std::size_t s : {0, 1}) {
              ASSERT_EQ(c.cache.Append(kernels(), s,
                                       {std::min<std::size_t>(9, kTokens - t), k.data() + t * kLd,
                                        v.data() + t * kLd, kLd}),
                        KvStatus::kOk);
            }
          }
          std::vector<float> out(8 * kDim);
          kernels().decode_attention({.n_heads = 8,
                                      .q = q.data(),
                                      .ldq = kDim,
                                      .cache = c.cache.View(1),
                                      .begin = c.cache.Begin(1),
                                      .end = c.cache.length(1),
                                      .scale = 0.5f,
                                      .out = out.data(),
                                      .ldo = kDim});
          outs.push_back(out);
        }
      }
      const float tolerance = type == KvType::kS8 ? 5e-4f : 2e-6f;
      for (const std::vector<float>& out : outs) {
        for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], outs[0][i], tolerance);
      }
    }
  }
}

// A cache whose blocks are every second one of a pool, in random order; what is not stored is NaN.
struct ScatteredCache {
  ScatteredCache(KvType type, std::size_t n_kv_heads, std::size_t head_dim,
                 std::size_t block_tokens, std::size_t n_blocks)
      : blocks(2 * n_blocks),
        k(2 * n_blocks * block_tokens * n_kv_heads * head_dim * KvElementBytes(type)),
        v(k.size()),
        k_scales(2 * n_blocks * block_tokens * n_kv_heads),
        v_scales(k_scales.size()),
        view(ContiguousKv(type, k.data(), v.data(), k_scales.data(), v_scales.data(), n_kv_heads,
                          head_dim, block_tokens)) {
    std::iota(blocks.begin(), blocks.end(), 0u);
    std::shuffle(blocks.begin(), blocks.end(), std::mt19937(1));
    view.blocks = blocks.data();
    view.n_blocks = n_blocks;
    for (Buffer<std::byte>* all : {&k, &v}) std::fill(all->begin(), all->end(), std::byte{0xFF});
    for (Buffer<float>* all : {&k_scales, &v_scales}) {
      std::fill(all->begin(), all->end(), std::numeric_limits<float>::quiet_NaN());
    }
  }
  void Append(const KernelTable& kernels, const KvRows& rows) {
    kernels.store_kv({view, rows, nullptr});
    view.length += rows.count;
  }

  std::vector<std::uint32_t> blocks;
  Buffer<std::byte> k, v;
  Buffer<float> k_scales, v_scales;
  KvView view;
};

TEST_P(KvCacheDecodeTest, ScatteredBlocksAsContiguous) {
  constexpr std::size_t kTokens = 231, kHeads = 2, kDim = 80, kLd = kHeads * kDim;
  constexpr std::size_t kPrompt = 30, kQ = 4 * kDim;  // query heads of the last tokens
  Buffer<float> k(kTokens * kLd), v(kTokens * kLd), q(kPrompt * kQ);
  FillUniform(k, 1);
  FillUniform(v, 2);
  FillUniform(q, 3);
  Buffer<float> scratch(PrefillScratchSize(kPrompt, 2, kDim));
  for (const KvType type : kTypes) {
    for (std::size_t window : {0, 75}) {
      // One block, several, and so few that they are gone round.
      const std::size_t layouts[][2] = {
          {240, 1}, {16, 15}, {64, 4}, {16, window == 0 ? 15u : 8u}, {48, window == 0 ? 5u : 3u}};
      std::vector<std::vector<float>> outs;
      for (const auto& [block_tokens, n_blocks] : layouts) {
        ScatteredCache cache(type, kHeads, kDim, block_tokens, n_blocks);
        for (std::size_t t = 0; t < kTokens; t += 11) {
          cache.Append(kernels(), {11, k.data() + t * kLd, v.data() + t * kLd, kLd});
        }
        Buffer<float> out((kPrompt + 1) * kQ);
        kernels().decode_attention({.n_heads = 4,
                                    .q = q.data(),
                                    .ldq = kDim,
                                    .cache = cache.view,
                                    .begin = WindowBegin(kTokens, window),
                                    .end = kTokens,
                                    .scale = 0.5f,
                                    .out = out.data(),
                                    .ldo = kDim});
        kernels().prefill_attention({.n_heads = 4,
                                     .count = kPrompt,
                                     .q = q.data(),
                                     .ldq = kQ,
                                     .cache = cache.view,
                                     .window = window,
                                     .scale = 0.5f,
                                     .out = out.data() + kQ,
                                     .ldo = kQ,
                                     .scratch = scratch.data()});
        outs.push_back(out.ToVector());
      }
      const float tolerance = type == KvType::kS8 ? 5e-4f : 2e-6f;
      for (const std::vector<float>& out : outs) {
        for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], outs[0][i], tolerance);
      }
    }
  }
}

TEST_P(KvCacheDecodeTest, HeadsOneByOne) {
  constexpr std::size_t kTokens = 40, kHeads = 3, kDim = 32, kLd = kHeads * kDim;
  Buffer<float> k(kTokens * kLd), v(kTokens * kLd), q(6 * kDim);
  FillUniform(k, 1);
  FillUniform(v, 2);
  FillUniform(q, 3);
  for (const KvType type : kTypes) {
    Cached c({.type = type,
              .n_heads = 6,
              .n_kv_heads = kHeads,
              .head_dim = kDim,
              .max_tokens = kTokens,
              .block_tokens = 16});
    ASSERT_EQ(c.cache.Append(kernels(), 0, {kTokens, k.data(), v.data(), kLd}), KvStatus::kOk);
    const KvView view = c.cache.View(0);
    std::vector<float> all(6 * kDim), one(6 * kDim);
    DecodeAttentionArgs args = {.n_heads = 6,
                                .q = q.data(),
                                .ldq = kDim,
                                .cache = view,
                                .end = kTokens,
                                .out = all.data(),
                                .ldo = kDim};
    kernels().decode_attention(args);
    for (std::size_t g = 0; g < kHeads; ++g) {
      args.n_heads = 2;
      args.q = q.data() + 2 * g * kDim;
      args.out = one.data() + 2 * g * kDim;
      args.cache = KvHeads(view, g, 1);
      kernels().decode_attention(args);
    }
    EXPECT_EQ(one, all);
  }
}

}  // namespace
}  // namespace podium
