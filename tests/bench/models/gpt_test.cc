#include "bench/models/gpt.h"

#include <gtest/gtest.h>

#include "bench/memory.h"

namespace podium::models {
namespace {

std::vector<std::size_t> Generate(Generation generation, const KernelTable& kernels,
                                  std::size_t count) {
  const std::vector<std::size_t> prompt = GptLines(4, 5);
  Gpt gpt(TrainedGpt(), prompt.size() + count, generation, KvType::kF32, kernels);
  gpt.Append(prompt);
  std::vector<std::size_t> generated;
  for (std::size_t i = 0; i < count; ++i) {
    generated.push_back(gpt.Next());
    gpt.Append({&generated.back(), 1});
  }
  return generated;
}

TEST(GptTest, AnswersFollowFromTheLine) {
  constexpr std::size_t kNine[] = {7, kPlus, 11, kMinus, 9, kEquals};
  EXPECT_EQ(GptAnswer(kNine), 9u);
  constexpr std::size_t kWraps[] = {0, kMinus, 15, kMinus, 15, kEquals};
  EXPECT_EQ(GptAnswer(kWraps), 2u);
  constexpr std::size_t kNoSign[] = {7, 7, 11, kMinus, 9, kEquals};
  EXPECT_GE(GptAnswer(kNoSign), GptShape().vocab);
  constexpr std::size_t kNoDigit[] = {7, kPlus, kPlus, kMinus, 9, kEquals};
  EXPECT_GE(GptAnswer(kNoDigit), GptShape().vocab);
}

TEST(GptTest, LinesAreTrue) {
  const std::vector<std::size_t> tokens = GptLines(100, 1);
  ASSERT_EQ(tokens.size(), 100 * kLineTokens);
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    const auto line = std::span(tokens).subspan(i, kLineTokens);
    EXPECT_EQ(line[kAnswerAt], GptAnswer(line)) << "line " << i / kLineTokens;
    EXPECT_EQ(line.back(), kEnd);
  }
}

TEST(GptTest, TheSameTokensWithAndWithoutTheCacheOnEveryIsa) {
  const std::vector<std::size_t> want = Generate(Generation::kRecompute, ReferenceKernels(), 48);
  for (const KernelTable* kernels : SupportedKernels()) {
    EXPECT_EQ(Generate(Generation::kRecompute, *kernels, 48), want) << IsaName(kernels->isa);
    EXPECT_EQ(Generate(Generation::kCached, *kernels, 48), want) << IsaName(kernels->isa);
  }
}

TEST(GptTest, GeneratesLinesThatAreMostlyTrue) {
  const std::vector<std::size_t> tokens = Generate(Generation::kCached, BestKernels(), 240);
  std::size_t right = 0;
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    const auto line = std::span(tokens).subspan(i, kLineTokens);
    right += line[kAnswerAt] == GptAnswer(line) && line.back() == kEnd;
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
    right += gpt.Next() == line[3 * kLineTokens + kAnswerAt];
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

}  // namespace
}  // namespace podium::models
