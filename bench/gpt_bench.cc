// One token of generation by the small GPT that is part of the program, behind `context` - 1
// others, with techniques applied in the order of the variant's name.
//
//   generate/variant:f32/isa:<isa>/net:gpt/context:256              all layers on all tokens again
//   generate/variant:fuse+quantize+kv_cache/isa:<isa>/...           the new token; keys, values kept
//   generate_layer/variant:kv_cache/isa:<isa>/net:gpt/context:256/layer:attention   one part alone
//
// kv_cache_f16 and kv_cache_s8 keep keys and values of the f32 network in that type.
//
// `accuracy`: the share of `accuracy_inputs` lines, behind as many tokens of other lines as the
// context has, whose answer is right, `accuracy_right` of them. In --accuracy_log label and
// prediction are the two tokens as a number in base 20, the vocabulary's size; scores are those of
// the first, then of the second. A row is verified by generating `kGenerated` tokens: they must be
// those of the same network on the reference kernels without a cache; where the cache rounds, with
// kv_cache_f16 and kv_cache_s8, the first must.
//
// The parts: attention, with its projections, and ffn, each of all layers; rest. Their `bytes` are
// the weights that a token reads, and keys and values that are kept, each once. `activation_bytes`
// as of model/: the peak of the memory plan, without a cache with all keys and values.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/inputs.h"
#include "bench/models/evaluate.h"
#include "bench/models/generator.h"
#include "bench/models/gpt.h"
#include "bench/models/passes.h"
#include "bench/networks.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

using models::Generator;
using models::GptLines;
using models::Graph;
using models::Layer;
using models::OpKind;

constexpr std::size_t kGenerated = 32;

// How many lines the accuracy is of: fewer where a token takes milliseconds.
std::size_t AccuracyLines(std::size_t context) { return context <= 256 ? 1000 : 200; }

// Quantized once, for all contexts.
const absl::StatusOr<Graph>& VariantOf(const std::string& variant) {
  static auto* const kept = new std::map<std::string, absl::StatusOr<Graph>>;
  auto found = kept->find(variant);
  if (found == kept->end()) {
    found = kept->emplace(variant, models::ApplyPasses(models::GptGraph(models::TrainedGpt()),
                                                       variant, models::GptCalibration(), {}))
                .first;
  }
  return found->second;
}

// So many tokens of lines, of which the last is an equals sign.
std::vector<std::size_t> Context(std::size_t tokens, std::uint32_t seed) {
  const std::size_t lines = tokens / models::kLineTokens + 2;
  std::vector<std::size_t> all = GptLines(lines, seed);
  // Its last line ends at its answer; what comes before fills the context.
  const std::size_t end = (lines - 1) * models::kLineTokens + models::kAnswerAt;
  return {all.begin() + static_cast<std::ptrdiff_t>(end - tokens),
          all.begin() + static_cast<std::ptrdiff_t>(end)};
}

// Both tokens as one number: what is predicted need not be a digit.
std::size_t Number(const models::GptAnswerTokens& tokens) {
  return models::GptShape().vocab * tokens[0] + tokens[1];
}

// Of each line the answer that it has, and the one that is given with the scores of its two tokens.
struct Answers {
  models::Dataset lines;
  models::Evaluation given;
};

Answers Answer(Generator& gpt, std::size_t context) {
  Answers answers;
  for (std::uint32_t i = 0; i < AccuracyLines(context); ++i) {
    // Room for all digits but the last.
    const std::vector<std::size_t> tokens =
        Context(context + 1 - models::kAnswerTokens, 2000000 + i);
    gpt.Reset();
    gpt.Append(tokens);
    models::GptAnswerTokens digits;
    for (std::size_t& digit : digits) {
      digit = gpt.Next();
      const std::vector<float> scores = models::Scores(gpt.runner());
      answers.given.scores.insert(answers.given.scores.end(), scores.begin(), scores.end());
      answers.given.classes = digits.size() * scores.size();
      if (gpt.length() < context) gpt.Append({&digit, 1});
    }
    const auto truth = models::GptAnswer(std::span(tokens).last(models::kAnswerAt));
    answers.lines.names.push_back(absl::StrCat("line:", i));
    answers.lines.labels.push_back(Number(truth));
    answers.given.predicted.push_back(Number(digits));
    answers.given.correct += digits == truth;
  }
  return answers;
}

std::vector<std::size_t> Generate(Generator& gpt, const std::vector<std::size_t>& prompt) {
  gpt.Reset();
  gpt.Append(prompt);
  std::vector<std::size_t> generated;
  for (std::size_t i = 0; i < kGenerated; ++i) {
    generated.push_back(gpt.Next());
    gpt.Append({&generated.back(), 1});
  }
  return generated;
}

absl::Status Verify(const Graph& graph, const KernelTable& kernels) {
  const std::vector<std::size_t> prompt = Context(40, kSeed);
  const Graph tested = WithTokens(graph, prompt.size() + kGenerated);
  Graph reference = tested;
  bool rounded = false;  // what the cache keeps
  for (models::Op& op : reference.ops) {
    rounded = rounded || op.cache.value_or(KvType::kF32) != KvType::kF32;
    op.cache.reset();
  }
  absl::StatusOr<Generator> a = Generator::Make(reference, ReferenceKernels()),
                            b = Generator::Make(tested, kernels);
  if (!a.ok()) return a.status();
  if (!b.ok()) return b.status();
  const std::vector<std::size_t> want = Generate(*a, prompt), got = Generate(*b, prompt);
  if (!rounded && got != want) {
    return absl::InternalError("other tokens than those of the reference without a cache");
  }
  if (got[0] != want[0]) return absl::InternalError("another answer than without a cache");
  return absl::OkStatus();
}

// With the whole context but for the last token, computed.
absl::StatusOr<std::shared_ptr<Generator>> Prompted(const Graph& graph,
                                                    const std::vector<std::size_t>& context,
                                                    const KernelTable& kernels) {
  absl::StatusOr<Generator> gpt = Generator::Make(WithTokens(graph, context.size()), kernels);
  if (!gpt.ok()) return gpt.status();
  gpt->Append(std::span(context).first(context.size() - 1));
  gpt->Next();
  return std::make_shared<Generator>(*std::move(gpt));
}

std::size_t MemoryOf(const models::Runner& runner) {
  return runner.weight_bytes() + runner.cache_bytes() + runner.activation_bytes();
}

Row MakeRow(std::size_t context, const std::string& variant, const KernelTable& kernels) {
  const absl::StatusOr<Graph>& graph = VariantOf(variant);
  if (!graph.ok()) return Failed(graph.status());
  const std::vector<std::size_t> tokens = Context(context, kSeed);
  const auto made = Prompted(*graph, tokens, kernels);
  if (!made.ok()) return Failed(made.status());
  const std::shared_ptr<Generator> gpt = *made;
  const Answers answers = Answer(*gpt, context);
  LogScores({absl::StrCat("gpt/context:", context), variant, kernels.isa}, answers.lines,
            answers.given);
  gpt->Reset();
  gpt->Append(std::span(tokens).first(context - 1));
  gpt->Next();

  Row row;
  row.work = {{"tokens", 1}};
  row.params = static_cast<double>(graph->params());
  row.size_bytes = static_cast<double>(graph->size_bytes() + gpt->runner().cache_bytes());
  row.bytes = row.size_bytes;
  row.operand_bytes = MemoryOf(gpt->runner());
  row.figures = {{"activation_bytes", static_cast<double>(gpt->runner().activation_bytes())},
                 {"accuracy", answers.given.accuracy()},
                 {"accuracy_right", static_cast<double>(answers.given.correct)},
                 {"accuracy_inputs", static_cast<double>(answers.given.predicted.size())}};
  row.run = [gpt, context, last = tokens.back()] {
    gpt->Truncate(context - 1);
    gpt->Append({&last, 1});
    gpt->Next();
  };
  row.verify = [&graph, &kernels] { return Verify(*graph, kernels); };
  return row;
}

// "attention", "ffn" or "rest", by the name of what an operator computes: "layers.0.ffn.up".
std::string PartOf(const Graph& graph, std::size_t op) {
  const std::vector<std::string> names =
      absl::StrSplit(graph.tensors[graph.ops[op].output].name, '.');
  return names.size() > 2 ? names[2] : "rest";
}

// Multiply-adds of a run of all rows that a layer may have, or of the last alone.
double MacsOf(const Layer& layer, std::size_t most, std::size_t rows) {
  if (rows == most) return layer.macs;
  const auto tokens = static_cast<double>(most);
  const bool pairs = layer.kind == OpKind::kCausalAttention;
  return layer.macs / (pairs ? (tokens + 1) / 2 : tokens);
}

Row MakePartRow(std::size_t context, const std::string& variant, const std::string& part,
                const KernelTable& kernels) {
  const absl::StatusOr<Graph>& graph = VariantOf(variant);
  if (!graph.ok()) return Failed(graph.status());
  const std::vector<std::size_t> tokens = Context(context, kSeed);
  const auto made = Prompted(*graph, tokens, kernels);
  if (!made.ok()) return Failed(made.status());
  const std::shared_ptr<Generator> gpt = *made;
  gpt->Append({&tokens.back(), 1});
  models::Runner& runner = gpt->Prepare();

  const bool cached = HasCache(*graph);
  std::vector<std::size_t> layers;
  double macs = 0;
  Row row;
  for (std::size_t i = 0; i < graph->ops.size(); ++i) {
    if (PartOf(*graph, i) != part) continue;
    layers.push_back(i);
    const Layer& layer = runner.layers()[i];
    const bool one = graph->tensors[graph->ops[i].output].shape[0] == 1;
    const std::size_t most = one ? 1 : context, rows = cached ? 1 : most;
    macs += MacsOf(layer, most, rows);
    row.bytes += static_cast<double>(layer.ReadBytes(rows) + layer.cache_bytes);
  }
  const models::Tensor& output = graph->tensors[graph->output];
  row.work = {{output.type == models::DataType::kS8 ? "ops" : "flops", 2 * macs}};
  row.operand_bytes = MemoryOf(runner);
  // On whatever lies in their inputs now; the whole is verified by its own row.
  row.run = [gpt, layers] {
    for (const std::size_t layer : layers) gpt->runner().RunLayer(layer);
  };
  row.verify = [] { return absl::OkStatus(); };
  return row;
}

struct GptVariant {
  const char* name;
  bool parts = false;  // rows of its parts, too
};
constexpr GptVariant kVariants[] = {
    {"f32", true},
    {"fuse"},
    {"prune10"},
    {"prune50"},
    {"quantize"},
    {"kv_cache", true},
    {"kv_cache_f16", true},
    {"kv_cache_s8", true},
    {"fuse+kv_cache", true},
    {"prune10+kv_cache"},
    {"quantize+kv_cache"},
    {"kv_cache+quantize"},
    {"prune10+quantize"},
    {"quantize+prune10"},
    {"fuse+quantize+kv_cache", true},
    {"prune10+quantize+kv_cache"},
    {"prune10+quantize+fuse+kv_cache"},
    {"prune50+quantize+kv_cache"},
};

const bool kRegistered = [] {
  for (const std::size_t context : {64, 128, 256, 512, 1024}) {
    const Keys keys = {{"net", "gpt"}, {"context", absl::StrCat(context)}};
    for (const GptVariant& v : kVariants) {
      const std::string variant = v.name, techniques = models::TechniquesOf(variant);
      const bool baseline = variant == "f32";
      RegisterForEachIsa(
          {"generate", variant, techniques, baseline}, keys,
          [=](const KernelTable& kernels) { return MakeRow(context, variant, kernels); });
      for (const char* part : {"attention", "ffn", "rest"}) {
        if (!v.parts) continue;
        Keys with_part = keys;
        with_part.emplace_back("layer", part);
        RegisterForEachIsa({"generate_layer", variant, techniques, baseline}, with_part,
                           [=](const KernelTable& kernels) {
                             return MakePartRow(context, variant, part, kernels);
                           });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
