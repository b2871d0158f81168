#include "bench/networks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/models/anomaly.h"
#include "bench/models/passes.h"
#include "bench/models/synthetic.h"
#include "bench/models/tflite.h"
#include "bench/models/zoo.h"
#include "bench/options.h"

namespace podium::bench {
namespace {

using models::Dataset;
using models::ElementType;
using models::Evaluation;
using models::Graph;
using models::Runner;

// MLPerf Tiny 1.x, benchmark/training/*/trained_models of mlcommons/tiny.
struct NetworkFiles {
  const char* name;
  const char* f32;
  const char* s8;
  ElementType type;  // of its inputs
  Task task;
};
constexpr NetworkFiles kFiles[] = {
    {"kws", "kws_fp32.tflite", "kws_int8.tflite", ElementType::kS8, Task::kClassify},
    {"vww", "vww_fp32.tflite", "vww_int8.tflite", ElementType::kU8, Task::kClassify},
    {"ic", "ic_fp32.tflite", "ic_int8.tflite", ElementType::kU8, Task::kClassify},
    {"ad", "ad01_fp32.tflite", "ad01_int8.tflite", ElementType::kF32, Task::kDetectAnomalies},
};

constexpr std::size_t kSeededInputs = 256;

// Inputs without labels: uniform over what the network's input can express.
Dataset SeededInputs(std::size_t input_size) {
  Dataset set = {.type = ElementType::kS8, .input_size = input_size};
  std::mt19937 rng(kSeed);
  for (std::size_t i = 0; i < kSeededInputs * input_size; ++i) {
    set.data.push_back(static_cast<std::byte>(rng() >> 24));
  }
  set.labels.resize(kSeededInputs);
  return set;
}

// Labelled inputs in the first of the formats that is there: MLPerf Tiny's, CIFAR-10's test batch
// for ic, NumPy arrays. NotFound if there is none.
absl::StatusOr<Dataset> ReadData(const NetworkFiles& files, const std::string& dir,
                                 std::size_t input_size) {
  absl::StatusOr<Dataset> data = models::ReadLabelledFiles(
      absl::StrCat(dir, "/", files.name, "01/y_labels.csv"), input_size, files.type);
  if (absl::IsNotFound(data.status()) && files.name == absl::string_view("ic")) {
    data = models::ReadCifar10(absl::StrCat(dir, "/cifar-10-batches-bin/test_batch.bin"));
  }
  if (absl::IsNotFound(data.status())) {
    const std::string stem = absl::StrCat(dir, "/", files.name);
    data = models::ReadNpy(stem + "_x.npy", stem + "_y.npy");
  }
  if (data.ok() && data->input_size != input_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        data->names[0], ": ", data->input_size, " elements, ", files.name, " takes ", input_size));
  }
  return data;
}

absl::Status LoadFiles(const NetworkFiles& files, Network& network) {
  const std::string& dir = MutableOptions().data_dir;
  if (dir.empty()) {
    return absl::NotFoundError("needs the MLPerf Tiny networks: --data_dir=DIR or PODIUM_DATA_DIR");
  }
  for (const bool int8 : {false, true}) {
    absl::StatusOr<Graph> graph =
        models::LoadTflite(absl::StrCat(dir, "/models/", int8 ? files.s8 : files.f32));
    if (!graph.ok()) return graph.status();
    network.variants[int8 ? "int8" : "f32"] = *std::move(graph);
  }
  const Graph &s8 = network.variants["int8"], &f32 = network.variants["f32"];
  const models::Tensor& input = s8.tensors[s8.input];
  if (input.type != models::DataType::kS8 || f32.tensors[f32.input].shape != input.shape) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.name, ": the two forms do not have the same input"));
  }
  network.scale = {input.scales[0], input.zero_point};
  network.data = SeededInputs(input.size());
  absl::StatusOr<Dataset> data = ReadData(files, dir, input.size());
  if (absl::IsNotFound(data.status())) return absl::OkStatus();
  if (!data.ok()) return data.status();
  network.data = *std::move(data);
  network.labelled = true;
  for (const std::string& broken : network.data.broken) {
    std::fprintf(stderr, "bench: left out: %s\n", broken.c_str());
  }
  return absl::OkStatus();
}

// Of the small networks of zoo.h: one technique at a time, then stacked, in every order that makes
// a difference or shows that it makes none.
const std::vector<std::string>& PassVariants() {
  static const auto* const variants = new std::vector<std::string>{
      "f32",
      "fuse",
      "prune50",
      "prune75",
      "prune90",
      "global75",
      "random75",
      "rows25",
      "columns25",
      "block50",
      "block75",
      "quad75",
      "2of4",
      "1of4",
      "quantize",
      "fuse+quantize",
      "quantize+fuse",
      "prune50+fuse",
      "block50+fuse",
      "prune50+quantize",
      "quantize+prune50",
      "prune75+quantize",
      "quad75+quantize",
      "quantize+quad75",
      "quad75+fuse+quantize",
      "prune50+quantize+fuse",
      "prune50+fuse+quantize",
      "fuse+quantize+prune50",
  };
  return *variants;
}

absl::Status MakeVariants(Network& network) {
  const bool hum = network.name == "hum";
  network.task = hum ? Task::kDetectAnomalies : Task::kClassify;
  network.scale = models::kPixelScale;
  network.labelled = true;
  const auto make = hum ? models::Hum : models::Digits;
  network.data = make(models::Split::kTest, models::kTestInputs);
  const Dataset calibration = make(models::Split::kCalibration, models::kCalibrationInputs);
  const Graph trained = models::TrainedNetwork(network.name);
  for (const std::string& variant : PassVariants()) {
    absl::StatusOr<Graph> graph = models::ApplyPasses(trained, variant, calibration, network.scale);
    if (!graph.ok()) return graph.status();
    network.variants[variant] = *std::move(graph);
  }
  return absl::OkStatus();
}

// The real values of scores.
double RealScore(const Graph& graph, float score) {
  const models::Tensor& output = graph.tensors[graph.output];
  if (output.type != models::DataType::kS8) return double{score};
  return double{output.scales[0]} * (double{score} - output.zero_point);
}

double ScoreSqnrDb(const Graph& got_graph, const Evaluation& got, const Graph& want_graph,
                   const Evaluation& want) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < got.scores.size(); ++i) {
    const double truth = RealScore(want_graph, want.scores[i]);
    const double error = RealScore(got_graph, got.scores[i]) - truth;
    signal += truth * truth;
    noise += error * error;
  }
  return noise == 0 ? 300 : std::min(300.0, 10 * std::log10(signal / noise));
}

}  // namespace

const std::vector<NetworkName>& NetworkNames() {
  static const auto* const names = [] {
    auto* all = new std::vector<NetworkName>;
    for (const NetworkFiles& files : kFiles) all->push_back({files.name, {"f32", "int8"}});
    for (const char* name : {"digits_mlp", "digits_cnn", "hum"}) {
      all->push_back({name, PassVariants()});
    }
    return all;
  }();
  return *names;
}

std::string TechniquesOfVariant(const std::string& variant) {
  return variant == "int8" ? "quantization" : models::TechniquesOf(variant);
}

const Network& GetNetwork(const std::string& name) {
  static auto* const kept = new std::map<std::string, Network>;
  const auto [it, added] = kept->try_emplace(name);
  Network& network = it->second;
  if (!added) return network;
  network.name = name;
  const auto* const files = std::find_if(std::begin(kFiles), std::end(kFiles),
                                         [&](const NetworkFiles& f) { return f.name == name; });
  if (files != std::end(kFiles)) {
    network.task = files->task;
    network.status = LoadFiles(*files, network);
  } else {
    network.status = MakeVariants(network);
  }
  return network;
}

absl::StatusOr<std::shared_ptr<const NetworkQuality>> Evaluated(const Network& network,
                                                                const std::string& variant,
                                                                const KernelTable& kernels) {
  using Key = std::tuple<std::string, std::string, Isa>;
  static auto* const kept = new std::map<Key, std::shared_ptr<const NetworkQuality>>;
  auto& slot = (*kept)[Key(network.name, variant, kernels.isa)];
  if (slot != nullptr) return slot;
  const Graph& graph = network.variants.at(variant);
  absl::StatusOr<Runner> runner = Runner::Make(graph, kernels);
  if (!runner.ok()) return runner.status();
  NetworkQuality quality;
  quality.evaluation = models::Evaluate(network.data, network.scale, *runner);
  if (network.labelled && network.task == Task::kClassify) {
    quality.accuracy = quality.evaluation.accuracy();
  } else if (network.labelled) {
    const models::Tensor& output = graph.tensors[graph.output];
    const bool s8 = output.type == models::DataType::kS8;
    quality.accuracy = models::AnomalyAuc(network.data, network.scale, s8 ? output.scales[0] : 1,
                                          s8 ? output.zero_point : 0, quality.evaluation);
  }
  if (variant != "f32") {
    const auto f32 = Evaluated(network, "f32", kernels);
    if (!f32.ok()) return f32.status();
    const Evaluation& truth = (*f32)->evaluation;
    if (network.task == Task::kClassify) {
      quality.top1_agreement = models::Agreement(quality.evaluation, truth);
    }
    quality.sqnr_db = ScoreSqnrDb(graph, quality.evaluation, network.variants.at("f32"), truth);
  }
  return slot = std::make_shared<const NetworkQuality>(std::move(quality));
}

void LogScores(const Scored& scored, const Dataset& data, const Evaluation& evaluation) {
  const std::string& path = MutableOptions().accuracy_log;
  static auto* const written = new std::set<std::string>;
  const std::string key =
      absl::StrCat(scored.network, ",", scored.variant, ",", std::string(IsaName(scored.isa)));
  if (path.empty() || !written->insert(key).second) return;
  std::ofstream out(path, std::ios::app);
  for (std::size_t i = 0; i < evaluation.predicted.size(); ++i) {
    out << key << ',' << data.names[i] << ',' << data.labels[i] << ',' << evaluation.predicted[i];
    for (std::size_t k = 0; k < evaluation.classes; ++k) {
      out << ',' << absl::StrCat(evaluation.scores[i * evaluation.classes + k]);
    }
    out << '\n';
  }
  out.flush();
  if (!out) std::fprintf(stderr, "bench: %s: cannot be written\n", path.c_str());
}

}  // namespace podium::bench
