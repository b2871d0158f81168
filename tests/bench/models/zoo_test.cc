// The data that are generated, the weights that are part of the program, and what reads them.
#include "bench/models/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "bench/models/anomaly.h"
#include "bench/models/embedded_weights.h"
#include "bench/models/safetensors.h"
#include "bench/models/synthetic.h"

namespace podium::models {
namespace {

using testing::HasSubstr;

std::uint64_t Hash(const Dataset& set) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const std::byte b : set.data)
    hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 1099511628211u;
  for (const std::size_t label : set.labels) hash = (hash ^ label) * 1099511628211u;
  return hash;
}

// The weights were fitted to these very data; another machine must make the same.
TEST(SyntheticTest, DataAreTheSameOnEveryMachine) {
  EXPECT_EQ(Hash(Digits(Split::kTest, 50)), 3588185639532200087u);
  EXPECT_EQ(Hash(Hum(Split::kTest, 50)), 6976944314388679358u);
}

TEST(SyntheticTest, SplitsDiffer) {
  EXPECT_NE(Digits(Split::kTrain, 5).data, Digits(Split::kTest, 5).data);
  EXPECT_NE(Digits(Split::kCalibration, 5).data, Digits(Split::kTest, 5).data);
}

TEST(SyntheticTest, OnlyTestsHaveAnomalies) {
  const auto anomalies = [](Split split) {
    const Dataset set = Hum(split, 400);
    return std::accumulate(set.labels.begin(), set.labels.end(), std::size_t{0});
  };
  EXPECT_EQ(anomalies(Split::kTrain), 0u);
  EXPECT_EQ(anomalies(Split::kCalibration), 0u);
  EXPECT_NEAR(static_cast<double>(anomalies(Split::kTest)), 200, 40);
}

TEST(ZooTest, HumIsToldFromAnomalies) {
  const Graph graph = TrainedNetwork("hum");
  absl::StatusOr<Runner> runner = Runner::Make(graph, BestKernels());
  ASSERT_TRUE(runner.ok()) << runner.status();
  const Dataset data = Hum(Split::kTest, 500);
  EXPECT_GE(AnomalyAuc(data, kPixelScale, 1, 0, Evaluate(data, kPixelScale, *runner)), 0.90);
}

TEST(AnomalyTest, AucCountsOrderedPairsAndHalfOfTies) {
  Dataset set = {.type = ElementType::kU8, .input_size = 1, .data = std::vector<std::byte>(5)};
  set.labels = {0, 0, 1, 1, 1};
  Evaluation evaluation;
  // Errors |score|: 1 and 3 of normal inputs; 2, 3 and 4 of anomalies. Of 6 pairs 4 are in order, 1 tied.
  evaluation.scores = {1, 3, -2, -3, 4};
  EXPECT_DOUBLE_EQ(*AnomalyAuc(set, kPixelScale, 1, 0, evaluation), 4.5 / 6);
  set.labels = {0, 0, 0, 0, 0};
  EXPECT_EQ(AnomalyAuc(set, kPixelScale, 1, 0, evaluation), std::nullopt);
}

TEST(AnomalyTest, OfRecordingsTheMeanOverTheirWindowsCounts) {
  Dataset set = {.type = ElementType::kF32, .input_size = 1};
  set.data.resize(5 * sizeof(float));  // zeros
  set.labels = {0, 0, 0, 1, 1};
  set.recordings = {1, 1, 1, 2, 3};
  Evaluation evaluation;
  // Squares of the first recording: 1, 1 and 16, in the mean 6; of the anomalies 4 and 9.
  evaluation.scores = {1, 1, 4, 2, 3};
  EXPECT_DOUBLE_EQ(*AnomalyAuc(set, kPixelScale, 1, 0, evaluation), 0.5);
}

Safetensors Example() {
  Safetensors tensors;
  tensors.arrays["a.weight"] = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  tensors.arrays["b"] = {{1}, {-7.5f}};
  tensors.metadata = {{"note", "a \"quoted\" \\ one"}};
  return tensors;
}

TEST(SafetensorsTest, WhatIsWrittenIsRead) {
  const std::string file = WriteSafetensors(Example());
  const absl::StatusOr<Safetensors> read = ParseSafetensors(std::as_bytes(std::span(file)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->arrays.at("a.weight").shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(read->arrays.at("a.weight").values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read->arrays.at("b").values, (std::vector<float>{-7.5f}));
  EXPECT_EQ(read->metadata, Example().metadata);
}

TEST(SafetensorsTest, TruncatedFilesAreErrors) {
  const std::string file = WriteSafetensors(Example());
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ParseSafetensors(std::as_bytes(std::span(file).first(size))).ok()) << size;
  }
}

TEST(SafetensorsTest, ChangedBytesAreErrorsOrOtherArrays) {
  const std::string file = WriteSafetensors(Example());
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const char flip : {'\x01', '\x10', '\x7F'}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      static_cast<void>(ParseSafetensors(std::as_bytes(std::span(changed))));
    }
  }
}

TEST(ZooTest, WeightsOfAnotherNetworkAreRefused) {
  Graph graph = DigitsMlp();
  EXPECT_THAT(std::string(LoadWeights(EmbeddedWeights("hum"), graph).message()),
              HasSubstr("no array \"fc1.weight\" of the network's shape"));
  EXPECT_FALSE(LoadWeights(EmbeddedWeights("no such network"), graph).ok());
}

}  // namespace
}  // namespace podium::models
