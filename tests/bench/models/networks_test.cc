// The MLPerf Tiny reference networks on every ISA. They are found through PODIUM_DATA_DIR, and are
// no part of this project; without them these tests are skipped.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "bench/models/evaluate.h"
#include "bench/models/tflite.h"

namespace podium::models {
namespace {

class NetworksTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* dir = std::getenv("PODIUM_DATA_DIR");
    if (dir == nullptr) GTEST_SKIP() << "no PODIUM_DATA_DIR with the MLPerf Tiny networks";
    dir_ = dir;
  }
  Graph Load(const std::string& file) const {
    absl::StatusOr<Graph> graph = LoadTflite(dir_ + "/models/" + file);
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? *std::move(graph) : Graph();
  }
  Runner Make(const Graph& graph, const KernelTable& kernels) const {
    absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
    EXPECT_TRUE(runner.ok()) << runner.status();
    return *std::move(runner);
  }
  std::string dir_;
};

// Multiply-adds and parameters as MLPerf Tiny states them (mlcommons/tiny, benchmark/README.md).
TEST_F(NetworksTest, HaveThePublishedSizes) {
  const struct {
    const char* file;
    double macs;
    std::size_t params;
  } kPublished[] = {{"kws_int8.tflite", 2656768, 22604},
                    {"vww_int8.tflite", 7489664, 210850},
                    {"ic_int8.tflite", 12501632, 77706},
                    {"ad01_int8.tflite", 264192, 265864}};
  for (const auto& published : kPublished) {
    const Graph graph = Load(published.file);
    EXPECT_EQ(Make(graph, BestKernels()).macs(), published.macs) << published.file;
    EXPECT_EQ(graph.params(), published.params) << published.file;
  }
}

TEST_F(NetworksTest, KwsInInt8MeetsTheTargetAndAgreesWithF32) {
  const Graph s8 = Load("kws_int8.tflite"), f32 = Load("kws_fp32.tflite");
  const Tensor& input = s8.tensors[s8.input];
  const Scale scale = {input.scales[0], input.zero_point};
  const absl::StatusOr<Dataset> data =
      ReadLabelledFiles(dir_ + "/kws01/y_labels.csv", input.size(), ElementType::kS8);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->size(), 500u);
  Runner s8_runner = Make(s8, BestKernels()), f32_runner = Make(f32, BestKernels());
  const Evaluation int8 = Evaluate(*data, scale, s8_runner);
  EXPECT_GE(int8.accuracy(), 0.90);  // MLPerf Tiny's target
  EXPECT_GE(Agreement(int8, Evaluate(*data, scale, f32_runner)), 0.97);
}

// Of the scores' real values, in dB: those of s8 against those of f32.
double SqnrDb(const Tensor& s8, const Evaluation& int8, const Evaluation& f32) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < f32.scores.size(); ++i) {
    const double real = double{s8.scales[0]} * (double{int8.scores[i]} - s8.zero_point);
    signal += double{f32.scores[i]} * f32.scores[i];
    noise += (real - f32.scores[i]) * (real - f32.scores[i]);
  }
  return 10 * std::log10(signal / noise);
}

// There are no labelled inputs for these; of ad the output is no class but the spectrum again.
TEST_F(NetworksTest, Int8AgreesWithF32OnSeededInputs) {
  const struct {
    const char *int8, *f32;
    double agreement, sqnr_db;
  } kNetworks[] = {{"vww_int8.tflite", "vww_fp32.tflite", 0.95, 20},
                   {"ic_int8.tflite", "ic_fp32.tflite", 0.90, 15},
                   {"ad01_int8.tflite", "ad01_fp32.tflite", 0, 15}};
  for (const auto& network : kNetworks) {
    const Graph s8 = Load(network.int8), f32 = Load(network.f32);
    const Tensor& input = s8.tensors[s8.input];
    Dataset seeded = {.type = ElementType::kS8, .input_size = input.size()};
    std::mt19937 rng(1);
    seeded.labels.resize(128);
    for (std::size_t i = 0; i < 128 * seeded.input_size; ++i) {
      seeded.data.push_back(static_cast<std::byte>(rng() >> 24));
    }
    const Scale scale = {input.scales[0], input.zero_point};
    Runner s8_runner = Make(s8, BestKernels()), f32_runner = Make(f32, BestKernels());
    const Evaluation got = Evaluate(seeded, scale, s8_runner),
                     want = Evaluate(seeded, scale, f32_runner);
    EXPECT_GE(Agreement(got, want), network.agreement) << network.int8;
    EXPECT_GE(SqnrDb(s8.tensors[s8.output], got, want), network.sqnr_db) << network.int8;
  }
}

TEST_F(NetworksTest, ScoresInInt8AreTheSameBitsOnEveryIsa) {
  for (const char* file :
       {"kws_int8.tflite", "vww_int8.tflite", "ic_int8.tflite", "ad01_int8.tflite"}) {
    const Graph graph = Load(file);
    Dataset seeded = {.type = ElementType::kS8, .input_size = graph.tensors[graph.input].size()};
    for (std::size_t i = 0; i < 2 * seeded.input_size; ++i) {
      seeded.data.push_back(static_cast<std::byte>(i * i * 2654435761u >> 13));
    }
    seeded.labels.resize(2);
    Runner reference = Make(graph, ReferenceKernels());
    const Evaluation want = Evaluate(seeded, {}, reference);
    for (const KernelTable* kernels : SupportedKernels()) {
      Runner runner = Make(graph, *kernels);
      EXPECT_EQ(Evaluate(seeded, {}, runner).scores, want.scores)
          << file << " on " << IsaName(kernels->isa);
    }
  }
}

}  // namespace
}  // namespace podium::models
