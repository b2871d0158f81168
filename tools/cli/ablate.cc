// podium ablate RUN.json
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/ablation.h"
#include "tools/submission/derive.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "What each technique contributes, alone and stacked, in every order that was measured.\n"
    "\n"
    "usage: podium ablate RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  bench --isa=best --benchmark_filter='^model/.*net:digits_cnn/batch:1$' \\\n"
    "        --benchmark_repetitions=10 --benchmark_enable_random_interleaving=true \\\n"
    "        --benchmark_out=run.json --benchmark_out_format=json\n"
    "  podium ablate run.json\n"
    "\n"
    "A variant's name is its techniques in their order, joined by '+'. The interaction is the\n"
    "speedup over the product of the parts' own speedups: 1 where techniques neither help nor\n"
    "hinder each other. Intervals are 95 %: of times by repetitions or, where there are several, "
    "by\n"
    "processes; of accuracy by how many of how many inputs were right. Whether a difference can "
    "be\n"
    "trusted is for podium compare to say.\n"
    "\n"
    "Exit status: 0 shown; 2 bad usage or bad input.\n";

struct Options {
  std::string baseline = "f32";
  View view = {.formats = {"table", "markdown", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("baseline", &options.baseline, "V", "the variant without techniques, f32 by default");
  AddViewFlags(flags, options.view);
  return flags;
}

std::string Ratio(const std::optional<RatioTest>& test) {
  if (!test) return "-";
  const int decimals = Decimals(test->interval);
  return absl::StrCat(FormatFixed(test->ratio, decimals), "x ",
                      FormatInterval(test->interval, decimals));
}

std::string Accuracy(const AblationRow& row) {
  if (!row.accuracy_delta) return "-";
  return FormatDelta(*row.accuracy_delta, row.accuracy_interval.value);
}

std::vector<std::vector<std::string>> Cells(const Ablation& ablation) {
  std::vector<std::vector<std::string>> cells = {
      {"variant", "speedup [95% CI]", "smaller", "accuracy [95% CI]", "interaction [95% CI]"}};
  for (const AblationRow& row : ablation.rows) {
    cells.push_back({row.entry->parts.variant, Ratio(row.speedup),
                     row.compression ? absl::StrFormat("%.2fx", *row.compression) : "-",
                     Accuracy(row),
                     row.techniques.size() < 2 ? ""
                     : row.interaction         ? Ratio(row.interaction)
                                               : row.interaction_reason});
  }
  return cells;
}

std::string Heading(const Ablation& ablation, const std::string& baseline) {
  return absl::StrCat(ablation.workload, ablation.isa.empty() ? "" : " on ", ablation.isa,
                      ", against ", baseline);
}

std::string Table(const std::vector<Ablation>& ablations, const std::string& baseline,
                  std::size_t columns) {
  std::string text;
  for (const Ablation& ablation : ablations) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", Heading(ablation, baseline), "\n",
                    AlignColumns({{"  ", false, 0},
                                  {"   ", false, 0},
                                  {"   ", true, 3},
                                  {"   ", true, 1},
                                  {"   ", false, 2}},
                                 Cells(ablation), columns));
  }
  return text;
}

std::string Markdown(const std::vector<Ablation>& ablations, const std::string& baseline) {
  std::string text;
  for (const Ablation& ablation : ablations) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "**", Heading(ablation, baseline), "**\n\n",
                    MarkdownTable(Cells(ablation)));
  }
  return text;
}

Json RatioJson(const std::optional<RatioTest>& test, const std::string& reason) {
  if (!test) return {{"value", nullptr}, {"reason", reason}};
  return {{"value", test->ratio}, {"ci", {test->interval.lo, test->interval.hi}}, {"p", test->p}};
}

Json AsJson(const std::vector<Ablation>& ablations, const std::string& baseline) {
  Json document = Json::array();
  for (const Ablation& ablation : ablations) {
    Json rows = Json::array();
    for (const AblationRow& row : ablation.rows) {
      const std::optional<Interval>& accuracy = row.accuracy_interval.value;
      rows.push_back(
          {{"variant", row.entry->parts.variant},
           {"techniques", row.techniques},
           {"speedup", RatioJson(row.speedup, "needs 2 repetitions of both rows")},
           {"compression_ratio", row.compression ? Json(*row.compression) : Json()},
           {"accuracy_delta", row.accuracy_delta ? Json(*row.accuracy_delta) : Json()},
           {"accuracy_delta_ci", accuracy ? Json{accuracy->lo, accuracy->hi} : Json()},
           {"accuracy_delta_ci_reason", accuracy ? Json() : Json(row.accuracy_interval.reason)},
           {"interaction", row.techniques.size() < 2
                               ? Json()
                               : RatioJson(row.interaction, row.interaction_reason)}});
    }
    document.push_back({{"workload", ablation.workload},
                        {"isa", ablation.isa},
                        {"baseline", baseline},
                        {"rows", std::move(rows)}});
  }
  return document;
}

}  // namespace

int Ablate(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args);
  if (!files.ok()) return Refuse("ablate", files.status(), streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("ablate", runs.status(), streams);
  const std::vector<Ablation> ablations = Ablate(runs->front().entries, options.baseline);
  if (ablations.empty()) {
    return Refuse("ablate",
                  absl::InvalidArgumentError(
                      absl::StrCat(files->front(), ": no workload has a row of variant ",
                                   options.baseline, " and another: choose one with --baseline")),
                  streams);
  }
  streams.out << (options.view.Is("json") ? Serialize(AsJson(ablations, options.baseline))
                  : options.view.Is("markdown")
                      ? Markdown(ablations, options.baseline)
                      : Table(ablations, options.baseline, streams.columns));
  return kHolds;
}

}  // namespace podium::report
