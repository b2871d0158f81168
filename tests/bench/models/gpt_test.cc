#include "bench/models/gpt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/memory.h"

namespace podium::models {
namespace {

std::vector<std::size_t> Generate(Generation generation, const KernelTable& kernels,
                                  std::size_t count, std::size_t prompt_lines = 4) {
  const std::vector<std::size_t> prompt = GptLines(prompt_lines, 5);
  Gpt gpt(TrainedGpt(), prompt.size() + count, generation, KvType::kF32, kernels);
  gpt.Append(prompt);
  std::vector<std::size_t> generated;
  for (std::size_t i = 0; i < count; ++i) {
    generated.push_back(gpt.Next());
    gpt.Append({&generated.back(), 1});
  }
  return generated;
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
  const std::vector<std::size_t> want = Generate(Generation::kRecompute, ReferenceKernels(), 48);
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(Generate(Generation::kRecompute, *kernels, 48), want) << IsaName(kernels->isa);
    EXPECT_EQ(Generate(Generation::kCached, *kernels, 48), want) << IsaName(kernels->isa);
  }
}

TEST(GptTest, TheSameTokensWithAndWithoutTheCacheUpToALongContext) {
  for (const std::size_t context : {64, 128, 256, 512, 1024}) {
    const std::size_t lines = (context - 32) / kLineTokens, rest = context - lines * kLineTokens;
    EXPECT_EQ(Generate(Generation::kCached, BestKernels(), rest, lines),
              Generate(Generation::kRecompute, BestKernels(), rest, lines))
        << "context " << context;
  }
}

TEST(GptTest, GeneratesLinesThatAreMostlyTrue) {
  const std::vector<std::size_t> tokens =
      Generate(Generation::kCached, BestKernels(), 30 * kLineTokens);
  std::size_t right = 0;
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    right += IsTrue(std::span(tokens).subspan(i, kLineTokens));
  }
  EXPECT_GE(right, 24u) << "of 30 lines";
}

TEST(GptTest, AnswersOfUnseenLinesAreMostlyRight) {
  Gpt gpt(TrainedGpt(), 4 * kLineTokens, Generation::kCached, KvType::kF32, BestKernels());
  std::size_t right = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::vector<std::size_t> line = GptLines(4, 3000000 + i);
    gpt.Reset();
    gpt.Append(std::span(line).first(3 * kLineTokens + kAnswerAt));
    const std::size_t first = gpt.Next();
    gpt.Append({&first, 1});
    right += GptAnswer(std::span(line).last(kLineTokens)) == GptAnswerTokens{first, gpt.Next()};
  }
  EXPECT_GE(right, 85u);
}

TEST(GptTest, WhatWasTruncatedIsForgotten) {
  const std::vector<std::size_t> line = GptLines(2, 9);
  Gpt gpt(TrainedGpt(), 4 * kLineTokens, Generation::kCached, KvType::kF32, BestKernels());
  gpt.Append(line);
  const std::span<const float> logits = gpt.Logits();
  const std::vector<float> want(logits.begin(), logits.end());
  gpt.Append(GptLines(1, 10));
  gpt.Next();
  gpt.Truncate(line.size() - 1);
  gpt.Append({&line.back(), 1});
  const std::span<const float> got = gpt.Logits();
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], 1e-4) << "token " << i;  // one token and many add in other orders
  }
}

TEST(GptTest, GenerationAllocatesNothing) {
  Gpt gpt(TrainedGpt(), 4 * kLineTokens, Generation::kCached, KvType::kF32, BestKernels());
  const std::vector<std::size_t> line = GptLines(2, 9);
  const bench::HeapMonitor heap;
  gpt.Append(line);
  gpt.Next();
  EXPECT_EQ(heap.allocations(), 0);
}

TEST(GptTest, APartCanRunAloneAndLeavesTheNextAnswerRight) {
  const GptWeights weights = TrainedGpt();
  const std::vector<std::size_t> tokens = GptLines(2, 7);
  for (const Generation generation : {Generation::kRecompute, Generation::kCached}) {
    Gpt gpt(weights, tokens.size(), generation, KvType::kF32, BestKernels());
    gpt.Append(tokens);
    const std::size_t next = gpt.Next();
    for (const GptPart part : {GptPart::kAttention, GptPart::kFeedForward, GptPart::kRest}) {
      gpt.RunPart(part);
    }
    gpt.Reset();
    gpt.Append(tokens);
    EXPECT_EQ(gpt.Next(), next);
  }
}

}  // namespace
}  // namespace podium::models
