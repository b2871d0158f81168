// podium profile RUN.json
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/comparison_formats.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/cost.h"
#include "tools/submission/derive.h"
#include "tools/submission/environment.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Where a network's time goes, layer by layer, and what bounds each: arithmetic or memory.\n"
    "\n"
    "usage: podium profile RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] = R"(
Example:
  bench --isa=best --benchmark_repetitions=5 \
        --benchmark_filter='^model(_layer)?/.*net:digits_cnn/(batch:1$|layer)|^machine/' \
        --benchmark_out=run.json --benchmark_out_format=json
  podium profile run.json --top=5
  podium profile run.json --filter=variant:fuse+quantize --by=kind --format=csv

A layer is timed alone, over and over on the same operands. Its roof is the least time by the
roofline of the rows machine/ of the same run and instruction set: all operations at the peak, or
all bytes, each operand once, at the speed of the smallest cache that holds them, whichever takes
longer. `of roof` is that over the layer's time; bytes written count as read, so that it may exceed
1 where a layer only moves them. Of a GPT, generate_layer/, the layers are attention, ffn and rest.
Exit status: 0 shown; 2 bad usage or bad input.
)";

struct Options {
  double top = 0;
  std::string by = "layer";
  View view = {.formats = {"table", "markdown", "csv", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("top", &options.top, "N", "only the N most expensive of each network");
  flags.Add("by", &options.by, "B", "layer (default), or kind: layers of a kind together");
  AddViewFlags(flags, options.view);
  return flags;
}

absl::Status CheckOptions(const Options& options) {
  if (!(options.top >= 0) || std::trunc(options.top) != options.top) {
    return absl::InvalidArgumentError(
        absl::StrCat("--top=", options.top, ": must be a whole number, such as 5"));
  }
  if (options.by == "layer" || options.by == "kind") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--by=", options.by, ": must be layer or kind"));
}

std::string CountOr(const std::optional<double>& value) {
  return value ? FormatCount(*value) : "-";
}

std::string BoundText(const Cost& cost) {
  if (!cost.roof_s) return "-";
  return cost.bound == Bound::kCompute ? "compute" : absl::StrCat("memory: ", cost.memory);
}

std::vector<std::vector<std::string>> Cells(const CostProfile& profile, std::size_t shown) {
  std::vector<std::vector<std::string>> cells = {
      {"layer", "share", "time [95% CI]", "operations", "bytes", "op/byte", "bound by", "of roof"}};
  double rest = 0;
  for (std::size_t i = 0; i < profile.costs.size(); ++i) {
    const Cost& cost = profile.costs[i];
    if (i >= shown) {
      rest += cost.time_s.value;
      continue;
    }
    const Figure& time = cost.time_s;
    const bool bounded = std::isfinite(time.interval.hi);
    cells.push_back({cost.name, absl::StrFormat("%.1f%%", 100 * cost.share),
                     absl::StrCat(FormatSeconds(time.value),
                                  bounded ? absl::StrCat(" [", FormatSeconds(time.interval.lo),
                                                         ", ", FormatSeconds(time.interval.hi), "]")
                                          : ""),
                     CountOr(cost.operations), CountOr(cost.bytes), CountOr(cost.intensity()),
                     BoundText(cost),
                     cost.roof_s ? absl::StrFormat("%.2f", *cost.of_roof()) : "-"});
  }
  if (rest > 0) {
    cells.push_back({absl::StrCat(profile.costs.size() - shown, " others"),
                     absl::StrFormat("%.1f%%", 100 * rest / profile.time_s), FormatSeconds(rest)});
    cells.back().resize(cells.front().size());
  }
  return cells;
}

std::string Heading(const CostProfile& profile) {
  std::string text =
      absl::StrCat(profile.workload, " ", profile.variant, profile.isa.empty() ? "" : " on ",
                   profile.isa, ": ", FormatSeconds(profile.time_s), " in layers");
  if (profile.whole == nullptr) return text;
  const Entry& whole = *profile.whole;
  if (const auto time = FigureOf(whole, {std::string(kTimeMetric), false})) {
    absl::StrAppend(&text, ", ", FormatSeconds(time->value), " as a whole");
  }
  const auto add = [&](const char* metric, const char* what) {
    const auto figure = FigureOf(whole, {metric, false});
    if (figure) absl::StrAppend(&text, ", ", FormatCount(figure->value), what);
  };
  add("macs", " multiply-adds");
  add("params", " parameters");
  add("size_bytes", "B stored");
  add("peak_bytes", "B at most in use");
  return text;
}

// Why there is no roof, once where all layers share the reason.
std::vector<std::string> Notes(const CostProfile& profile) {
  std::vector<std::string> notes;
  for (const Cost& cost : profile.costs) {
    if (!cost.reason.empty() && std::find(notes.begin(), notes.end(), cost.reason) == notes.end()) {
      notes.push_back(cost.reason);
    }
  }
  for (std::string& note : notes) note = absl::StrCat("no roof: ", note);
  return notes;
}

std::string Text(const CostProfile& profile, std::size_t shown, bool markdown,
                 std::size_t columns) {
  std::string text = markdown ? absl::StrCat("**", MarkdownCell(Heading(profile)), "**\n\n",
                                             MarkdownTable(Cells(profile, shown)))
                              : absl::StrCat(Heading(profile), "\n",
                                             AlignColumns({{"  ", false, 0},
                                                           {"   ", true, 0},
                                                           {"   ", true, 1},
                                                           {"   ", true, 4},
                                                           {"   ", true, 5},
                                                           {"   ", true, 3},
                                                           {"   ", false, 2},
                                                           {"   ", true, 2}},
                                                          Cells(profile, shown), columns));
  const std::vector<std::string> notes = Notes(profile);
  if (markdown && !notes.empty()) absl::StrAppend(&text, "\n");
  for (const std::string& note : notes) {
    absl::StrAppend(&text, markdown ? "- " : "  ", markdown ? MarkdownCell(note) : note, "\n");
  }
  return text;
}

std::string Csv(const std::vector<CostProfile>& profiles, double top) {
  std::string text =
      "workload,variant,isa,layer,time_s,ci_lower,ci_upper,share,operations,bytes,"
      "operations_per_byte,bound,memory,roof_s,of_roof\n";
  const auto number = [](const std::optional<double>& value) {
    return value && std::isfinite(*value) ? absl::StrFormat("%.17g", *value) : "";
  };
  for (const CostProfile& profile : profiles) {
    for (std::size_t i = 0; i < profile.costs.size() && (top == 0 || i < top); ++i) {
      const Cost& cost = profile.costs[i];
      const std::vector<std::string> cells = {CsvCell(profile.workload),
                                              CsvCell(profile.variant),
                                              CsvCell(profile.isa),
                                              CsvCell(cost.name),
                                              number(cost.time_s.value),
                                              number(cost.time_s.interval.lo),
                                              number(cost.time_s.interval.hi),
                                              number(cost.share),
                                              number(cost.operations),
                                              number(cost.bytes),
                                              number(cost.intensity()),
                                              !cost.roof_s                    ? ""
                                              : cost.bound == Bound::kCompute ? "compute"
                                                                              : "memory",
                                              cost.memory,
                                              number(cost.roof_s),
                                              number(cost.of_roof())};
      absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
    }
  }
  return text;
}

Json AsJson(const CostProfile& profile, double top) {
  const auto or_null = [](const std::optional<double>& v) { return v ? Json(*v) : Json(); };
  Json layers = Json::array();
  for (std::size_t i = 0; i < profile.costs.size() && (top == 0 || i < top); ++i) {
    const Cost& cost = profile.costs[i];
    const Interval& ci = cost.time_s.interval;
    Json json = {{"layer", cost.name}, {"time_s", cost.time_s.value}};
    PutOrReason(json, "time_s_ci", std::isfinite(ci.hi) ? Json({ci.lo, ci.hi}) : Json(),
                "needs 2 repetitions or more");
    json["share"] = cost.share;
    PutOrReason(json, "operations", or_null(cost.operations), "the row reports none");
    PutOrReason(json, "bytes", or_null(cost.bytes), "the row reports none");
    PutOrReason(json, "operations_per_byte", or_null(cost.intensity()),
                "needs operations and bytes");
    PutOrReason(json, "roof_s", or_null(cost.roof_s), cost.reason);
    PutOrReason(json, "of_roof", or_null(cost.of_roof()), cost.reason);
    const char* const bound = cost.bound == Bound::kCompute ? "compute" : "memory";
    PutOrReason(json, "bound", cost.roof_s ? Json(bound) : Json(), cost.reason);
    PutOrReason(json, "memory", cost.roof_s ? Json(cost.memory) : Json(), cost.reason);
    layers.push_back(std::move(json));
  }
  return {{"workload", profile.workload},
          {"variant", profile.variant},
          {"isa", profile.isa},
          {"whole", profile.whole == nullptr ? Json() : Json(profile.whole->name)},
          {"layers_time_s", profile.time_s},
          {"layers", std::move(layers)}};
}

}  // namespace

int Profile(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args);
  absl::Status status = files.status();
  if (status.ok()) status = CheckOptions(options);
  if (!status.ok()) return Refuse("profile", status, streams);
  // Rows of machine/ and of the network as a whole must not fall to the filter: it chooses networks.
  const auto runs = ReadRuns(*files, RowFilter({}), streams);
  if (!runs.ok()) return Refuse("profile", runs.status(), streams);
  std::vector<CostProfile> profiles = CostsOf(runs->front().entries, options.by == "kind");
  const RowFilter filter(options.view.filter);
  std::erase_if(profiles, [&](const CostProfile& p) {
    return !filter.Matches(absl::StrCat("variant:", p.variant, "/isa:", p.isa, "/", p.workload));
  });
  if (profiles.empty()) {
    return Refuse("profile",
                  absl::InvalidArgumentError(absl::StrCat(
                      files->front(), ": no row of a layer, such as model_layer/.../layer:L",
                      filter.text().empty() ? "" : ", that passes --filter")),
                  streams);
  }
  if (options.view.Is("csv")) {
    streams.out << Csv(profiles, options.top);
    return kHolds;
  }
  Json document = Json::array();
  std::vector<std::string> texts;
  for (const CostProfile& profile : profiles) {
    document.push_back(AsJson(profile, options.top));
    const std::size_t all = profile.costs.size();
    const std::size_t shown =
        options.top == 0 ? all : std::min(all, static_cast<std::size_t>(options.top));
    texts.push_back(Text(profile, shown, options.view.Is("markdown"), streams.columns));
  }
  streams.out << (options.view.Is("json") ? Serialize(document) : absl::StrJoin(texts, "\n"));
  return kHolds;
}

}  // namespace podium::report
