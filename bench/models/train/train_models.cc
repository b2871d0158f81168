// Trains the networks of zoo.h on the data of synthetic.h and writes their weights. Needs nothing but this
// project's compiler:
//
//   cmake --build --preset release -t train_models
//   build/release/bin/train_models bench/models/weights            # all; or: train_models DIR NAME
//
// Everything follows from seeds; a compiler that rounds otherwise gives weights that differ in their last
// bits, and accuracies that differ little. What was reached stands in each file's metadata.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <numeric>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/models/anomaly.h"
#include "bench/models/evaluate.h"
#include "bench/models/safetensors.h"
#include "bench/models/synthetic.h"
#include "bench/models/train/backprop.h"
#include "bench/models/zoo.h"

namespace podium::models {
namespace {

constexpr std::uint32_t kSeed = 7;

struct Recipe {
  const char* name;
  Loss loss;
  Dataset (*data)(Split, std::size_t);
  std::size_t inputs;
  int epochs;
};
constexpr Recipe kRecipes[] = {
    {"digits_mlp", Loss::kCrossEntropy, Digits, 20000, 25},
    {"digits_cnn", Loss::kCrossEntropy, Digits, 12000, 12},
    {"hum", Loss::kReconstruction, Hum, 20000, 40},
};

// He et al., arXiv:1502.01852: normal with variance 2 / inputs of a channel.
void Initialize(Graph& graph, std::mt19937& rng) {
  for (Tensor& t : graph.tensors) {
    if (!t.constant || t.shape.size() < 2) continue;
    const bool depthwise = t.shape.size() == 4 && t.shape[0] == 1;
    const double inputs =
        static_cast<double>(depthwise ? t.shape[1] * t.shape[2] : t.size() / t.shape[0]);
    std::normal_distribution<double> normal(0, std::sqrt(2 / inputs));
    for (std::size_t i = 0; i < t.size(); ++i) {
      const auto value = static_cast<float>(normal(rng));
      std::memcpy(t.data.data() + i * sizeof(value), &value, sizeof(value));
    }
  }
}

// Kingma and Ba, arXiv:1412.6980, with a cosine from `rate` to 0.
class Adam {
 public:
  Adam(std::size_t tensors, double rate, std::size_t steps)
      : rate_(rate), steps_(static_cast<double>(steps)), first_(tensors), second_(tensors) {}

  void Step(const Graph& graph, Backprop& backprop, std::size_t batch) {
    ++step_;
    const double rate = rate_ * 0.5 * (1 + std::cos(3.14159265 * step_ / steps_)) *
                        std::sqrt(1 - std::pow(0.999, step_)) / (1 - std::pow(0.9, step_));
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
      if (!graph.tensors[t].constant) continue;
      const std::span<float> values = backprop.values(t), gradient = backprop.gradient(t);
      first_[t].resize(values.size());
      second_[t].resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float g = gradient[i] / static_cast<float>(batch);
        first_[t][i] = 0.9f * first_[t][i] + 0.1f * g;
        second_[t][i] = 0.999f * second_[t][i] + 0.001f * g * g;
        values[i] -= static_cast<float>(rate) * first_[t][i] / (std::sqrt(second_[t][i]) + 1e-8f);
        gradient[i] = 0;
      }
    }
  }

 private:
  double rate_, steps_, step_ = 0;
  std::vector<std::vector<float>> first_, second_;
};

std::vector<float> RealInput(const Dataset& data, std::size_t i) {
  std::vector<float> input;
  for (const std::byte b : data.input(i)) {
    input.push_back(kPixelScale.scale *
                    static_cast<float>(std::to_integer<int>(b) - 128 - kPixelScale.zero_point));
  }
  return input;
}

std::string Reached(const Recipe& recipe, const Graph& graph) {
  Runner runner = *Runner::Make(graph, BestKernels());
  const Dataset test = recipe.data(Split::kTest, kTestInputs);
  const Evaluation result = Evaluate(test, kPixelScale, runner);
  if (recipe.loss == Loss::kCrossEntropy) {
    return absl::StrCat("top-1 accuracy ", result.accuracy(), " on ", test.size(), " test inputs");
  }
  return absl::StrCat("area under the ROC curve ", *AnomalyAuc(test, kPixelScale, 1, 0, result),
                      " on ", test.size(), " test inputs");
}

bool Train(const Recipe& recipe, const std::string& folder) {
  std::mt19937 rng(kSeed);
  Graph graph = FindArchitecture(recipe.name)();
  Initialize(graph, rng);
  const Dataset data = recipe.data(Split::kTrain, recipe.inputs);
  constexpr std::size_t kBatch = 32;
  const std::size_t steps = recipe.inputs / kBatch * static_cast<std::size_t>(recipe.epochs);
  Backprop backprop(graph, recipe.loss);
  Adam adam(graph.tensors.size(), 2e-3, steps);
  std::vector<std::size_t> order(recipe.inputs);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (int epoch = 0; epoch < recipe.epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng() % i]);
    double loss = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      loss += backprop.Accumulate(RealInput(data, order[i]), data.labels[order[i]]);
      if ((i + 1) % kBatch == 0) adam.Step(graph, backprop, kBatch);
    }
    std::printf("%s: epoch %d, mean loss %.5f\n", recipe.name, epoch + 1,
                loss / static_cast<double>(recipe.inputs));
    std::fflush(stdout);
  }
  Safetensors file;
  for (const Tensor& t : graph.tensors) {
    if (!t.constant) continue;
    const auto values = t.values<float>();
    file.arrays[t.name] = {t.shape, {values.begin(), values.end()}};
  }
  file.metadata = {{"command", absl::StrCat("train_models ", "DIR ", recipe.name)},
                   {"seed", absl::StrCat(kSeed)},
                   {"reached", Reached(recipe, graph)}};
  std::printf("%s: %s\n", recipe.name, file.metadata["reached"].c_str());
  const std::string path = absl::StrCat(folder, "/", recipe.name, ".safetensors");
  std::ofstream out(path, std::ios::binary);
  out << WriteSafetensors(file);
  out.flush();
  if (!out) std::fprintf(stderr, "train_models: %s: cannot be written\n", path.c_str());
  return static_cast<bool>(out);
}

int Main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: train_models DIR [NAME]\n", stderr);
    return 2;
  }
  bool found = false, ok = true;
  for (const Recipe& recipe : kRecipes) {
    if (argc == 3 && std::strcmp(argv[2], recipe.name) != 0) continue;
    found = true;
    ok = Train(recipe, argv[1]) && ok;
  }
  if (!found) std::fprintf(stderr, "train_models: no network '%s'\n", argv[2]);
  return !found ? 2 : ok ? 0 : 1;
}

}  // namespace
}  // namespace podium::models

int main(int argc, char** argv) { return podium::models::Main(argc, argv); }
