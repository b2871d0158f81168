// podium fit RUN.json... --over=KEY
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
#include "tools/render/comparison_formats.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/stats/line.h"
#include "tools/submission/derive.h"
#include "tools/submission/describe.h"
#include "tools/submission/environment.h"
#include "tools/submission/metric.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "How a figure grows with a key: a line through the rows that differ in nothing else.\n"
    "\n"
    "usage: podium fit RUN.json... --over=KEY [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium fit run.json --over=context --filter=llm_decode\n"
    "  podium fit cached.json recompute.json --over=context --format=csv > plot.csv\n"
    "\n"
    "Ordinary least squares over the rows' medians, one point a row, with Student's 95 % "
    "intervals.\n"
    "The table has a line per fit, csv a line per point, with what is measured and what is "
    "fitted.\n"
    "r2 tells whether a line is the right shape: one is fitted in any case. Files beyond the "
    "first\n"
    "add rows. Exit status: 0 shown; 2 bad usage or bad input.\n";

struct Options {
  std::string over;
  std::string metric = std::string(kTimeMetric);
  View view = {.formats = {"table", "csv"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("over", &options.over, "KEY", "the key whose values are numbers: context, M, threads");
  flags.Add("metric", &options.metric, "M",
            "time_s (default), cpu_time_s, ops_per_s, or a counter's name");
  AddViewFlags(flags, options.view);
  return flags;
}

struct Point {
  double x, y;
  std::size_t n;  // values that y is the median of
};

// The rows that differ in nothing but the key.
struct Curve {
  std::string workload, variant, isa;
  std::vector<Point> points;  // by x
  Line line;
};

// The key's value, if the row has it and it is a number; `rest` becomes the workload without it.
std::optional<double> TakeKey(const BenchmarkName& name, const std::string& key,
                              std::string& rest) {
  for (const auto& [found, text] : name.keys) {
    double value;
    if (found != key || !absl::SimpleAtod(text, &value)) continue;
    const std::string component = absl::StrCat("/", key, ":", text);
    rest = name.workload;
    rest.erase((rest + "/").find(component + "/"), component.size());
    return value;
  }
  return std::nullopt;
}

std::vector<Curve> CurvesOf(const std::vector<OneRun>& runs, const Options& options) {
  std::vector<Curve> curves;
  for (const OneRun& run : runs) {
    for (const Entry& entry : run.entries) {
      std::string rest;
      const std::optional<double> x = TakeKey(entry.parts, options.over, rest);
      const std::optional<Sample> values = MetricOf(entry, options.metric);
      if (!x || !values) continue;
      auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& c) {
        return c.workload == rest && c.variant == entry.parts.variant && c.isa == entry.parts.isa;
      });
      if (curve == curves.end()) {
        curve = curves.insert(curve, {rest, entry.parts.variant, entry.parts.isa, {}, {}});
      }
      curve->points.push_back({*x, values->median(), values->n()});
    }
  }
  std::erase_if(curves, [](Curve& curve) {
    std::stable_sort(curve.points.begin(), curve.points.end(),
                     [](const Point& a, const Point& b) { return a.x < b.x; });
    std::vector<double> x, y;
    for (const Point& point : curve.points) {
      x.push_back(point.x);
      y.push_back(point.y);
    }
    const std::optional<Line> line = FitLine(x, y, kEntryAlpha);
    if (line) curve.line = *line;
    return !line.has_value();
  });
  return curves;
}

std::string Table(const std::vector<Curve>& curves, const Options& options, std::size_t columns) {
  const bool time = MetricChoice{options.metric, false}.IsTime();
  // Of a line downwards the sign goes before what prints magnitudes.
  const auto text = [time](double value) {
    const double size = std::abs(value);
    return absl::StrCat(value < 0 ? "-" : "", time ? FormatSeconds(size) : FormatCount(size));
  };
  const auto figure = [&](double value, const std::optional<Interval>& interval) {
    return interval
               ? absl::StrCat(text(value), " [", text(interval->lo), ", ", text(interval->hi), "]")
               : text(value);
  };
  std::vector<std::vector<std::string>> cells = {{"rows", "variant", "isa", "points",
                                                  absl::StrCat("per ", options.over, " [95% CI]"),
                                                  "at 0 [95% CI]", "r2"}};
  for (const Curve& c : curves) {
    cells.push_back({c.workload, c.variant, c.isa, absl::StrCat(c.points.size()),
                     figure(c.line.slope, c.line.slope_interval),
                     figure(c.line.intercept, c.line.intercept_interval),
                     c.line.r_squared ? absl::StrFormat("%.4f", *c.line.r_squared) : "-"});
  }
  const std::string heading =
      absl::StrCat(options.metric, " over ", options.over, ", ordinary least squares\n");
  return heading + AlignColumns({{"", false, 0},
                                 {"   ", false, 0},
                                 {"   ", false, 2},
                                 {"   ", true, 1},
                                 {"   ", true, 0},
                                 {"   ", true, 0},
                                 {"   ", true, 0}},
                                cells, columns);
}

std::string Csv(const std::vector<Curve>& curves, const Options& options) {
  const auto number = [](double value) { return absl::StrFormat("%.9g", value); };
  const auto ends = [&](const std::optional<Interval>& interval) {
    return interval ? absl::StrCat(number(interval->lo), ",", number(interval->hi)) : ",";
  };
  std::string text = absl::StrCat(
      "workload,variant,isa,", CsvCell(options.over), ",", CsvCell(options.metric),
      ",n,fitted,slope,slope_lower,slope_upper,intercept,intercept_lower,intercept_upper,r2\n");
  for (const Curve& c : curves) {
    for (const Point& point : c.points) {
      const std::vector<std::string> row = {CsvCell(c.workload),
                                            CsvCell(c.variant),
                                            CsvCell(c.isa),
                                            number(point.x),
                                            number(point.y),
                                            absl::StrCat(point.n),
                                            number(c.line.At(point.x)),
                                            number(c.line.slope),
                                            ends(c.line.slope_interval),
                                            number(c.line.intercept),
                                            ends(c.line.intercept_interval),
                                            c.line.r_squared ? number(*c.line.r_squared) : ""};
      absl::StrAppend(&text, absl::StrJoin(row, ","), "\n");
    }
  }
  return text;
}

void WarnOfDifferences(const std::vector<OneRun>& runs, Streams streams) {
  for (const OneRun& run : runs) {
    const auto differences = EnvironmentDifferences(runs[0].context, run.context);
    if (differences.empty()) continue;
    streams.err << "warning: " << OneLine(absl::StrCat(runs[0].path, " and ", run.path))
                << " differ in " << absl::StrJoin(differences, ", ")
                << ": rows of both may not be on one line\n";
  }
}

}  // namespace

int Fit(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args, Files::kOneOrMore);
  absl::Status status = files.status();
  if (status.ok() && options.over.empty()) {
    status = absl::InvalidArgumentError("needs --over=KEY, such as --over=context");
  }
  if (!status.ok()) return Refuse("fit", status, streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("fit", runs.status(), streams);
  WarnOfDifferences(*runs, streams);
  const std::vector<Curve> curves = CurvesOf(*runs, options);
  if (curves.empty()) {
    return Refuse("fit",
                  absl::InvalidArgumentError(absl::StrCat(
                      files->front(), ": no two rows with ", options.metric, " differ in ",
                      options.over, " alone, as numbers: check --over, --metric and --filter")),
                  streams);
  }
  streams.out << (options.view.Is("csv") ? Csv(curves, options)
                                         : Table(curves, options, streams.columns));
  return kHolds;
}

}  // namespace podium::report
