// One token of generation by the small GPT that is part of the program, behind `context` - 1 others.
//
// recompute       all layers on all tokens, as without a cache
// kv_cache        the new token alone, keys and values of the others kept in f32
// kv_cache+f16, kv_cache+s8   kept in f16, s8
//
// `accuracy`: the share of `accuracy_inputs` lines, behind as many tokens of other lines as the context
// has, whose answer is right. A row is verified by generating `kGenerated` tokens: they must be those of
// recompute (f16, s8: their answers nearly always).
//
//   generate_layer/variant:kv_cache/isa:<isa>/net:gpt/context:256/layer:attention   one part alone
//
// The parts: attention, with its projections, and ffn, each of all layers; rest. Their `bytes` are weights,
// keys and values, each once.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/models/gpt.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

using models::Generation;
using models::Gpt;
using models::GptLines;

constexpr std::size_t kAccuracyLines = 200, kGenerated = 32;

const models::GptWeights& Weights() {
  static const auto* const weights = new models::GptWeights(models::TrainedGpt());
  return *weights;
}

// Whole lines, so that the last token of each context is a line's equals sign.
std::vector<std::size_t> Context(std::size_t tokens, std::uint32_t seed) {
  const std::size_t lines = tokens / models::kLineTokens + 2;
  std::vector<std::size_t> all = GptLines(lines, seed);
  // Its last line ends at its answer; what comes before fills the context.
  const std::size_t end = (lines - 1) * models::kLineTokens + models::kAnswerAt;
  return {all.begin() + static_cast<std::ptrdiff_t>(end - tokens),
          all.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::size_t RightAnswers(Gpt& gpt, std::size_t context) {
  std::size_t right = 0;
  for (std::uint32_t i = 0; i < kAccuracyLines; ++i) {
    // Room for all digits but the last.
    const std::vector<std::size_t> tokens =
        Context(context + 1 - models::kAnswerTokens, 2000000 + i);
    gpt.Reset();
    gpt.Append(tokens);
    bool all = true;
    for (const std::size_t digit : models::GptAnswer(std::span(tokens).last(models::kAnswerAt))) {
      const std::size_t next = gpt.Next();
      all = all && next == digit;
      if (gpt.length() < context) gpt.Append({&next, 1});
    }
    right += all;
  }
  return right;
}

std::vector<std::size_t> Generate(Gpt& gpt, const std::vector<std::size_t>& prompt) {
  gpt.Reset();
  gpt.Append(prompt);
  std::vector<std::size_t> generated;
  for (std::size_t i = 0; i < kGenerated; ++i) {
    generated.push_back(gpt.Next());
    gpt.Append({&generated.back(), 1});
  }
  return generated;
}

absl::Status Verify(Generation generation, KvType cache, const KernelTable& kernels) {
  const std::vector<std::size_t> prompt = Context(40, kSeed);
  const std::size_t room = prompt.size() + kGenerated;
  Gpt recompute(Weights(), room, Generation::kRecompute, KvType::kF32, ReferenceKernels());
  Gpt tested(Weights(), room, generation, cache, kernels);
  const std::vector<std::size_t> want = Generate(recompute, prompt), got = Generate(tested, prompt);
  if (cache == KvType::kF32 && got != want) {
    return absl::InternalError("other tokens than those of the reference without a cache");
  }
  if (got[0] != want[0]) return absl::InternalError("another answer than without a cache");
  return absl::OkStatus();
}

Row MakeRow(std::size_t context, Generation generation, KvType cache, const KernelTable& kernels) {
  const auto gpt = std::make_shared<Gpt>(Weights(), context, generation, cache, kernels);
  Row row;
  row.work = {{"tokens", 1}};
  row.params = static_cast<double>(Weights().params());
  row.size_bytes = sizeof(float) * row.params + static_cast<double>(gpt->cache_bytes());
  row.bytes = row.size_bytes;
  row.operand_bytes = gpt->weight_bytes() + gpt->cache_bytes();
  const auto right = static_cast<double>(RightAnswers(*gpt, context));
  row.figures = {{"accuracy", right / kAccuracyLines},
                 {"accuracy_right", right},
                 {"accuracy_inputs", static_cast<double>(kAccuracyLines)}};
  const auto tokens = std::make_shared<const std::vector<std::size_t>>(Context(context, kSeed));
  gpt->Reset();
  gpt->Append(*tokens);
  gpt->Next();
  row.run = [gpt, tokens] {
    gpt->Truncate(tokens->size() - 1);
    gpt->Append({&tokens->back(), 1});
    gpt->Next();
  };
  row.verify = [=, &kernels] { return Verify(generation, cache, kernels); };
  return row;
}

struct Part {
  const char* name;
  models::GptPart part;
};
constexpr Part kParts[] = {{"attention", models::GptPart::kAttention},
                           {"ffn", models::GptPart::kFeedForward},
                           {"rest", models::GptPart::kRest}};

// Multiplications and additions, and bytes, of one part for `count` tokens, the last of them at `context`.
void AddWork(const Gpt& gpt, models::GptPart part, std::size_t count, std::size_t context,
             Row& row) {
  const models::GptShape& s = Weights().shape;
  const auto weights =
      static_cast<double>(part == models::GptPart::kAttention     ? 4 * s.hidden * s.hidden
                          : part == models::GptPart::kFeedForward ? 2 * s.hidden * s.ffn
                                                                  : 0) *
      static_cast<double>(s.layers);
  const auto tokens = static_cast<double>(count);
  if (part == models::GptPart::kRest) {  // of the last token only
    const auto scores = static_cast<double>(s.vocab * s.hidden);
    row.work = {{"flops", 2 * scores}};
    row.bytes = sizeof(float) * scores;
    return;
  }
  double flops = 2 * tokens * weights;
  row.bytes = sizeof(float) * weights;
  if (part == models::GptPart::kAttention) {
    // Scores and sums of values: of all tokens each with those before it, or of one with all.
    const double pairs = tokens * (static_cast<double>(context) - (tokens - 1) / 2);
    flops += 4 * pairs * static_cast<double>(s.hidden * s.layers);
    row.bytes += static_cast<double>(gpt.cache_bytes());
  }
  row.work = {{"flops", flops}};
}

Row MakePartRow(std::size_t context, Generation generation, KvType cache, models::GptPart part,
                const KernelTable& kernels) {
  const auto gpt = std::make_shared<Gpt>(Weights(), context, generation, cache, kernels);
  gpt->Reset();
  gpt->Append(Context(context, kSeed));
  gpt->Next();
  Row row;
  AddWork(*gpt, part, generation == Generation::kCached ? 1 : context, context, row);
  row.operand_bytes = gpt->weight_bytes() + gpt->cache_bytes();
  row.run = [gpt, part] { gpt->RunPart(part); };
  row.verify = [] { return absl::OkStatus(); };  // the whole is verified by its own row
  return row;
}

const bool kRegistered = [] {
  for (const std::size_t context : {64, 128, 256, 512, 1024}) {
    const auto add = [&](const char* name, const char* techniques, Generation generation,
                         KvType cache) {
      RegisterForEachIsa(
          {"generate", name, techniques, generation == Generation::kRecompute},
          {{"net", "gpt"}, {"context", absl::StrCat(context)}},
          [=](const KernelTable& kernels) { return MakeRow(context, generation, cache, kernels); });
      for (const Part& part : kParts) {
        RegisterForEachIsa(
            {"generate_layer", name, techniques, generation == Generation::kRecompute},
            {{"net", "gpt"}, {"context", absl::StrCat(context)}, {"layer", part.name}},
            [=](const KernelTable& kernels) {
              return MakePartRow(context, generation, cache, part.part, kernels);
            });
      }
    };
    add("recompute", "", Generation::kRecompute, KvType::kF32);
    add("kv_cache", "kv_cache", Generation::kCached, KvType::kF32);
    add("kv_cache+f16", "kv_cache,quantization", Generation::kCached, KvType::kF16);
    add("kv_cache+s8", "kv_cache,quantization", Generation::kCached, KvType::kS8);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
