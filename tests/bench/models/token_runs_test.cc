// Runs of fewer rows than a network on tokens has, and at a position; what layers keep for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "bench/models/layers.h"
#include "bench/models/passes.h"
#include "bench/models/sparse_weights.h"
#include "tests/bench/models/token_graphs.h"

namespace podium::models {
namespace {

// Sums of 32 products of at most 2 in other orders: as many roundings of at most 64.
constexpr float kOtherOrder = 32 * 64 * 0x1p-24f;

template <class T>
std::vector<T> InputsOf() {
  if constexpr (std::is_same_v<T, float>) return Random<float>(kTokens * kChannels, -2, 2, 5);
  return Random<T>(kTokens * kChannels, -128, 127, 5);
}

template <class T>
void ExpectSame(std::span<const T> got, std::span<const T> want) {
  ASSERT_EQ(got.size(), want.size());
  const float bound = std::is_same_v<T, float> ? kOtherOrder : 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], want[i], bound) << "element " << i;
}

// The first rows of a run of those alone are those of a run of all; behind them lies what lay there
// before.
template <class T>
void ExpectSomeRowsAreThoseOfAll(const Graph& graph) {
  constexpr std::size_t kRows = 5, kSize = kRows * kChannels;
  SCOPED_TRACE(testing::Message() << Name(graph.ops[0].kind) << " " << Name(kDataTypeOf<T>));
  const std::vector<T> all = RunOn(graph, BestKernels(), InputsOf<T>());
  Runner runner = MakeRunner(graph, BestKernels());
  std::ranges::copy(InputsOf<T>(), runner.input<T>().begin());
  const std::span<const T> y = runner.output<T>();
  const std::vector<T> before(y.begin(), y.end());
  runner.SetTokens(kRows, 0);
  runner.Run();
  ExpectSame<T>(y.first(kSize), std::span(all).first(kSize));
  EXPECT_TRUE(std::ranges::equal(y.subspan(kSize), std::span(before).subspan(kSize)));
}

TEST(TokenRunsTest, ARunOfSomeRowsComputesThoseAndLeavesTheOthers) {
  struct Case {
    Op op;
    std::size_t constants = 0;
  };
  for (const auto& [op, constants] :
       {Case{{.kind = OpKind::kGelu}}, Case{{.kind = OpKind::kAdd, .inputs = {0, 0}}},
        Case{{.kind = OpKind::kRotate, .heads = 2, .rope_base = 10000}},
        Case{{.kind = OpKind::kLayerNorm, .epsilon = 1e-5f}, 2},
        Case{{.kind = OpKind::kCausalAttention,
        .inputs = {0, 0, 0},
        .heads = 2,
        .slopes = {0.25f, 0.5f}}}}) {
    ExpectSomeRowsAreThoseOfAll<float>(TokenOp(op, DataType::kF32, constants));
    ExpectSomeRowsAreThoseOfAll<std::int8_t>(TokenOp(op, DataType::kS8, constants));
  }
}

TEST(TokenRunsTest, AFullyConnectedRunOfSomeRowsComputesThoseAndLeavesTheOthers) {
  ExpectSomeRowsAreThoseOfAll<float>(Full(DataType::kF32, false, false));
  ExpectSomeRowsAreThoseOfAll<float>(Full(DataType::kF32, true, true));
  ExpectSomeRowsAreThoseOfAll<std::int8_t>(Full(DataType::kS8, false, false));
  ExpectSomeRowsAreThoseOfAll<std::int8_t>(Full(DataType::kS8, true, false));
}

TEST(TokenRunsTest, ASparseRunOfSomeRowsComputesThoseAndLeavesTheOthers) {
  const Graph f32 = Prune(Full(DataType::kF32, false, true), PrunePattern::kMagnitude, .9),
              s8 = Prune(Full(DataType::kS8, true, false), PrunePattern::kBlock1x4, .97);
  for (const Graph* graph : {&f32, &s8}) {
    ASSERT_TRUE(SparsePays(graph->tensors[graph->ops[0].inputs[1]], kTokens));
  }
  ExpectSomeRowsAreThoseOfAll<float>(f32);
  ExpectSomeRowsAreThoseOfAll<std::int8_t>(s8);
}

// The first two of three tokens, of a table of three rows of two channels.
template <class T>
void ExpectTwoRowsOfTheTable() {
  Graph graph;
  graph.tensors = {Activations(DataType::kS32, {3}), Activations(kDataTypeOf<T>, {3, 2}, 1, 0)};
  graph.ops = {{.kind = OpKind::kEmbedding, .inputs = {0, 2}, .output = 1}};
  const bool s8 = std::is_same_v<T, std::int8_t>;
  AddConstant<T>(graph, "table", {3, 2}, std::vector<T>{10, 11, 20, 21, 30, 31},
                 s8 ? std::vector<float>{1, 1, 1} : std::vector<float>{});
  graph.output = 1;
  Runner runner = MakeRunner(graph, BestKernels());
  std::ranges::copy(std::vector{2, 1, 2}, runner.input<std::int32_t>().begin());
  const std::span<const T> y = runner.output<T>();
  const std::vector<T> before(y.begin(), y.end());
  runner.SetTokens(2, 0);
  runner.Run();
  EXPECT_EQ(std::vector<T>(y.begin(), y.end()),
            (std::vector<T>{30, 31, 20, 21, before[4], before[5]}));
}

TEST(TokenRunsTest, AnEmbeddingOfSomeTokensLeavesTheOthers) {
  ExpectTwoRowsOfTheTable<float>();
  ExpectTwoRowsOfTheTable<std::int8_t>();
}

template <class T>
void ExpectTheLastOfSomeRows() {
  Graph graph = TokenOp({.kind = OpKind::kLastToken}, kDataTypeOf<T>);
  graph.tensors[1] = Activations(kDataTypeOf<T>, {1, kChannels}, kFrom.scale, kFrom.zero_point);
  Runner runner = MakeRunner(graph, BestKernels());
  const std::vector<T> x = InputsOf<T>();
  std::ranges::copy(x, runner.input<T>().begin());
  runner.SetTokens(5, 0);
  runner.Run();
  EXPECT_TRUE(
      std::ranges::equal(runner.output<T>(), std::span(x).subspan(4 * kChannels, kChannels)));
}

TEST(TokenRunsTest, TheLastTokenIsThatOfTheRun) {
  ExpectTheLastOfSomeRows<float>();
  ExpectTheLastOfSomeRows<std::int8_t>();
}

Op Attention(bool cached) {
  Op op = {
      .kind = OpKind::kCausalAttention, .inputs = {0, 0, 0}, .heads = 2, .slopes = {0.25f, 0.5f}};
  if (cached) op.cache = KvType::kF32;
  return op;
}

// Tokens 0..19 in a run, `then` tokens in another.
template <class T>
void ExpectAttentionGoesOn(std::size_t then) {
  constexpr std::size_t kFirst = 20;
  SCOPED_TRACE(testing::Message() << then << " tokens, " << Name(kDataTypeOf<T>));
  const std::vector<T> x = InputsOf<T>();
  const std::vector<T> all = RunOn(TokenOp(Attention(false), kDataTypeOf<T>), BestKernels(), x);
  Runner runner = MakeRunner(TokenOp(Attention(true), kDataTypeOf<T>), BestKernels());
  const auto run = [&](std::size_t count, std::size_t position) {
    std::ranges::copy(std::span(x).subspan(position * kChannels, count * kChannels),
                      runner.input<T>().begin());
    runner.SetTokens(count, position);
    runner.Run();
    ExpectSame<T>(std::span<const T>(runner.output<T>()).first(count * kChannels),
                  std::span(all).subspan(position * kChannels, count * kChannels));
  };
  run(kFirst, 0);
  run(then, kFirst);
}

TEST(TokenRunsTest, AttentionWithACacheGoesOnAtAPosition) {
  for (const std::size_t then : {1, 5}) {
    ExpectAttentionGoesOn<float>(then);
    ExpectAttentionGoesOn<std::int8_t>(then);
  }
}

TEST(TokenRunsTest, KeysAndValuesAreScratchOrCache) {
  for (const DataType type : {DataType::kF32, DataType::kS8}) {
    const std::size_t both = 2 * kTokens * kChannels * SizeOf(type);
    const Runner apart = MakeRunner(TokenOp(Attention(false), type), BestKernels()),
                 kept = MakeRunner(TokenOp(Attention(true), type), BestKernels());
    EXPECT_EQ(apart.cache_bytes(), 0u) << Name(type);
    EXPECT_GE(kept.cache_bytes(), both) << Name(type);
    EXPECT_GE(apart.activation_bytes(), kept.activation_bytes() + both / 2) << Name(type);
    EXPECT_GE(apart.layers()[0].scratch_bytes, kept.layers()[0].scratch_bytes + both) << Name(type);
  }
}

TEST(TokenRunsTest, TablesCountAndARowReadsItsOwn) {
  const Graph rotate =
      TokenOp({.kind = OpKind::kRotate, .heads = 2, .rope_base = 10000}, DataType::kF32);
  const Layer rotation = MakeRunner(rotate, BestKernels()).layers()[0];
  EXPECT_EQ(rotation.weight_bytes, kTokens * kChannels / 2 * sizeof(float));
  EXPECT_EQ(rotation.ReadBytes(1), kChannels / 2 * sizeof(float));
  EXPECT_EQ(rotation.ReadBytes(kTokens), rotation.weight_bytes);
  const Runner gelu = MakeRunner(TokenOp({.kind = OpKind::kGelu}, DataType::kS8), BestKernels());
  EXPECT_EQ(gelu.layers()[0].ReadBytes(1), 256u);
}

TEST(TokenRunsTest, WithTokensChangesWhatHasARowForEach) {
  Graph graph = Full(DataType::kF32, false, false);
  graph.tensors.push_back(Activations(DataType::kF32, {1, kChannels}));
  graph.output = graph.tensors.size() - 1;
  graph.ops.push_back({.kind = OpKind::kLastToken, .inputs = {1}, .output = graph.output});
  const Graph more = WithTokens(graph, 50);
  EXPECT_EQ(more.tensors[0].shape, (std::vector<std::size_t>{50, kChannels}));
  EXPECT_EQ(more.tensors[1].shape, (std::vector<std::size_t>{50, kChannels}));
  EXPECT_EQ(more.tensors[2].shape, graph.tensors[2].shape) << "weights";
  EXPECT_EQ(more.tensors[graph.output].shape, (std::vector<std::size_t>{1, kChannels}));
}

}  // namespace
}  // namespace podium::models
