#include "bench/models/gpt.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/memory.h"
#include "bench/models/generator.h"
#include "bench/models/passes.h"

namespace podium::models {
namespace {

using testing::HasSubstr;

// The trained network after these passes, calibrated once.
const Graph& Variant(const std::string& variant) {
  static auto* const kept = new std::map<std::string, Graph>;
  const auto [it, added] = kept->try_emplace(variant);
  if (!added) return it->second;
  absl::StatusOr<Graph> graph = ApplyPasses(GptGraph(TrainedGpt()), variant, GptCalibration(), {});
  EXPECT_TRUE(graph.ok()) << variant << ": " << graph.status();
  return it->second = graph.ok() ? *std::move(graph) : GptGraph(TrainedGpt());
}

Generator MakeGenerator(const Graph& graph, std::size_t tokens,
                        const KernelTable& kernels = BestKernels()) {
  absl::StatusOr<Generator> made = Generator::Make(WithTokens(graph, tokens), kernels);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::vector<std::size_t> Generate(const Graph& graph, const KernelTable& kernels, std::size_t count,
                                  std::size_t prompt_lines = 4) {
  const std::vector<std::size_t> prompt = GptLines(prompt_lines, 5);
  Generator gpt = MakeGenerator(graph, prompt.size() + count, kernels);
  gpt.Append(prompt);
  std::vector<std::size_t> generated;
  for (std::size_t i = 0; i < count; ++i) {
    generated.push_back(gpt.Next());
    gpt.Append({&generated.back(), 1});
  }
  return generated;
}

// Of 100 unseen lines.
std::size_t RightAnswers(const Graph& graph) {
  Generator gpt = MakeGenerator(graph, 4 * kLineTokens);
  std::size_t right = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::vector<std::size_t> line = GptLines(4, 3000000 + i);
    gpt.Reset();
    gpt.Append(std::span(line).first(3 * kLineTokens + kAnswerAt));
    const std::size_t first = gpt.Next();
    gpt.Append({&first, 1});
    right += GptAnswer(std::span(line).last(kLineTokens)) == GptAnswerTokens{first, gpt.Next()};
  }
  return right;
}

bool IsTrue(std::span<const std::size_t> line) {
  return std::ranges::equal(line.subspan(kAnswerAt, kAnswerTokens), GptAnswer(line)) &&
         line[kLineTokens - 1] == kEnd;
}

TEST(GptTest, AnswersFollowFromTheLine) {
  using Answer = GptAnswerTokens;
  constexpr std::size_t kSum[] = {7, 11, kPlus, 12, 2, kEquals};
  EXPECT_EQ(GptAnswer(kSum), (Answer{3, 13}));  // 7b + c2 = 13d
  constexpr std::size_t kDifference[] = {0, 1, kMinus, 0, 2, kEquals};
  EXPECT_EQ(GptAnswer(kDifference), (Answer{15, 15}));
  constexpr std::size_t kNoSign[] = {7, 11, 7, 12, 2, kEquals};
  EXPECT_EQ(GptAnswer(kNoSign), (Answer{kEnd, kEnd}));
  constexpr std::size_t kNoDigit[] = {7, kPlus, kPlus, 12, 2, kEquals};
  EXPECT_EQ(GptAnswer(kNoDigit), (Answer{kEnd, kEnd}));
}

TEST(GptTest, LinesAreTrue) {
  const std::vector<std::size_t> tokens = GptLines(100, 1);
  ASSERT_EQ(tokens.size(), 100 * kLineTokens);
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    EXPECT_TRUE(IsTrue(std::span(tokens).subspan(i, kLineTokens))) << "line " << i / kLineTokens;
  }
}

TEST(GptTest, TheSameTokensWithAndWithoutTheCacheOnEveryIsa) {
  const Graph graph = GptGraph(TrainedGpt());
  const std::vector<std::size_t> want = Generate(graph, ReferenceKernels(), 48);
  for (const std::string variant : {"f32", "kv_cache", "fuse+kv_cache"}) {
    for (const KernelTable* kernels : SupportedKernels()) {
      EXPECT_EQ(Generate(Variant(variant), *kernels, 48), want)
          << variant << " " << IsaName(kernels->isa);
    }
  }
}

TEST(GptTest, TheSameTokensWithAndWithoutTheCacheUpToALongContext) {
  const Graph graph = GptGraph(TrainedGpt()), cached = Variant("kv_cache");
  for (const std::size_t context : {64, 128, 256, 512, 1024}) {
    const std::size_t lines = (context - 32) / kLineTokens, rest = context - lines * kLineTokens;
    EXPECT_EQ(Generate(cached, BestKernels(), rest, lines),
              Generate(graph, BestKernels(), rest, lines))
        << "context " << context;
  }
}

TEST(GptTest, GeneratesLinesThatAreMostlyTrue) {
  const std::vector<std::size_t> tokens =
      Generate(Variant("kv_cache"), BestKernels(), 30 * kLineTokens);
  std::size_t right = 0;
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    right += IsTrue(std::span(tokens).subspan(i, kLineTokens));
  }
  EXPECT_GE(right, 24u) << "of 30 lines";
}

TEST(GptTest, AnswersOfUnseenLinesAreMostlyRight) {
  EXPECT_GE(RightAnswers(Variant("kv_cache")), 85u);
}

TEST(GptTest, AnswersOfTheQuantizedNetworkAreMostlyRight) {
  EXPECT_GE(RightAnswers(Variant("quantize+kv_cache")), 85u);
  EXPECT_GE(RightAnswers(Variant("fuse+quantize+kv_cache")), 85u);
}

// The scores of the last of 40 tokens: 39 at once and then one, or all at once.
std::vector<int> S8Scores(const Graph& graph, const KernelTable& kernels) {
  const std::vector<std::size_t> tokens = GptLines(5, 6);
  Generator gpt = MakeGenerator(graph, 40, kernels);
  gpt.Append(std::span(tokens).first(39));
  gpt.Next();
  gpt.Append(std::span(tokens).subspan(39, 1));
  gpt.Next();
  const auto scores = gpt.runner().output<std::int8_t>();
  return {scores.begin(), scores.end()};
}

TEST(GptTest, QuantizedScoresAreTheSameBitsOnEveryIsaWithAndWithoutTheCache) {
  const Graph graph = Variant("fuse+quantize"), cached = Variant("fuse+quantize+kv_cache");
  const std::vector<int> want = S8Scores(graph, ReferenceKernels());
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(S8Scores(graph, *kernels), want) << IsaName(kernels->isa);
    EXPECT_EQ(S8Scores(cached, *kernels), want) << "cached, " << IsaName(kernels->isa);
  }
}

TEST(GptTest, TheCacheComposesWithTheOtherPassesInAnyOrder) {
  const std::vector<int> want = S8Scores(Variant("quantize"), BestKernels());
  EXPECT_EQ(S8Scores(Variant("quantize+kv_cache"), BestKernels()), want);
  EXPECT_EQ(S8Scores(Variant("kv_cache+quantize"), BestKernels()), want);
  EXPECT_EQ(S8Scores(Variant("quantize+fuse+kv_cache"), BestKernels()), want);
  EXPECT_EQ(S8Scores(Variant("prune50+quantize+kv_cache"), BestKernels()),
            S8Scores(Variant("kv_cache+prune50+quantize"), BestKernels()));
}

TEST(GptTest, KeysAndValuesOfAQuantizedNetworkAreKeptInS8) {
  const std::size_t f32 = MakeGenerator(Variant("kv_cache"), 64).runner().cache_bytes();
  EXPECT_GE(f32, 2 * 2 * 64 * 32 * sizeof(float));  // layers, keys and values
  for (const std::string variant : {"quantize+kv_cache", "kv_cache+quantize"}) {
    EXPECT_EQ(MakeGenerator(Variant(variant), 64).runner().cache_bytes(), 2 * 2 * 64 * 32u)
        << variant;
  }
  EXPECT_LT(MakeGenerator(Variant("kv_cache_s8"), 64).runner().cache_bytes(), f32 / 2);
  EXPECT_EQ(MakeGenerator(GptGraph(TrainedGpt()), 64).runner().cache_bytes(), 0u);
}

TEST(GptTest, FusingLeavesNoGeluAndNoAdditionAndChangesNoValue) {
  const Graph graph = GptGraph(TrainedGpt()), fused = Fuse(graph);
  const auto count = [](const Graph& g, OpKind kind) {
    return std::ranges::count(g.ops, kind, &Op::kind);
  };
  EXPECT_EQ(count(graph, OpKind::kGelu) + count(graph, OpKind::kAdd), 2 + 4);
  EXPECT_EQ(count(fused, OpKind::kGelu) + count(fused, OpKind::kAdd), 0);
  const std::vector<std::size_t> line = GptLines(3, 8);
  const auto scores = [&](const Graph& g) {
    Generator gpt = MakeGenerator(g, line.size());
    gpt.Append(line);
    gpt.Next();
    const auto all = gpt.runner().output<float>();
    return std::vector<float>(all.begin(), all.end());
  };
  EXPECT_EQ(scores(fused), scores(graph));
}

TEST(GptTest, PruningLeavesTheEmbeddingAlone) {
  const Graph graph = Variant("prune50");
  const auto table = graph.tensors[graph.ops[0].inputs[1]].values<float>();
  EXPECT_EQ(std::ranges::count(table, 0.0f), 0);
}

TEST(GptTest, PassesThatDoNotFitSayWhy) {
  const auto message = [](const std::string& variant) {
    return std::string(
        ApplyPasses(GptGraph(TrainedGpt()), variant, GptCalibration(), {}).status().message());
  };
  EXPECT_EQ(
      message("quantize+kv_cache_f16"),
      "variant \"quantize+kv_cache_f16\", pass \"kv_cache_f16\": the network is quantized, so that "
      "its cache is s8: use kv_cache");
  EXPECT_THAT(message("kv_cache_s8+quantize"),
              HasSubstr("pass \"quantize\": the cache has a type of its own"));
  EXPECT_THAT(message("kv_cache+kv_cache_f16"), HasSubstr("there is a cache already"));
  EXPECT_THAT(message("quantize+quantize"), HasSubstr("the network is quantized already"));
}

TEST(GptTest, WhatACacheRoundsIsQuantizationToo) {
  EXPECT_EQ(TechniquesOf("fuse+kv_cache"), "fusion,kv_cache");
  EXPECT_EQ(TechniquesOf("kv_cache_f16"), "kv_cache,quantization");
}

TEST(GptTest, WhatWasTruncatedIsForgotten) {
  const std::vector<std::size_t> line = GptLines(2, 9);
  Generator gpt = MakeGenerator(Variant("kv_cache"), 4 * kLineTokens);
  gpt.Append(line);
  gpt.Next();
  const std::span<const float> scores = gpt.runner().output<float>();
  const std::vector<float> want(scores.begin(), scores.end());
  gpt.Append(GptLines(1, 10));
  gpt.Next();
  gpt.Truncate(line.size() - 1);
  gpt.Append({&line.back(), 1});
  gpt.Next();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(scores[i], want[i], 1e-4)
        << "token " << i;  // one token and many add in other orders
  }
}

TEST(GptTest, GenerationAllocatesNothing) {
  for (const std::string variant : {"f32", "kv_cache", "quantize+kv_cache"}) {
    Generator gpt = MakeGenerator(Variant(variant), 4 * kLineTokens);
    const std::vector<std::size_t> line = GptLines(2, 9);
    const bench::HeapMonitor heap;
    gpt.Append(line);
    gpt.Next();
    gpt.Append(std::span(line).first(1));
    gpt.Next();
    EXPECT_EQ(heap.allocations(), 0) << variant;
  }
}

TEST(GptTest, ALayerCanRunAloneAndLeavesTheNextAnswerRight) {
  const std::vector<std::size_t> tokens = GptLines(2, 7);
  for (const std::string variant : {"f32", "kv_cache", "quantize+kv_cache"}) {
    Generator gpt = MakeGenerator(Variant(variant), tokens.size());
    gpt.Append(tokens);
    const std::size_t next = gpt.Next();
    Runner& runner = gpt.Prepare();
    for (std::size_t i = 0; i < runner.layers().size(); ++i) runner.RunLayer(i);
    gpt.Reset();
    gpt.Append(tokens);
    EXPECT_EQ(gpt.Next(), next) << variant;
  }
}

}  // namespace
}  // namespace podium::models
