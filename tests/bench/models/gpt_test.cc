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

TEST(GptTest, LinesAreTrue) {
  const std::vector<std::size_t> tokens = GptLines(100, 1);
  ASSERT_EQ(tokens.size(), 600u);
  for (std::size_t i = 0; i < tokens.size(); i += kLineTokens) {
    const std::size_t a = tokens[i], b = tokens[i + 2];
    EXPECT_EQ(tokens[i + kAnswerAt], (tokens[i + 1] == kPlus ? a + b : a + 16 - b) % 16)
        << "line " << i / kLineTokens;
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
    const std::size_t a = tokens[i], b = tokens[i + 2];
    const bool line = a < 16 && b < 16 && (tokens[i + 1] == kPlus || tokens[i + 1] == kMinus) &&
                      tokens[i + 3] == kEquals && tokens[i + 5] == kEnd;
    right += line && tokens[i + 4] == (tokens[i + 1] == kPlus ? a + b : a + 16 - b) % 16;
  }
  EXPECT_GE(right, 36u) << "of 40 lines";
}

TEST(GptTest, AnswersOfUnseenLinesAreMostlyRight) {
  Gpt gpt(TrainedGpt(), 24, Generation::kCached, KvType::kF32, BestKernels());
  std::size_t right = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::vector<std::size_t> line = GptLines(4, 3000000 + i);
    gpt.Reset();
    gpt.Append(std::span(line).first(3 * kLineTokens + kAnswerAt));
    right += gpt.Next() == line[3 * kLineTokens + kAnswerAt];
  }
  EXPECT_GE(right, 90u);
}

TEST(GptTest, WhatWasTruncatedIsForgotten) {
  const std::vector<std::size_t> line = GptLines(2, 9);
  Gpt gpt(TrainedGpt(), 24, Generation::kCached, KvType::kF32, BestKernels());
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
  Gpt gpt(TrainedGpt(), 24, Generation::kCached, KvType::kF32, BestKernels());
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
