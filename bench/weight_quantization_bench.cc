// What the granularity of weight quantization costs in accuracy: one linear layer of 1024 x 1024 on 256
// tokens, its weights rounded to nearest.
//
//   weight_quantization/variant:round_to_nearest/isa:<isa>/outliers:<where>/bits:<b>/scales:<per what>
//
// outliers  none: every output channel has a width of its own (Weights in inputs.h)
//           outputs: besides, 1 % of the output channels are 10 times as wide, so that one scale for the
//           tensor leaves few levels to all others
//           inputs: besides, 1 % of the input channels are, as in transformers whose normalization is
//           folded into the next layer; then every output channel holds such weights, and only
//           scales for groups within a channel confine the harm
// scales    tensor, channel, group128, group32: what has a scale of its own
//
// Timed is the quantization itself, plain C++, as it runs once when a network is loaded; one variant, so
// no claim of speed is made. The quality figures are those of the layer's output, in FP64, with the
// weights as stored and the activations exact, so they show the weights' share of the error alone.
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/quality.h"
#include "bench/quantize_weights.h"
#include "bench/register.h"
#include "bench/shared.h"

namespace podium::bench {
namespace {

constexpr std::size_t M = 256, N = 1024, K = 1024;

enum class Outliers { kNone, kOutputs, kInputs };

struct Layer {
  AlignedVector<float> a, w;  // M x K, N x K
  std::vector<double> truth;  // M x N
};

Layer MakeLayer(Outliers outliers) {
  Layer layer = {.a = Activations(M, K, kSeed), .w = Weights(N, K, kSeed + 1), .truth = {}};
  std::vector<float> rows(N, 1.0f), cols(K, 1.0f);
  std::vector<float>& wide = outliers == Outliers::kOutputs ? rows : cols;
  std::mt19937 choose(kSeed + 1);
  for (std::size_t i = 0; outliers != Outliers::kNone && i < wide.size() / 100; ++i) {
    wide[choose() % wide.size()] = 10.0f;
  }
  for (std::size_t i = 0; i < N * K; ++i) layer.w[i] *= rows[i / K] * cols[i % K];
  layer.truth = MatmulTruth(M, N, K, layer.a, layer.w);
  return layer;
}

Row MakeRow(Outliers outliers, const WeightQuantization& how) {
  struct State {
    std::shared_ptr<const Layer> layer;
    QuantizedWeights quantized;
  };
  auto s = std::make_shared<State>();
  s->layer = Shared(outliers, [&] { return MakeLayer(outliers); });
  s->quantized = Quantize(how, N, K, s->layer->w);
  const std::vector<float> stored = Dequantize(how, N, K, s->quantized);
  const std::vector<double> result = MatmulTruth(M, N, K, s->layer->a, stored);
  const std::vector<float> rounded(result.begin(), result.end());

  Row row;
  row.params = static_cast<double>(N * K);
  row.work = {{"weights", row.params}};
  row.size_bytes = StoredBytes(how, s->quantized);
  row.operand_bytes = (sizeof(float) + sizeof(std::int8_t)) * N * K;
  row.bytes = static_cast<double>(row.operand_bytes);
  row.quality = CompareToTruth(rounded, s->layer->truth, N);
  row.run = [s, how] { s->quantized = Quantize(how, N, K, s->layer->w); };
  // No weight is further off than half a level, and a rounding of the product.
  row.verify = [s, how]() -> absl::Status {
    const std::vector<float> w = Dequantize(how, N, K, s->quantized);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const float scale = s->quantized.scales[i * s->quantized.scales.size() / (N * K)];
      if (std::fabs(w[i] - s->layer->w[i]) <= 0.5001f * scale) continue;
      return absl::InternalError(absl::StrCat("weight ", i, " became ", w[i], ", is ",
                                              s->layer->w[i], ", at a scale of ", scale));
    }
    return absl::OkStatus();
  };
  return row;
}

const bool kRegistered = [] {
  const Variant variant = {.family = "weight_quantization",
                           .name = "round_to_nearest",
                           .techniques = "quantization",
                           .baseline = false};
  using Q = WeightQuantization;
  for (const auto& [where, outliers] :
       {std::pair("none", Outliers::kNone), std::pair("outputs", Outliers::kOutputs),
        std::pair("inputs", Outliers::kInputs)}) {
    for (const int bits : {8, 4}) {
      for (const auto& [scales, group] :
           {std::pair("tensor", Q::kPerTensor), std::pair("channel", Q::kPerChannel),
            std::pair("group128", std::size_t{128}), std::pair("group32", std::size_t{32})}) {
        // Not vectorised for one ISA or another: a row for one of them says it all.
        RegisterForBestIsa(
            variant, {{"outliers", where}, {"bits", absl::StrCat(bits)}, {"scales", scales}},
            [outliers = outliers, how = Q{.bits = bits, .group = group}](const KernelTable&) {
              return MakeRow(outliers, how);
            });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
