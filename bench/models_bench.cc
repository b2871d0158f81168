// Whole networks: the MLPerf Tiny reference networks of --data_dir in f32 and int8, and small ones
// of our own, trained on generated data, in f32 and with techniques applied in the order of the
// variant's name.
//
//   model/variant:int8/isa:<isa>/net:kws/batch:1      latency; larger batches: throughput, `inputs`
//   model/variant:prune50+fuse+quantize/isa:<isa>/net:digits_mlp/batch:1
//   model_layer/variant:int8/isa:<isa>/net:kws/layer:03_depthwise_conv2d   one layer alone
//
// Figures beside the usual ones: `accuracy` on all `accuracy_inputs` labelled inputs (of which
// `broken_inputs` could not be read), top-1, `accuracy_right` of them, or of ad and hum the area
// under the ROC curve; against the f32 network, on random inputs where there are no labels,
// `top1_agreement`, the share of inputs with the same prediction, and `sqnr_db` of the scores;
// `activation_bytes`, the peak of the memory plan; `macs`, the multiply-adds of one input. Of a
// layer `bytes`, its operands and result each once; `of_peak`, its rate as a fraction of
// `machine/`'s peak on the same ISA, measured when the row is built, and `share`, its part of a run
// of the network.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/models/evaluate.h"
#include "bench/models/passes.h"
#include "bench/models/runner.h"
#include "bench/models/zoo.h"
#include "bench/networks.h"
#include "bench/options.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

using models::Graph;
using models::Runner;

bool IsS8(const Graph& graph) { return graph.tensors[graph.output].type == models::DataType::kS8; }

// The first inputs on these kernels, as a batch, against the reference's, one by one: s8 the same
// bits, f32 close: rounding grows from layer to layer, by far less than this.
absl::Status Verify(const Network& network, const Graph& graph, const Runner& batched,
                    std::size_t batch) {
  absl::StatusOr<Runner> reference = Runner::Make(graph, ReferenceKernels());
  if (!reference.ok()) return reference.status();
  const std::vector<float> got = Scores(batched);
  // The reference is slow, and the images of a batch all alike.
  const std::size_t inputs = std::min<std::size_t>(batch, 2), scores = got.size() / batch;
  for (std::size_t i = 0; i < inputs; ++i) {
    SetInput(network.data.input(i), network.data.type, network.scale, *reference);
    reference->Run();
    const std::vector<float> want = Scores(*reference);
    float largest = 0;
    for (const float w : want) largest = std::max(largest, std::abs(w));
    for (std::size_t k = 0; k < scores; ++k) {
      const float error = std::abs(got[i * scores + k] - want[k]);
      if (error <= (IsS8(graph) ? 0 : 1e-4f * largest)) continue;
      return absl::InternalError(absl::StrCat("input ", i, ", score ", k, " is ",
                                              got[i * scores + k], ", the reference's ", want[k]));
    }
  }
  return absl::OkStatus();
}

void AddQuality(const Network& network, const NetworkQuality& quality, Row& row) {
  if (quality.accuracy) {
    row.figures.emplace_back("accuracy", *quality.accuracy);
    const std::vector<std::size_t>& recordings = network.data.recordings;
    const std::size_t inputs = recordings.empty()
                                   ? network.data.size()
                                   : std::set(recordings.begin(), recordings.end()).size();
    row.figures.emplace_back("accuracy_inputs", static_cast<double>(inputs));
    if (network.task == Task::kClassify) {
      row.figures.emplace_back("accuracy_right", static_cast<double>(quality.evaluation.correct));
    }
    row.figures.emplace_back("broken_inputs", static_cast<double>(network.data.broken.size()));
  } else {
    row.label = "no labelled inputs: compared on random ones";
  }
  if (quality.top1_agreement) {
    row.figures.emplace_back("top1_agreement", *quality.top1_agreement);
  }
  row.figures.emplace_back("sqnr_db", quality.sqnr_db);
}

Row MakeModelRow(const std::string& name, const std::string& variant, std::size_t batch,
                 const KernelTable& kernels) {
  const Network& network = GetNetwork(name);
  if (!network.status.ok()) return Failed(network.status);
  const Graph& graph = network.variants.at(variant);
  absl::StatusOr<Runner> one = Runner::Make(graph, kernels);
  if (!one.ok()) return Failed(one.status());
  absl::StatusOr<Runner> batched = Runner::Make(WithBatch(graph, batch), kernels);
  if (!batched.ok()) return Failed(batched.status());
  const auto quality = Evaluated(network, variant, kernels);
  if (!quality.ok()) return Failed(quality.status());
  if (batch == 1 && network.labelled) {
    LogScores({name, variant, kernels.isa}, network.data, (*quality)->evaluation);
  }

  Row row;
  row.work = {{IsS8(graph) ? "ops" : "flops", 2 * batched->macs()},
              {"inputs", static_cast<double>(batch)}};
  row.params = static_cast<double>(graph.params());
  row.size_bytes = static_cast<double>(graph.size_bytes());
  row.operand_bytes = batched->activation_bytes() + batched->weight_bytes();
  row.figures = {{"activation_bytes", static_cast<double>(batched->activation_bytes())},
                 {"macs", one->macs()}};
  AddQuality(network, **quality, row);

  const auto runner = std::make_shared<Runner>(*std::move(batched));
  const auto inputs = std::make_shared<std::vector<std::byte>>();
  for (std::size_t i = 0; i < batch; ++i) {
    SetInput(network.data.input(i % network.data.size()), network.data.type, network.scale, *one);
    const auto input = std::as_bytes(one->input<std::int8_t>());
    inputs->insert(inputs->end(), input.begin(), input.end());
  }
  // Copying the inputs in is part of a run: a later layer may have overwritten them.
  row.run = [runner, inputs] {
    const auto to = std::as_writable_bytes(runner->input<std::int8_t>());
    std::copy(inputs->begin(), inputs->end(), to.begin());
    runner->Run();
  };
  row.verify = [&network, &graph, runner, batch] { return Verify(network, graph, *runner, batch); };
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

// What an operator reads and writes at least: each tensor once, weights as packed, with their
// tables.
double OperandBytes(const Graph& graph, const models::Op& op, const models::Layer& layer) {
  const models::Tensor& y = graph.tensors[op.output];
  double bytes = static_cast<double>(layer.ReadBytes(y.shape[0]) + y.bytes());
  for (const std::size_t input : op.inputs) {
    if (!graph.tensors[input].constant) bytes += static_cast<double>(graph.tensors[input].bytes());
  }
  return bytes;
}

Row MakeLayerRow(const std::string& name, const std::string& variant, std::size_t layer,
                 const KernelTable& kernels) {
  const Network& network = GetNetwork(name);
  if (!network.status.ok()) return Failed(network.status);
  const Graph& graph = network.variants.at(variant);
  absl::StatusOr<Runner> made = Runner::Make(graph, kernels);
  if (!made.ok()) return Failed(made.status());
  const auto runner = std::make_shared<Runner>(*std::move(made));
  SetInput(network.data.input(0), network.data.type, network.scale, *runner);
  runner->Run();
  const std::vector<double> seconds = LayerSeconds(*runner);
  double sum = 0;
  for (const double s : seconds) sum += s;
  Row row;
  row.work = {{IsS8(graph) ? "ops" : "flops", 2 * runner->layers()[layer].macs}};
  row.peak_per_second = PeakPerSecond(IsS8(graph), kernels);
  row.figures = {{"share", seconds[layer] / sum}};
  row.bytes = OperandBytes(graph, graph.ops[layer], runner->layers()[layer]);
  row.run = [=] { runner->RunLayer(layer); };
  // On whatever lies in its input now; the network as a whole is verified by its own row.
  row.verify = [] { return absl::OkStatus(); };
  return row;
}

// Of `family`, model or model_layer.
Variant VariantOf(const std::string& family, const std::string& variant) {
  return {family, variant, TechniquesOfVariant(variant), variant == "f32"};
}

void RegisterLayersOf(const std::string& net, const std::string& variant, const Graph& graph) {
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const std::string layer = absl::StrCat(i < 10 ? "0" : "", i, "_", Name(graph.ops[i].kind));
    RegisterForEachIsa(
        VariantOf("model_layer", variant), {{"net", net}, {"layer", layer}},
        [=](const KernelTable& kernels) { return MakeLayerRow(net, variant, i, kernels); });
  }
}

void RegisterLayers() {
  for (const auto& [net, variants] : NetworkNames()) {
    if (models::ArchitectureFn* const architecture = models::FindArchitecture(net)) {
      // Of ours the architecture tells, without calibrating networks that may not be asked for;
      // quantizing leaves the operators what they are.
      const Graph f32 = architecture(), fused = models::Fuse(f32);
      RegisterLayersOf(net, "f32", f32);
      RegisterLayersOf(net, "fuse", fused);
      RegisterLayersOf(net, "fuse+quantize", fused);
      continue;
    }
    // Of the others the files tell, where there are any; if they are broken, the rows of the whole
    // network say it.
    if (MutableOptions().data_dir.empty()) continue;
    const Network& network = GetNetwork(net);
    if (!network.status.ok()) continue;
    for (const auto& [variant, graph] : network.variants) RegisterLayersOf(net, variant, graph);
  }
}

const bool kRegistered = [] {
  for (const auto& [net, variants] : NetworkNames()) {
    for (const std::string& variant : variants) {
      for (const std::size_t batch : {1, 4, 16, 64}) {
        RegisterForEachIsa(VariantOf("model", variant),
                           {{"net", net}, {"batch", absl::StrCat(batch)}},
                           [name = net, variant, batch](const KernelTable& kernels) {
                             return MakeModelRow(name, variant, batch, kernels);
                           });
      }
    }
  }
  AfterFlags(RegisterLayers);
  return true;
}();

}  // namespace
}  // namespace podium::bench
