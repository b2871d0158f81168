// podium stat RUN.json
#include <optional>
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
#include "tools/submission/derive.h"
#include "tools/submission/describe.h"
#include "tools/submission/metric.h"
#include "tools/submission/process_means.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "The rows of one run, each on its own: mean, spread, percentiles, intervals.\n"
    "\n"
    "usage: podium stat RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium stat run.json --filter=int8_matmul,M:64\n"
    "  podium stat run.json --metric=ops_per_s --format=csv > rows.csv\n"
    "\n"
    "Of rows that were measured in several processes, mean, interval and spread are those of the\n"
    "processes' means, as only processes are independent; percentiles are of all values. Outliers "
    "lie\n"
    "beyond 1.5 interquartile ranges. Exit status: 0 shown; 2 bad usage or bad input.\n";

struct Options {
  std::string metric = std::string(kTimeMetric);
  View view = {.formats = {"table", "csv", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("metric", &options.metric, "M",
            "time_s (default), cpu_time_s, ops_per_s, or a counter's name");
  AddViewFlags(flags, options.view);
  return flags;
}

struct StatRow {
  const Entry* entry;
  Sample values;
  Sample units;  // one value per process, or the values themselves
  bool processes;
};

std::string CountText(const StatRow& row) {
  return row.units.n() == row.values.n()
             ? absl::StrCat(row.values.n())
             : absl::StrCat(row.values.n(), " in ", row.units.n(), " processes");
}

std::string Table(const std::vector<StatRow>& rows, const MetricChoice& metric,
                  std::size_t columns) {
  const auto text = [&](double value) {
    return metric.IsTime() ? FormatSeconds(value) : FormatCount(value);
  };
  std::vector<std::vector<std::string>> cells = {
      {"row", "n", "mean", "95% CI", "std", "cv", "median", "p90", "p99", "outliers"}};
  for (const StatRow& row : rows) {
    const auto interval = MeanInterval(row.units, kEntryAlpha);
    const auto cv = row.units.cv();
    const std::size_t outliers = CountOutliers(row.values).mild;
    cells.push_back({row.entry->name, CountText(row), text(row.units.mean()),
                     interval ? absl::StrCat("[", text(interval->lo), ", ", text(interval->hi), "]")
                              : "needs 2",
                     row.units.std() ? text(*row.units.std()) : "-",
                     cv ? absl::StrFormat("%.1f%%", 100 * *cv) : "-", text(row.values.median()),
                     text(Quantile(row.values, 0.9)), text(Quantile(row.values, 0.99)),
                     outliers > 0 ? absl::StrCat(outliers) : ""});
  }
  const std::string heading =
      metric.name == kTimeMetric ? "" : absl::StrCat("metric: ", metric.name, "\n");
  return heading + AlignColumns({{"", false, 0},
                                 {"   ", true, 3},
                                 {"   ", true, 0},
                                 {"  ", false, 0},
                                 {"   ", true, 5},
                                 {"   ", true, 1},
                                 {"   ", true, 2},
                                 {"   ", true, 6},
                                 {"   ", true, 4},
                                 {"   ", true, 7}},
                                cells, columns);
}

std::string Csv(const std::vector<StatRow>& rows, const MetricChoice& metric) {
  std::string text =
      "row,metric,n,processes,mean,ci_lower,ci_upper,std,median,p90,p99,min,max,outliers\n";
  const auto number = [](double value) { return absl::StrFormat("%.17g", value); };
  for (const StatRow& row : rows) {
    const auto interval = MeanInterval(row.units, kEntryAlpha);
    const std::vector<std::string> cells = {CsvCell(row.entry->name),
                                            CsvCell(metric.name),
                                            absl::StrCat(row.values.n()),
                                            row.processes ? absl::StrCat(row.units.n()) : "",
                                            number(row.units.mean()),
                                            interval ? number(interval->lo) : "",
                                            interval ? number(interval->hi) : "",
                                            row.units.std() ? number(*row.units.std()) : "",
                                            number(row.values.median()),
                                            number(Quantile(row.values, 0.9)),
                                            number(Quantile(row.values, 0.99)),
                                            number(row.values.min()),
                                            number(row.values.max()),
                                            absl::StrCat(CountOutliers(row.values).mild)};
    absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
  }
  return text;
}

std::string AsJson(const std::vector<StatRow>& rows, const MetricChoice& metric) {
  Json document = Json::array();
  for (const StatRow& row : rows) {
    Json json = {{"name", row.entry->name}, {"metric", metric.name}};
    json.update(DescribeMetric(row.values, row.entry->origins));
    document.push_back(std::move(json));
  }
  return Serialize(document);
}

// The rows that have the metric; those that failed are named on `streams.err`.
std::vector<StatRow> RowsOf(const std::vector<OneRun>& runs, const MetricChoice& metric,
                            Streams streams) {
  std::vector<StatRow> rows;
  for (const OneRun& run : runs) {
    for (const Entry& entry : run.entries) {
      for (const std::string& error : entry.errors) {
        streams.err << "failed: " << OneLine(absl::StrCat(entry.name, ": ", error)) << "\n";
      }
      const std::optional<Sample> values = MetricOf(entry, metric.name);
      if (!values) continue;
      const std::optional<Sample> means = ProcessMeans(*values, entry.origins);
      rows.push_back({&entry, *values, means ? *means : *values, means.has_value()});
    }
  }
  return rows;
}

}  // namespace

int Stat(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args);
  if (!files.ok()) return Refuse("stat", files.status(), streams);
  const auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("stat", runs.status(), streams);
  // stat compares nothing, so that it does not matter whether more is better.
  const MetricChoice metric{options.metric, false};
  const std::vector<StatRow> rows = RowsOf(*runs, metric, streams);
  if (rows.empty()) {
    absl::Status status = CheckMetric(files->front(), metric.name, runs->front().entries);
    if (status.ok()) {
      status = absl::InvalidArgumentError(
          absl::StrCat(files->front(), ": no row with a repetition that did not fail has ",
                       metric.name, ": run with --benchmark_repetitions=10"));
    }
    return Refuse("stat", status, streams);
  }
  streams.out << (options.view.Is("csv")    ? Csv(rows, metric)
                  : options.view.Is("json") ? AsJson(rows, metric)
                                            : Table(rows, metric, streams.columns));
  return kHolds;
}

}  // namespace podium::report
