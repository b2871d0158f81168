// Whole networks: the MLPerf Tiny reference networks of --data_dir, f32 and int8, on inputs with true
// labels where it has them.
//
//   model/variant:int8/isa:<isa>/net:kws/batch:1          latency; larger batches: throughput, `inputs`
//   model_layer/variant:int8/isa:<isa>/net:kws/layer:03_depthwise_conv2d   one layer alone
//
// Figures beside the usual ones: `accuracy`, top-1 on all `accuracy_inputs` labelled inputs (of which
// `broken_inputs` could not be read); of int8 `top1_agreement`, the share of them, or of seeded random
// inputs where there are no labels, for which the f32 network predicts the same, and `sqnr_db`, its
// scores against that network's; `activation_bytes`, the peak of the memory plan. Of a layer `of_peak`, its rate as a fraction of `machine/`'s peak on the same ISA,
// measured when the row is built, and `share`, its part of a run of the network.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/models/evaluate.h"
#include "bench/models/tflite.h"
#include "bench/options.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

using models::Dataset;
using models::ElementType;
using models::Evaluation;
using models::Graph;
using models::Runner;

struct NetworkFiles {
  const char* name;
  const char* f32;
  const char* s8;
  ElementType type;  // of its inputs
  bool classifies;   // its largest score is what it says
};

// MLPerf Tiny 1.x, benchmark/training/*/trained_models of mlcommons/tiny.
constexpr NetworkFiles kNetworks[] = {
    {"kws", "kws_fp32.tflite", "kws_int8.tflite", ElementType::kS8, true},
    {"vww", "vww_fp32.tflite", "vww_int8.tflite", ElementType::kU8, true},
    {"ic", "ic_fp32.tflite", "ic_int8.tflite", ElementType::kU8, true},
    {"ad", "ad01_fp32.tflite", "ad01_int8.tflite", ElementType::kF32, false},
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

// Labelled inputs in the first of the formats that is there: MLPerf Tiny's, CIFAR-10's test batch for ic,
// NumPy arrays. NotFound if there is none.
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

// A network in both forms with what to feed it.
struct Network {
  std::string name;
  bool classifies;
  Graph f32 = {}, s8 = {};
  models::InputScale scale = {};
  bool labelled = false;
  Dataset data = {};
  std::string error = "";  // why there is none

  const Graph& graph(bool int8) const { return int8 ? s8 : f32; }
};

Network Load(const NetworkFiles& files) {
  Network network = {.name = files.name, .classifies = files.classifies};
  const std::string& dir = MutableOptions().data_dir;
  if (dir.empty()) {
    network.error = "needs the MLPerf Tiny networks: --data_dir=DIR or PODIUM_DATA_DIR";
    return network;
  }
  for (const bool int8 : {false, true}) {
    absl::StatusOr<Graph> graph =
        models::LoadTflite(absl::StrCat(dir, "/models/", int8 ? files.s8 : files.f32));
    if (!graph.ok()) {
      network.error = std::string(graph.status().message());
      return network;
    }
    (int8 ? network.s8 : network.f32) = *std::move(graph);
  }
  const models::Tensor& input = network.s8.tensors[network.s8.input];
  if (input.type != models::DataType::kS8 ||
      network.f32.tensors[network.f32.input].shape != input.shape) {
    network.error = absl::StrCat(files.name, ": the two forms do not have the same input");
    return network;
  }
  network.scale = {input.scales[0], input.zero_point};
  if (files.classifies) {
    absl::StatusOr<Dataset> data = ReadData(files, dir, input.size());
    if (data.ok()) {
      network.data = *std::move(data);
      network.labelled = true;
      for (const std::string& broken : network.data.broken) {
        std::fprintf(stderr, "bench: left out: %s\n", broken.c_str());
      }
      return network;
    }
    if (!absl::IsNotFound(data.status())) {
      network.error = std::string(data.status().message());
      return network;
    }
  }
  network.data = SeededInputs(input.size());
  return network;
}

std::shared_ptr<const Network> SharedNetwork(const NetworkFiles& files) {
  // Kept: the rows of a network come back to it one by one.
  static auto* const kept = new std::vector<std::shared_ptr<const Network>>;
  for (const auto& network : *kept) {
    if (network->name == files.name) return network;
  }
  kept->push_back(std::make_shared<const Network>(Load(files)));
  return kept->back();
}

// All inputs through one form of the network, once per ISA in the life of the process.
absl::StatusOr<std::shared_ptr<const Evaluation>> Evaluated(const Network& network, bool int8,
                                                            const KernelTable& kernels) {
  static auto* const kept =
      new std::map<std::tuple<std::string, bool, Isa>, std::shared_ptr<const Evaluation>>;
  auto& slot = (*kept)[{network.name, int8, kernels.isa}];
  if (slot == nullptr) {
    absl::StatusOr<Runner> runner = Runner::Make(network.graph(int8), kernels);
    if (!runner.ok()) return runner.status();
    slot = std::make_shared<const Evaluation>(Evaluate(network.data, network.scale, *runner));
  }
  return slot;
}

// Appends a line for each input, of this network, variant and ISA: all scores behind the prediction.
void Log(const Network& network, bool int8, const KernelTable& kernels, const Evaluation& result) {
  const std::string& path = MutableOptions().accuracy_log;
  static auto* const written = new std::set<std::string>;
  const std::string key =
      absl::StrCat(network.name, int8 ? ",int8," : ",f32,", std::string(IsaName(kernels.isa)));
  if (path.empty() || !network.labelled || !written->insert(key).second) return;
  std::ofstream out(path, std::ios::app);
  for (std::size_t i = 0; i < result.predicted.size(); ++i) {
    out << key << ',' << network.data.names[i] << ',' << network.data.labels[i] << ','
        << result.predicted[i];
    for (std::size_t k = 0; k < result.classes; ++k) {
      out << ',' << absl::StrCat(result.scores[i * result.classes + k]);
    }
    out << '\n';
  }
  out.flush();
  if (!out) std::fprintf(stderr, "bench: %s: cannot be written\n", path.c_str());
}

// The network on `batch` of its inputs at once.
struct BatchRun {
  Runner runner;
  std::size_t batch;

  void SetInputs(const Network& network, Runner& one) {
    for (std::size_t i = 0; i < batch; ++i) {
      SetInput(network.data.input(i % network.data.size()), network.data.type, network.scale, one);
      const auto from = std::as_bytes(one.input<std::int8_t>());
      const auto to = std::as_writable_bytes(runner.input<std::int8_t>());
      std::copy(from.begin(), from.end(),
                to.begin() + static_cast<std::ptrdiff_t>(i * from.size()));
    }
  }
};

std::vector<float> Scores(const Runner& runner) {
  if (runner.output_type() == models::DataType::kS8) {
    const auto scores = runner.output<std::int8_t>();
    return {scores.begin(), scores.end()};
  }
  const auto scores = runner.output<float>();
  return {scores.begin(), scores.end()};
}

// The first inputs on these kernels, as a batch, against the reference's, one by one: s8 the same bits,
// f32 close: rounding grows from layer to layer, by far less than this.
absl::Status Verify(const Network& network, bool int8, Runner& batched, std::size_t batch) {
  absl::StatusOr<Runner> reference = Runner::Make(network.graph(int8), ReferenceKernels());
  if (!reference.ok()) return reference.status();
  const std::vector<float> got = Scores(batched);
  // The reference is slow, and the images of a batch all alike.
  const std::size_t inputs = std::min<std::size_t>(batch, 2), scores = got.size() / batch;
  for (std::size_t i = 0; i < inputs; ++i) {
    SetInput(network.data.input(i % network.data.size()), network.data.type, network.scale,
             *reference);
    reference->Run();
    const std::vector<float> want = Scores(*reference);
    float largest = 0;
    for (const float w : want) largest = std::max(largest, std::abs(w));
    for (std::size_t k = 0; k < scores; ++k) {
      const float error = std::abs(got[i * scores + k] - want[k]);
      if (error <= (int8 ? 0 : 1e-4f * largest)) continue;
      return absl::InternalError(absl::StrCat("input ", i, ", score ", k, " is ",
                                              got[i * scores + k], ", the reference's ", want[k]));
    }
  }
  return absl::OkStatus();
}

// Of the real values of the s8 network's scores, against those of the f32 network.
double ScoreSqnrDb(const Graph& s8, const Evaluation& got, const Evaluation& want) {
  const models::Tensor& output = s8.tensors[s8.output];
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < got.scores.size(); ++i) {
    const double score = output.scales[0] * (got.scores[i] - static_cast<float>(output.zero_point));
    const double error = score - double{want.scores[i]};
    signal += double{want.scores[i]} * double{want.scores[i]};
    noise += error * error;
  }
  return noise == 0 ? 300 : 10 * std::log10(signal / noise);
}

double OpsPerRun(const Runner& runner) { return 2 * runner.macs(); }

Row Failed(absl::string_view why) {
  Row row;
  row.error = std::string(why);
  return row;
}

Row MakeModelRow(const NetworkFiles& files, bool int8, std::size_t batch,
                 const KernelTable& kernels) {
  const std::shared_ptr<const Network> network = SharedNetwork(files);
  if (!network->error.empty()) return Failed(network->error);
  const Graph& graph = network->graph(int8);
  absl::StatusOr<Runner> one = Runner::Make(graph, kernels);
  if (!one.ok()) return Failed(one.status().message());
  absl::StatusOr<Runner> batched = Runner::Make(WithBatch(graph, batch), kernels);
  if (!batched.ok()) return Failed(batched.status().message());
  const auto evaluation = Evaluated(*network, int8, kernels);
  if (!evaluation.ok()) return Failed(evaluation.status().message());

  Row row;
  row.work = {{int8 ? "ops" : "flops", OpsPerRun(*batched)},
              {"inputs", static_cast<double>(batch)}};
  row.params = static_cast<double>(graph.params());
  row.size_bytes = static_cast<double>(graph.size_bytes());
  row.operand_bytes = batched->activation_bytes() + batched->weight_bytes();
  row.figures = {{"activation_bytes", static_cast<double>(batched->activation_bytes())}};
  if (network->labelled) {
    row.figures.emplace_back("accuracy", (*evaluation)->accuracy());
    row.figures.emplace_back("accuracy_inputs", static_cast<double>(network->data.size()));
    row.figures.emplace_back("broken_inputs", static_cast<double>(network->data.broken.size()));
  }
  if (int8) {
    const auto f32 = Evaluated(*network, false, kernels);
    if (!f32.ok()) return Failed(f32.status().message());
    if (network->classifies) {
      row.figures.emplace_back("top1_agreement", models::Agreement(**evaluation, **f32));
    }
    row.figures.emplace_back("sqnr_db", ScoreSqnrDb(graph, **evaluation, **f32));
    if (!network->labelled) row.label = "no labelled inputs: compared on seeded ones";
  }
  if (batch == 1) Log(*network, int8, kernels, **evaluation);

  const auto run = std::make_shared<BatchRun>(BatchRun{*std::move(batched), batch});
  const auto inputs = std::make_shared<std::vector<std::byte>>();
  run->SetInputs(*network, *one);
  const auto in = std::as_bytes(run->runner.input<std::int8_t>());
  inputs->assign(in.begin(), in.end());
  // Copying an input in is part of a run: a later layer may have overwritten it.
  row.run = [run, inputs] {
    const auto to = std::as_writable_bytes(run->runner.input<std::int8_t>());
    std::copy(inputs->begin(), inputs->end(), to.begin());
    run->runner.Run();
  };
  row.verify = [=] { return Verify(*network, int8, run->runner, batch); };
  return row;
}

// Median seconds of each layer within runs of the whole network.
std::vector<double> LayerSeconds(Runner& runner) {
  constexpr std::size_t kRuns = 101;
  std::vector<std::vector<double>> seconds(runner.layers().size());
  for (std::size_t run = 0; run < kRuns; ++run) {
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      runner.RunLayer(i);
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
      seconds[i].push_back(elapsed.count());
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& s : seconds) {
    std::nth_element(s.begin(), s.begin() + kRuns / 2, s.end());
    medians.push_back(s[kRuns / 2]);
  }
  return medians;
}

// Operations a second of the ISA at its best: the best of some tries, as machine/ measures it.
double PeakPerSecond(bool int8, const KernelTable& kernels) {
  constexpr std::size_t kOperations = std::size_t{1} << 22;
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    std::int32_t s32 = 0;
    float f32 = 0;
    const std::size_t done =
        int8 ? kernels.peak_u8s8(kOperations, &s32) : kernels.peak_f32(kOperations, &f32);
    benchmark::DoNotOptimize(s32);
    benchmark::DoNotOptimize(f32);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(done) / elapsed.count());
  }
  return best;
}

Row MakeLayerRow(const NetworkFiles& files, bool int8, std::size_t layer,
                 const KernelTable& kernels) {
  const std::shared_ptr<const Network> network = SharedNetwork(files);
  if (!network->error.empty()) return Failed(network->error);
  absl::StatusOr<Runner> made = Runner::Make(network->graph(int8), kernels);
  if (!made.ok()) return Failed(made.status().message());
  const auto runner = std::make_shared<Runner>(*std::move(made));
  SetInput(network->data.input(0), network->data.type, network->scale, *runner);
  runner->Run();
  const std::vector<double> seconds = LayerSeconds(*runner);
  double sum = 0;
  for (const double s : seconds) sum += s;
  Row row;
  row.work = {{int8 ? "ops" : "flops", 2 * runner->layers()[layer].macs}};
  row.peak_per_second = PeakPerSecond(int8, kernels);
  row.figures = {{"share", seconds[layer] / sum}};
  row.run = [=] { runner->RunLayer(layer); };
  // On whatever lies in its input now; the network as a whole is verified by its own row.
  row.verify = [] { return absl::OkStatus(); };
  return row;
}

const bool kRegistered = [] {
  for (const NetworkFiles& files : kNetworks) {
    for (const bool int8 : {false, true}) {
      const Variant variant = {"model", int8 ? "int8" : "f32", int8 ? "quantization" : "", !int8};
      for (const std::size_t batch : {1, 4, 16, 64}) {
        RegisterForEachIsa(
            variant, {{"net", files.name}, {"batch", absl::StrCat(batch)}},
            [=](const KernelTable& kernels) { return MakeModelRow(files, int8, batch, kernels); });
      }
    }
  }
  return true;
}();

}  // namespace

void RegisterModelLayers() {
  if (MutableOptions().data_dir.empty()) return;
  for (const NetworkFiles& files : kNetworks) {
    const std::shared_ptr<const Network> network = SharedNetwork(files);
    if (!network->error.empty()) continue;  // the rows of the whole network say it
    for (const bool int8 : {false, true}) {
      const Variant variant = {"model_layer", int8 ? "int8" : "f32", int8 ? "quantization" : "",
                               !int8};
      const Graph& graph = network->graph(int8);
      for (std::size_t i = 0; i < graph.ops.size(); ++i) {
        const std::string layer = absl::StrCat(i < 10 ? "0" : "", i, "_", Name(graph.ops[i].kind));
        RegisterForEachIsa(
            variant, {{"net", files.name}, {"layer", layer}},
            [=](const KernelTable& kernels) { return MakeLayerRow(files, int8, i, kernels); });
      }
    }
  }
}

}  // namespace podium::bench
