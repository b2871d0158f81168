// podium pareto RUN.json
#include "tools/submission/pareto.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/derive.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Which variants nothing beats: the frontier over several figures, and what to take.\n"
    "\n"
    "usage: podium pareto RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium pareto run.json --filter=net:digits_cnn,batch:1\n"
    "  podium pareto run.json --metrics=time_s,accuracy\n"
    "\n"
    "A row is dominated only if for certain: another is no worse in any figure and better in one, "
    "by\n"
    "95 % intervals that do not overlap. Sizes are exact, and so is accuracy: it is that on these\n"
    "inputs. Recommendations need time_s, size_bytes and accuracy on labelled inputs, all "
    "measured: "
    "they\n"
    "are withheld where the run's context says in podium.estimated.<family>.<variant> that one is "
    "not.\n"
    "Exit status: 0 shown; 2 bad usage or bad input.\n";

struct Options {
  std::vector<std::string> metrics;
  std::string baseline = "f32";
  View view = {.formats = {"table", "markdown", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("metrics", &options.metrics, "M,...",
            "two figures or more, time_s,accuracy,size_bytes by default; a counter as NAME:higher");
  flags.Add("baseline", &options.baseline, "V",
            "the variant that recommendations start from, f32 by default");
  AddViewFlags(flags, options.view);
  return flags;
}

// Of one workload on one ISA.
struct Group {
  std::string name;
  std::vector<Entry> entries;
};
std::vector<Group> Groups(const std::vector<Entry>& entries) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> index;
  for (const Entry& entry : entries) {
    const std::string name =
        absl::StrCat(entry.parts.workload, entry.parts.isa.empty() ? "" : " on ", entry.parts.isa);
    const auto [it, added] = index.try_emplace(name, groups.size());
    if (added) groups.push_back({name, {}});
    groups[it->second].entries.push_back(entry);
  }
  return groups;
}

std::string Text(const Figure& figure, const MetricChoice& metric) {
  const bool exact = figure.interval.lo == figure.interval.hi;
  if (metric.IsTime()) {
    return absl::StrCat(FormatSeconds(figure.value), " [", FormatSeconds(figure.interval.lo), ", ",
                        FormatSeconds(figure.interval.hi), "]");
  }
  return exact && figure.value <= 1 ? FormatFixed(figure.value, 4) : FormatCount(figure.value);
}

std::vector<std::vector<std::string>> Cells(const std::vector<ParetoPoint>& points,
                                            const std::vector<MetricChoice>& metrics) {
  std::vector<std::vector<std::string>> cells = {{"", "variant"}};
  for (const MetricChoice& metric : metrics) cells[0].push_back(metric.name);
  cells[0].push_back("dominated by");
  for (const ParetoPoint& point : points) {
    std::vector<std::string> row = {point.dominated_by == nullptr ? "*" : "",
                                    point.entry->parts.variant};
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      row.push_back(Text(point.figures[i], metrics[i]));
    }
    row.push_back(point.dominated_by == nullptr ? "" : point.dominated_by->parts.variant);
    cells.push_back(std::move(row));
  }
  return cells;
}

std::string RecommendationText(const Recommendation& r) {
  return r.row == nullptr ? absl::StrCat(r.use, ": withheld: ", r.reason)
                          : absl::StrCat(r.use, ": ", r.row->parts.variant, ", ", r.rule);
}

std::string Table(const Group& group, const std::vector<ParetoPoint>& points,
                  const std::vector<MetricChoice>& metrics, const std::string& baseline,
                  std::size_t columns) {
  std::vector<Column> layout = {{"  ", false, 0}, {" ", false, 0}};
  layout.insert(layout.end(), metrics.size(), {"   ", true, 0});
  layout.push_back({"   ", false, 1});
  std::string text = absl::StrCat(group.name, "   (* on the frontier)\n",
                                  AlignColumns(layout, Cells(points, metrics), columns));
  for (const Recommendation& r : Recommend(group.entries, baseline)) {
    absl::StrAppend(&text, "  ", RecommendationText(r), "\n");
  }
  return text;
}

std::string Markdown(const Group& group, const std::vector<ParetoPoint>& points,
                     const std::vector<MetricChoice>& metrics, const std::string& baseline) {
  std::string text = absl::StrCat("**", MarkdownCell(group.name), "**, \\* on the frontier\n\n",
                                  MarkdownTable(Cells(points, metrics)), "\n");
  for (const Recommendation& r : Recommend(group.entries, baseline)) {
    absl::StrAppend(&text, "- ", MarkdownCell(RecommendationText(r)), "\n");
  }
  return text;
}

Json AsJson(const Group& group, const std::vector<ParetoPoint>& points,
            const std::vector<MetricChoice>& metrics, const std::string& baseline) {
  Json rows = Json::array();
  for (const ParetoPoint& point : points) {
    Json figures;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const Figure& f = point.figures[i];
      figures[metrics[i].name] = {{"value", f.value}, {"ci", {f.interval.lo, f.interval.hi}}};
    }
    rows.push_back({{"name", point.entry->name},
                    {"figures", std::move(figures)},
                    {"on_frontier", point.dominated_by == nullptr},
                    {"dominated_by",
                     point.dominated_by == nullptr ? Json() : Json(point.dominated_by->name)}});
  }
  Json recommendations = Json::array();
  for (const Recommendation& r : Recommend(group.entries, baseline)) {
    recommendations.push_back({{"use", r.use},
                               {"rule", r.rule},
                               {"row", r.row == nullptr ? Json() : Json(r.row->name)},
                               {"reason", r.reason.empty() ? Json() : Json(r.reason)}});
  }
  return {{"workload", group.name},
          {"rows", std::move(rows)},
          {"recommendations", std::move(recommendations)}};
}

absl::StatusOr<std::vector<MetricChoice>> Metrics(const Options& options) {
  std::vector<MetricChoice> metrics;
  const std::vector<std::string> names =
      options.metrics.empty() ? std::vector<std::string>{"time_s", "accuracy", "size_bytes"}
                              : options.metrics;
  for (const std::string& name : names) {
    const absl::StatusOr<MetricChoice> metric = ParseMetric(name, "--metrics");
    if (!metric.ok()) return metric.status();
    metrics.push_back(*metric);
  }
  if (metrics.size() < 2) {
    return absl::InvalidArgumentError("--metrics: needs two or more, such as time_s,accuracy");
  }
  return metrics;
}

}  // namespace

int Pareto(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args);
  if (!files.ok()) return Refuse("pareto", files.status(), streams);
  const absl::StatusOr<std::vector<MetricChoice>> metrics = Metrics(options);
  if (!metrics.ok()) return Refuse("pareto", metrics.status(), streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("pareto", runs.status(), streams);
  Json document = Json::array();
  std::vector<std::string> tables;
  for (const Group& group : Groups(runs->front().entries)) {
    const std::vector<ParetoPoint> points = ParetoFrontier(group.entries, *metrics);
    if (points.empty()) continue;
    tables.push_back(options.view.Is("markdown")
                         ? Markdown(group, points, *metrics, options.baseline)
                         : Table(group, points, *metrics, options.baseline, streams.columns));
    document.push_back(AsJson(group, points, *metrics, options.baseline));
  }
  if (tables.empty()) {
    std::vector<std::string> names;
    for (const MetricChoice& metric : *metrics) names.push_back(metric.name);
    return Refuse("pareto",
                  absl::InvalidArgumentError(absl::StrCat(files->front(), ": no row has all of ",
                                                          absl::StrJoin(names, ", "))),
                  streams);
  }
  streams.out << (options.view.Is("json") ? Serialize(document) : absl::StrJoin(tables, "\n"));
  return kHolds;
}

}  // namespace podium::report
